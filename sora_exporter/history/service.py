"""The past of one service: values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

WINDOWS: Final = ("24h", "7d", "30d", "90d")
DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day. ``start`` is Unix time; ``availability`` is a ratio, None without evidence.

    ``coverage`` is the observed share of the day, or of its part so far.
    """

    start: int
    availability: float | None
    coverage: float


@dataclass(frozen=True, slots=True)
class ServiceHistory:
    """The record of a service: DAYS days, the oldest first, and the recorded figures, absent where none is recorded.

    ``availability`` is a ratio by window of WINDOWS; ``stars`` are 1 to 5; ``episodes`` of risk control began in the
    last 30 days, and ``hours`` of that time were spent in them.
    """

    days: Sequence[Day]
    availability: Mapping[str, float] = field(default_factory=dict)
    stars: int | None = None
    episodes: int | None = None
    hours: float | None = None
