"""A clock moved by hand, so that no test waits for time to pass."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count

MIDNIGHT = 1_769_558_400
"""2026-01-28 00:00 UTC, where the clock of the tests begins."""


class HandClock:
    """Both clocks, moved only by ``advance``; sleepers wake in the order of their time."""

    def __init__(self, now: float = MIDNIGHT) -> None:
        self._now = now
        self._monotonic = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic + seconds, next(self._order), waiter))
        await waiter

    def step(self, seconds: float) -> None:
        """Move the wall clock alone, as an administrator or NTP does."""
        self._now += seconds

    async def advance(self, seconds: float) -> None:
        """Move both clocks, waking every sleeper at its own moment and letting it run."""
        end = self._monotonic + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, waiter = heapq.heappop(self._sleepers)
            self._now += at - self._monotonic
            self._monotonic = at
            if not waiter.done():
                waiter.set_result(None)
            await settle()
        self._now += end - self._monotonic
        self._monotonic = end


async def settle(rounds: int = 50) -> None:
    """Let every task that can run do so."""
    for _ in range(rounds):
        await asyncio.sleep(0)
