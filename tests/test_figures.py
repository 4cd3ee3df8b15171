"""Amounts, durations, shares, moments and foreign text as people read them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sora_exporter.figures import (
    LAST_MOMENT,
    UNKNOWN,
    count_of,
    day,
    dollars,
    iso,
    minute,
    minute_of_year,
    moment,
    neutral,
    one_line,
    percent,
    seconds_text,
    share,
    span,
)

INFINITE, NOT_A_NUMBER = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "$0.00"), (0.4, "$0.40"), (0.125, "$0.125"), (0.072, "$0.072"), (0.0001, "$0.0001"), (0.000012, "$0.000012"),
     (0.99996, "$1.00"), (2.4, "$2.40"), (1234.5, "$1,234.50"), (-0.5, "-$0.50"), (-1234.5, "-$1,234.50"),
     (1e-12, "$1e-12"), (1e300, "$1e+300"), (INFINITE, UNKNOWN), (NOT_A_NUMBER, UNKNOWN), (None, UNKNOWN)],
)  # fmt: skip
def test_dollars(amount: float | None, text: str) -> None:
    """Cents are never dropped, and an amount below a dollar keeps three significant digits."""
    assert dollars(amount) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0, "< 0.1 ms"), (0.0004, "0.4 ms"), (0.0042, "4.2 ms"), (0.00996, "10 ms"), (0.3123, "312 ms"),
     (0.9996, "1.00 s"), (1.418, "1.42 s"), (59.996, "1 min"), (123, "2 min 3 s"), (-1, "< 0.1 ms"),
     (INFINITE, UNKNOWN), (NOT_A_NUMBER, UNKNOWN)],
)  # fmt: skip
def test_measured_times(seconds: float | None, text: str) -> None:
    """A measured time has the unit that fits it, at every boundary between two units."""
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (150, "2 min 30 s"), (359.99, "6 min"), (2586.6, "43 min 7 s"),
     (3605, "1 h"), (7500, "2 h 5 min"), (86400, "1 d"), (86460, "1 d"), (90061, "1 d 1 h"), (86400 * 240.5, "240 d"),
     (-5, "0 s"), (INFINITE, UNKNOWN), (NOT_A_NUMBER, UNKNOWN)],
)  # fmt: skip
def test_lengths_of_time(seconds: float, text: str) -> None:
    """A length of time has at most two units, one from a hundred on, and is never negative."""
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("ratio", "decimals", "text"),
    [(1, 2, "100.00 %"), (0.99995, 2, "99.99 %"), (0.999999, 2, "99.99 %"), (0.9984, 3, "99.840 %"),
     (0.9989999, 3, "99.899 %"), (0, 2, "0.00 %"), (-0.5, 0, "-50 %"), (1e300, 2, UNKNOWN), (1e308, 2, UNKNOWN),
     (INFINITE, 2, UNKNOWN), (NOT_A_NUMBER, 2, UNKNOWN)],
)  # fmt: skip
def test_percentages_are_rounded_down(ratio: float, decimals: int, text: str) -> None:
    """A service that failed once is not at 100 %, and a missed objective does not look reached."""
    assert percent(ratio, decimals) == text


def test_round_shares() -> None:
    """A configured share has no more decimals than it needs."""
    assert [share(ratio) for ratio in (0.999, 99.9 / 100, 0.5, 0.02, 1)] == ["99.9 %", "99.9 %", "50 %", "2 %", "100 %"]
    assert {share(ratio) for ratio in (INFINITE, NOT_A_NUMBER)} == {UNKNOWN}


def test_moments() -> None:
    """A moment is written in UTC: for programs, to the minute, as a day, and exactly."""
    at = 1_793_521_800.125
    assert (iso(at), iso(at, milliseconds=True)) == ("2026-11-01T08:30:00Z", "2026-11-01T08:30:00.125Z")
    assert (minute(at), minute_of_year(at), day(at)) == ("2026-11-01 08:30", "11-01 08:30", "2026-11-01")
    seen = moment(at, milliseconds=True)
    assert seen is not None
    assert seen.exact == "2026-11-01 08:30:00.125 UTC"
    assert (iso(0.0), iso(LAST_MOMENT)) == ("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z")


@pytest.mark.parametrize("at", [-1.0, LAST_MOMENT + 1, 1e300, INFINITE, NOT_A_NUMBER])
def test_a_moment_outside_of_the_calendar_is_unknown(at: float) -> None:
    """Before 1970 and after 9999 there is no date, for any value of a server."""
    assert (iso(at), moment(at)) == (None, None)
    assert {minute(at), minute_of_year(at), day(at)} == {UNKNOWN}


@given(st.floats())
@example(5e-324)
@example(1.7976931348623157e308)
def test_every_float_has_a_text(value: float) -> None:
    """No number raises or becomes an empty or an endless text."""
    texts = [dollars(value), seconds_text(value), span(value), percent(value), share(value), minute(value), day(value)]
    assert all(0 < len(text) < 400 for text in texts)


def test_counts() -> None:
    """One is singular, and thousands are separated."""
    assert (count_of(1, "service"), count_of(1200, "service")) == ("1 service", "1,200 services")


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200f", "\u061c", "\u200b", "\ud800", "\x00", "\x1b", "\x7f"])
def test_hidden_characters_are_replaced(hidden: str) -> None:
    """A character that is invisible, turns text around or cannot be sent becomes a visible sign; the rest stays."""
    assert neutral(f"官a{hidden}b\n") == "官a\ufffdb\n"
    assert one_line(f" 官\r\na{hidden}\u3000 b\n") == "官 a\ufffd b"
