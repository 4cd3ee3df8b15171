"""One receiver's messages: sent in order, tried again with pauses, given up when too old."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from support.clock import HandClock, settle

from sora_exporter.notify.delivery import FIRST_PAUSE, LONGEST_PAUSE, Delivery, Undelivered
from sora_exporter.notify.figures import Counts
from sora_exporter.notify.queue import Queue
from sora_exporter.notify.texts import Message
from sora_exporter.tasks import start

AGE = 3600.0


@dataclass
class Line:
    """A delivery under way: what was tried and when, what arrived, and the titles that are refused."""

    clock: HandClock
    queue: Queue
    counts: Counts = field(default_factory=Counts)
    refused: set[str] = field(default_factory=set)
    tried: list[tuple[str, float]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.delivery = Delivery("team", self.send, self.queue, AGE, self.clock, self.counts)

    async def send(self, message: Message) -> None:
        self.tried.append((message.title, self.clock.monotonic()))
        if message.title in self.refused:
            raise Undelivered("the service answered 500")
        self.sent.append(message.title)

    async def put(self, *titles: str) -> None:
        """Accept messages and let the delivery work."""
        for title in titles:
            self.queue.put("team", title, Message(title, ""))
            self.delivery.wake()
        await settle()


@pytest.fixture
async def line(tmp_path: Path, clock: HandClock) -> AsyncIterator[Line]:
    """A delivery that runs."""
    with closing(Queue.open(tmp_path, 100, clock.now)) as queue:
        line = Line(clock, queue)
        task = start(line.delivery.run(), "delivery")
        await settle()
        yield line
        line.delivery.end()
        await task


async def test_messages_are_sent_in_the_order_of_their_acceptance(line: Line) -> None:
    """What arrives is sent at once, in order, and leaves the queue; the figures follow."""
    await line.put("1", "2")
    await line.put("3")
    assert line.sent == ["1", "2", "3"]
    assert (line.counts.sent, line.counts.failed, line.counts.queued) == (3, 0, 0)
    assert line.counts.last_success == line.clock.now()
    assert line.queue.waiting("team") == []


async def test_a_failure_is_tried_again_with_growing_pauses(line: Line) -> None:
    """Each pause is twice the one before, up to five minutes; nothing is lost, and success ends it."""
    line.refused = {"1"}
    await line.put("1")
    await line.clock.advance(1500)
    times = [at for _, at in line.tried]
    pauses = [round(later - earlier) for earlier, later in pairwise(times)]
    assert pauses[:7] == [FIRST_PAUSE * 2**step for step in range(6)] + [LONGEST_PAUSE]
    line.refused = set()
    await line.clock.advance(LONGEST_PAUSE)
    assert line.sent == ["1"]
    assert line.counts.failed == len(times)


async def test_a_refused_message_does_not_hold_up_the_others(line: Line) -> None:
    """A message that the service never accepts waits behind those that were not tried yet."""
    line.refused = {"bad"}
    await line.put("bad", "good")
    await line.put("better")
    await line.clock.advance(60)
    assert line.sent == ["good", "better"]


async def test_an_old_message_is_given_up_and_said_so(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """After its age a message leaves the queue without being sent: one error line names the receiver."""
    line.refused = {"1"}
    await line.put("1")
    with caplog.at_level(logging.ERROR):
        await line.clock.advance(AGE + LONGEST_PAUSE)
    assert [one for one in caplog.records if one.getMessage() == "message given up"]
    assert (line.counts.dropped, line.counts.queued, line.queue.waiting("team")) == (1, 0, [])
    line.refused = set()
    await line.put("2")
    assert line.sent == ["2"]


async def test_what_waited_at_the_start_is_sent(tmp_path: Path, clock: HandClock) -> None:
    """Messages that an ended process left on the disk are sent first."""
    with closing(Queue.open(tmp_path, 100, clock.now)) as queue:
        queue.put("team", "left", Message("left", ""))
        line = Line(clock, queue)
        task = start(line.delivery.run(), "delivery")
        await settle()
        assert line.sent == ["left"]
        line.delivery.end()
        await task


async def test_the_end_waits_for_the_message_under_way(tmp_path: Path, clock: HandClock) -> None:
    """A message that is being sent is finished, so that the next start does not send it again; the rest waits."""
    with closing(Queue.open(tmp_path, 100, clock.now)) as queue:
        for title in ("under way", "next"):
            queue.put("team", title, Message(title, ""))
        line = Line(clock, queue)
        answer = asyncio.Event()

        async def slowly(message: Message) -> None:
            await answer.wait()
            line.sent.append(message.title)

        delivery = Delivery("team", slowly, queue, AGE, clock, Counts())
        task = start(delivery.run(), "delivery")
        await settle()
        delivery.end()
        await settle()
        assert not task.done()
        answer.set()
        await task
        assert line.sent == ["under way"]
        assert [one.message.title for one in queue.waiting("team")] == ["next"]
