"""Times, durations, money and shares as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
LAST_MOMENT = 253_402_300_799.0
"""The end of the year 9999: what a page may claim beyond it is no date."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment three ways: for programs, exactly for people (UTC), and how far from now."""

    iso: str
    exact: str
    distance: str


def moment(at: float | None, now: float, *, milliseconds: bool = False) -> Moment | None:
    """Return a moment (Unix time) as seen from ``now``; None for none, and for what no calendar has."""
    if at is None or not 0 <= at <= LAST_MOMENT:
        return None
    text = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
    timespec = "milliseconds" if milliseconds else "seconds"
    iso, exact = (text.isoformat(between, timespec) for between in "T ")
    return Moment(f"{iso}Z", f"{exact} UTC", span(abs(now - at)))


def span(seconds: float) -> str:
    """Return a length of time in its largest unit, with the next while that is below 10: ``2 h 5 min``, ``12 d``."""
    rest = int(max(seconds, 0))
    parts: list[str] = []
    for size, unit in UNITS:
        if rest >= size:
            parts.append(f"{rest // size} {unit}")
        if len(parts) == 2 or (parts and (rest >= 10 * size or rest < size)):
            break
        rest %= size
    return " ".join(parts) or "0 s"


def seconds_text(seconds: float | None) -> str:
    """Return a measured time: ``312 ms``, ``1.42 s``, ``2 min 3 s``; empty when none was measured."""
    if seconds is None:
        return ""
    if seconds < 0.0001:
        return "< 0.1 ms"
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 60 else span(seconds)


def dollars(amount: float) -> str:
    """Return an amount of USD: two decimals, more where the amount is smaller than that."""
    return f"${amount:.2f}" if amount == 0 or round(amount, 2) == round(amount, 6) else f"${amount:.4f}".rstrip("0")


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 service``, ``2 services``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
