"""One receiver's messages on their way: sent one at a time, tried again with growing pauses, given up when too old."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from sora_exporter.budget.storage import StorageError
from sora_exporter.clock import Clock
from sora_exporter.logs import LogOnce
from sora_exporter.notify.figures import Counts
from sora_exporter.notify.queue import Queue, Waiting
from sora_exporter.notify.texts import Message
from sora_exporter.tasks import start

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
"""Seconds after the first failure and after many; each pause is twice the one before."""

log = logging.getLogger(__name__)


class Undelivered(Exception):
    """A message was not accepted; the text says why and holds no secret."""


Send = Callable[[Message], Awaitable[None]]
"""Sends one message. Raises Undelivered."""


class Delivery:
    """Sends the messages of one receiver until it is ended."""

    def __init__(self, receiver: str, send: Send, queue: Queue, age: float, clock: Clock, counts: Counts) -> None:
        self._receiver, self._send, self._queue, self._clock, self._counts = receiver, send, queue, clock, counts
        self._age = age
        self._attempts: Counter[int] = Counter()
        self._arrived = asyncio.Event()
        self._is_ending = False
        self._fault = LogOnce(log, "messages not sent", over="messages sent again", receiver=receiver)

    def wake(self) -> None:
        """Look at the queue now: a message has arrived."""
        self._arrived.set()

    def end(self) -> None:
        """Let ``run`` return after the message under way: cancelling it would send that message twice."""
        self._is_ending = True
        self._arrived.set()

    async def run(self) -> None:
        """Send what waits and what arrives."""
        pause = FIRST_PAUSE
        while not self._is_ending:
            self._arrived.clear()
            try:
                is_well = await self._round()
            except StorageError as error:
                self._fault.on(str(error))
                is_well = False
            await self._rest(None if is_well else pause)
            pause = FIRST_PAUSE if is_well else min(pause * 2, LONGEST_PAUSE)

    async def _round(self) -> bool:
        """Send until nothing waits. Returns False after the first failure."""
        while not self._is_ending and (waiting := self._fresh()):
            # A message that was refused waits behind those that were not tried yet.
            one = min(waiting, key=lambda item: (self._attempts[item.number], item.number))
            self._attempts[one.number] += 1
            try:
                await self._send(one.message)
            except Undelivered as error:
                self._counts.failed += 1
                self._fault.on(str(error))
                return False
            self._queue.done(one.number)
            self._attempts.pop(one.number, None)
            self._counts.sent += 1
            self._counts.last_success = self._clock.now()
            self._counts.queued = len(waiting) - 1
            self._fault.off()
        return True

    def _fresh(self) -> list[Waiting]:
        """Return the waiting messages, and give up those that are too old."""
        waiting, oldest = self._queue.waiting(self._receiver), self._clock.now() - self._age
        for one in waiting:
            if one.accepted_at < oldest:
                self._queue.done(one.number)
                self._attempts.pop(one.number, None)
                self._counts.dropped += 1
                log.error("message given up", extra={"receiver": self._receiver, "detail": one.message.title})
        fresh = [one for one in waiting if one.accepted_at >= oldest]
        self._counts.queued = len(fresh)
        return fresh

    async def _rest(self, seconds: float | None) -> None:
        """Wait for a message, at most so many seconds."""
        waits: list[Coroutine[Any, Any, object]] = [self._arrived.wait()]
        if seconds is not None:
            waits.append(_sleep(self._clock, seconds))
        tasks = [start(one, f"notify {self._receiver}") for one in waits]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()


async def _sleep(clock: Clock, seconds: float) -> None:
    await clock.sleep(seconds)
