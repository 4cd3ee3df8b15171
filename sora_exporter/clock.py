"""The clocks of the program, in one place so that tests can move them by hand."""

from __future__ import annotations

import asyncio
import time
from typing import Final, Protocol

DAY_SECONDS: Final = 86_400


class Clock(Protocol):
    """Unix time for people and metrics, monotonic time for durations and ages."""

    def now(self) -> float:
        """Unix time in seconds; may step backwards or forwards."""

    def monotonic(self) -> float:
        """Seconds that only grow; meaningless as a date."""

    async def sleep(self, seconds: float) -> None:
        """Return after so many monotonic seconds."""


class SystemClock:
    """The machine's own clocks."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(asyncio.sleep)
