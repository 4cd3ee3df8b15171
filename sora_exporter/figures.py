"""Amounts, durations, shares, moments and foreign text as people read them: on pages, in reports and in logs.

Every function returns text for any float, also for one that is negative, huge, infinite or not a number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

UNKNOWN = "unknown"
"""Stands for a number that is missing, infinite or not a number."""
UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
LEAST_PLAIN, LEAST_HUGE = 1e-9, 1e15
"""Amounts outside of these bounds are written with an exponent."""
LAST_MOMENT = 253_402_300_799.0
"""The end of the year 9999, the last that a calendar date can name."""

# Characters that are invisible, move the cursor, turn text around or cannot be encoded.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)
REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in two forms: for programs, and exactly for people (UTC)."""

    iso: str
    exact: str


def moment(at: float | None, *, milliseconds: bool = False) -> Moment | None:
    """Return a moment (Unix time) in both forms; None before 1970 and after the year 9999."""
    text = iso(at, milliseconds=milliseconds)
    return Moment(text, f"{text[:-1].replace('T', ' ')} UTC") if text is not None else None


def iso(at: float | None, *, milliseconds: bool = False) -> str | None:
    """Return a moment (Unix time) as ISO 8601 in UTC; None before 1970 and after the year 9999."""
    if at is None or not 0 <= at <= LAST_MOMENT:
        return None
    return _iso(at, "milliseconds" if milliseconds else "seconds")


@lru_cache(maxsize=4096)
def _iso(at: float, precision: str) -> str:
    # A page of many services writes few moments again and again: ends of life, and the begin of long states.
    return f"{datetime.fromtimestamp(at, UTC).isoformat(timespec=precision).removesuffix('+00:00')}Z"


def minute(at: float) -> str:
    """Return a moment (Unix time) in UTC to the minute: ``2026-11-01 08:30``."""
    text = iso(at)
    return f"{text[:10]} {text[11:16]}" if text else UNKNOWN


def minute_of_year(at: float) -> str:
    """Return a moment (Unix time) in UTC to the minute, without its year: ``11-01 08:30``."""
    return minute(at)[5:] if iso(at) else UNKNOWN


def day(at: float) -> str:
    """Return the day of a moment (Unix time) in UTC: ``2026-11-01``."""
    return (iso(at) or UNKNOWN)[:10]


def span_parts(seconds: float) -> Sequence[tuple[int, str]]:
    """Return a length of time in its largest of UNITS, and the next unit if the first number is below 100."""
    rest, parts = round(max(seconds, 0)), list[tuple[int, str]]()
    for size, unit in UNITS:
        number, rest = divmod(rest, size)
        if number:
            parts.append((number, unit))
        if parts and (len(parts) == 2 or not number or parts[0][0] >= 100):
            break
    return parts or [(0, "s")]


def span(seconds: float) -> str:
    """Return a length of time to the second: ``2 h 5 min``, ``43 min 7 s``, ``240 d``; ``0 s`` if negative."""
    if not math.isfinite(seconds):
        return UNKNOWN
    return " ".join(f"{number} {unit}" for number, unit in span_parts(seconds))


def seconds_text(seconds: float | None) -> str:
    """Return a measured time: ``4.2 ms``, ``312 ms``, ``1.42 s``, ``2 min 3 s``; empty for None."""
    if seconds is None:
        return ""
    if not math.isfinite(seconds):
        return UNKNOWN
    if seconds < 0.0001:
        return "< 0.1 ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.1f} ms" if seconds < 0.00995 else f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 59.995 else span(seconds)


def dollars(amount: float | None) -> str:
    """Return an amount of USD with cents, or three significant digits below a dollar: ``$1,234.50``, ``$0.125``."""
    if amount is None or not math.isfinite(amount):
        return UNKNOWN
    sign, size = "-" if amount < 0 else "", abs(amount)
    if size and not LEAST_PLAIN <= size < LEAST_HUGE:
        return f"{sign}${size:.3g}"
    if size == 0 or size >= 1:
        return f"{sign}${size:,.2f}"
    whole, _, fraction = f"{size:.{2 - math.floor(math.log10(size))}f}".partition(".")
    return f"{sign}${whole}.{fraction.rstrip('0'):0<2}"


def amount_text(value: float, unit: str) -> str:
    """Return an amount of a unit, such as ``1,234.5 USD``; an infinite one is "no limit"."""
    return "no limit" if math.isinf(value) else f"{value:,.12g} {unit}"


def percent(ratio: float, decimals: int = 2) -> str:
    """Return a ratio in percent, rounded down, so that it never shows a bound that it missed."""
    scaled = ratio * 100 * 10**decimals
    if not math.isfinite(scaled) or abs(scaled) >= LEAST_HUGE:
        return UNKNOWN
    # The tiny step compensates for ratios without an exact binary fraction, such as 0.9984.
    return f"{math.floor(scaled + 1e-6) / 10**decimals:.{decimals}f} %"


def share(ratio: float) -> str:
    """Return a round ratio in percent with as few decimals as it needs: ``99.9 %``, ``50 %``."""
    return f"{round(100 * ratio, 4):g} %" if math.isfinite(100 * ratio) else UNKNOWN


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 service``, ``2 services``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def neutral(text: str) -> str:
    """Return the text with every hidden or harmful character replaced by a visible sign; lines and tabs stay."""
    return HIDDEN.sub(REPLACEMENT, text)


def one_line(text: str) -> str:
    """Return the text as ``neutral`` does, on one line, with single spaces."""
    return neutral(" ".join(text.split()))
