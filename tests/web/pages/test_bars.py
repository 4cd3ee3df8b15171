"""The past of a service as bars: days, and the minutes of the last 24 hours."""

from __future__ import annotations

import pytest

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.history import Event
from sora_exporter.history.service import Day
from sora_exporter.result import ErrorClass, Status
from sora_exporter.web.pages.bars import LEAST_SEEN, MINUTES, STEP, Level, day_bars, level, minute_bar
from sora_exporter.web.wording import wording

NOW = 1_769_558_400.0
WORDS = wording("en")


@pytest.mark.parametrize(
    ("availability", "coverage", "found"),
    [
        (1.0, 1.0, Level.GOOD),
        (0.995, 1.0, Level.GOOD),
        (0.9949, 1.0, Level.MINOR),
        (0.95, 1.0, Level.MINOR),
        (0.9499, 1.0, Level.MAJOR),
        (0.0, 1.0, Level.MAJOR),
        (1.0, 0.0099, Level.NONE),
        (None, 1.0, Level.NONE),
    ],
)
def test_a_day_has_the_level_of_its_availability(availability: float | None, coverage: float, found: Level) -> None:
    """A day exactly at a bound has the better level; one that was hardly observed has none."""
    assert level(Day(0, availability, coverage)) is found


def days(*ratios: float | None) -> tuple[Day, ...]:
    """Return days with these availabilities, from 1970-01-01 on."""
    return tuple(Day(number * DAY_SECONDS, ratio, 1.0) for number, ratio in enumerate(ratios))


def test_good_days_in_a_row_are_one_part_and_bad_ones_stand_alone() -> None:
    """Each bad day has a title of its own; neighbours without a fault share one, with their lowest figure."""
    bars = day_bars(days(1.0, 0.999, 0.5, 0.6, None, None, 1.0), "en")
    assert [(one.kind, one.title) for one in bars.drawn] == [
        ("l-good", "1970-01-01 to 1970-01-02: 99.90 % available or more"),
        ("l-major", "1970-01-03: 50.00 % available"),
        ("l-major", "1970-01-04: 60.00 % available"),
        ("l-none", "1970-01-05 to 1970-01-06: not observed"),
        ("l-good", "1970-01-07: 100.00 % available"),
    ]
    assert (bars.is_days, bars.width) == (True, 7 * STEP)
    assert "5 were observed: 2 with faults" in bars.in_words


def test_a_worse_day_is_a_taller_bar() -> None:
    """The level can be seen without any colour: no two levels have the same shape."""
    paths = [one.path.partition(" ")[2] for one in day_bars(days(1.0, 0.96, 0.5, None), "en").drawn]
    assert len(set(paths)) == 4


def event(status: Status, began_ago: float, ended_ago: float | None = None) -> Event:
    """Return an event by its distance from now in seconds."""
    ended = None if ended_ago is None else NOW - ended_ago
    return Event(1, "a", status, ErrorClass.NONE, None, None, "", NOW - began_ago, ended)


def test_events_are_cut_at_the_edge_of_the_day() -> None:
    """An event that began before the last 24 hours begins at the left edge, and one that ended before is left out."""
    bars = minute_bar([event(Status.OPERATIONAL, 2e5), event(Status.DEGRADED, 3e5, 2e5)], 1.0, NOW, WORDS)
    (drawn,) = bars.drawn
    assert drawn.path == f"M0 6h{MINUTES}v28h-{MINUTES}z"
    assert (bars.is_days, bars.width) == (False, MINUTES)


def test_a_short_fault_is_wide_enough_to_be_seen() -> None:
    """A fault of a second has the least width, is drawn after the good times, and stays inside the drawing."""
    bars = minute_bar([event(Status.SUSPENDED, 1.0), event(Status.OPERATIONAL, 600.0, 1.0)], 0.9, NOW, WORDS)
    good, fault = bars.drawn
    assert (good.kind, fault.kind) == ("s-operational", "s-suspended")
    assert fault.path.startswith(f"M{MINUTES - LEAST_SEEN:.0f} 0h{LEAST_SEEN:.0f}v34")


@pytest.mark.parametrize(("ratio", "words"), [(0.5, "50.00 %"), (None, "no figure")])
def test_the_bar_is_described_in_words(ratio: float | None, words: str) -> None:
    """The whole bar has its figure in words, also when there is none."""
    assert words in minute_bar([], ratio, NOW, WORDS).in_words
