"""The messages that wait on the disk."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from support.clock import HandClock

from sora_exporter.budget.storage import StorageError
from sora_exporter.notify.queue import REPEAT_SECONDS, Queue, QueueFull
from sora_exporter.notify.texts import Message

HELLO = Message("标题", "text", "critical")


def test_an_accepted_message_is_on_the_disk(tmp_path: Path, clock: HandClock) -> None:
    """A copy of the disk at the moment of acceptance, as kill -9 leaves it, has the message and its time."""
    with closing(Queue.open(tmp_path / "a", 10, clock.now)) as queue:
        assert queue.put("team", "1", HELLO)
        shutil.copytree(tmp_path / "a", tmp_path / "b", ignore=shutil.ignore_patterns("*.lock"))
    with closing(Queue.open(tmp_path / "b", 10, clock.now)) as again:
        assert [(one.message, one.accepted_at) for one in again.waiting("team")] == [(HELLO, clock.now())]


async def test_a_repetition_is_accepted_once(tmp_path: Path, clock: HandClock) -> None:
    """The same notification within five minutes is one message, sent or not; later it is a new one."""
    with closing(Queue.open(tmp_path, 10, clock.now)) as queue:
        assert [queue.put("team", "1", HELLO), queue.put("team", "1", HELLO), queue.put("other", "1", HELLO)] == [
            True, False, True,
        ]  # fmt: skip
        queue.done(queue.waiting("team")[0].number)
        assert not queue.put("team", "1", HELLO)
        await clock.advance(REPEAT_SECONDS + 1)
        assert queue.put("team", "1", HELLO)


def test_a_full_queue_refuses_new_messages_of_its_receiver_alone(tmp_path: Path, clock: HandClock) -> None:
    """What waits is kept, the sender keeps the rest; a repetition and another receiver are not refused."""
    with closing(Queue.open(tmp_path, 2, clock.now)) as queue:
        for identity in "12":
            queue.put("team", identity, HELLO)
        with pytest.raises(QueueFull):
            queue.put("team", "3", HELLO)
        assert not queue.put("team", "2", HELLO)
        assert queue.put("other", "3", HELLO)
        queue.done(queue.waiting("team")[0].number)
        assert queue.put("team", "3", HELLO)
        assert len(queue.waiting("team")) == 2


def test_one_process_at_a_time_has_the_queue(tmp_path: Path, clock: HandClock) -> None:
    """A second process on the same directory is refused with a line that names the first."""
    with (
        closing(Queue.open(tmp_path, 2, clock.now)),
        pytest.raises(StorageError, match="another sora-exporter"),
        closing(Queue.open(tmp_path, 2, clock.now)),
    ):
        pass
