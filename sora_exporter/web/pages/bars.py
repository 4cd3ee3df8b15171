"""The past of a service as bars: one for each of 90 days, or one of the minutes of the last 24 hours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from types import MappingProxyType

from sora_exporter.figures import day, minute, percent
from sora_exporter.history import Event
from sora_exporter.history.service import Day
from sora_exporter.result import Status
from sora_exporter.web.wording import Wording, wording

STEP, WIDTH, HEIGHT = 10, 7, 34
"""The place and the width of a day's bar, and the height of every bar, in units of the drawing."""
MINUTES = 1440
LEAST_SEEN = 3.0
"""The least width of an event, so that a short fault can be seen."""
LEAST_COVERAGE = 0.01
"""A day that was observed for a smaller share has no bar of its own."""


class Level(StrEnum):
    """The quality of a day; each level has its own colour and shape."""

    GOOD = "good"
    MINOR = "minor"
    MAJOR = "major"
    NONE = "none"


LEAST = ((0.995, Level.GOOD), (0.95, Level.MINOR), (0.0, Level.MAJOR))
"""The least availability of each level."""

SHAPES: Mapping[Level, tuple[int, int]] = MappingProxyType(
    {Level.GOOD: (6, 28), Level.MINOR: (3, 31), Level.MAJOR: (0, 34), Level.NONE: (30, 4)}
)
"""Top and height of a day's bar: a worse day is a taller bar, so that colour is never needed."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One part of a drawing: its class, SVG path data, and its meaning in words."""

    kind: str
    path: str
    title: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A drawing of ``width`` units: its parts, and all of it in words. ``is_days`` for 90 days, else 24 hours."""

    is_days: bool
    width: int
    drawn: Sequence[Drawn]
    in_words: str


def level(one: Day) -> Level:
    """Return what a day was like."""
    if one.availability is None or one.coverage < LEAST_COVERAGE:
        return Level.NONE
    return next(found for least, found in LEAST if one.availability >= least)


@lru_cache(maxsize=4096)
def day_bars(days: tuple[Day, ...], language: str) -> Bars:
    """Return a bar for each day; a bad day is a part of its own with its date, other days in a row are one part."""
    # The history changes every few minutes at most, and pages are asked for more often.
    words = wording(language)
    levels = [level(one) for one in days]
    faulty = sum(found in (Level.MINOR, Level.MAJOR) for found in levels)
    observed = len(levels) - levels.count(Level.NONE)
    runs = groupby(enumerate(days), key=lambda placed: _run(placed[0], levels[placed[0]]))
    drawn = [_days([*run], levels, words) for _, run in runs]
    return Bars(True, STEP * len(days), drawn, words("bars_days", observed=observed, faulty=faulty))


def _run(place: int, found: Level) -> tuple[Level, int | None]:
    return found, place if found in (Level.MINOR, Level.MAJOR) else None


def _days(run: Sequence[tuple[int, Day]], levels: Sequence[Level], words: Wording) -> Drawn:
    found = levels[run[0][0]]
    top, height = SHAPES[found]
    path = "".join(f"M{place * STEP} {top}h{WIDTH}v{height}h-{WIDTH}z" for place, _ in run)
    first, last = day(run[0][1].start), day(run[-1][1].start)
    if found is Level.NONE:
        title = words("bar_unobserved", first=first, last=last)
    else:
        lowest = percent(min(one.availability or 0.0 for _, one in run))
        title = words("bar_good", first=first, last=last, figure=lowest)
        if len(run) == 1:
            title = words("bar_day", day=first, figure=lowest)
    return Drawn(f"l-{found}", path, title)


def minute_bar(events: Sequence[Event], ratio: float | None, now: float, words: Wording) -> Bars:
    """Return the last 24 hours as one bar; each event is a part of it, and faults are taller."""
    start = now - MINUTES * 60.0
    figure = percent(ratio) if ratio is not None else words("no_figure")
    return Bars(False, MINUTES, [*_events(events, start, now, words)], words("bars_minutes", figure=figure))


def _events(events: Sequence[Event], start: float, now: float, words: Wording) -> Iterator[Drawn]:
    # Good times first, so that a short fault is drawn over them.
    for event in sorted(events, key=lambda one: (one.status is not Status.OPERATIONAL, one.began_at)):
        began, ended = max(event.began_at, start), event.ended_at if event.ended_at is not None else now
        if ended < start:
            continue
        left, width = (began - start) / 60, max((ended - began) / 60, LEAST_SEEN)
        top, height = (6, 28) if event.status is Status.OPERATIONAL else (0, HEIGHT)
        if event.status is Status.UNKNOWN:
            top, height = 30, 4
        title = words(
            "bar_event",
            status=words.plain.statuses[event.status].name,
            began=minute(began),
            ended=minute(ended),
            length=words.plain.span(ended - began),
        )
        left = min(left, MINUTES - width)
        yield Drawn(f"s-{event.status}", f"M{left:.0f} {top}h{width:.0f}v{height}h-{width:.0f}z", title)
