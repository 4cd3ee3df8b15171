"""Incidents: unbroken stretches of faulty minutes. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from sora_exporter.report.findings import Incident
from sora_exporter.result import SEVERITY, ErrorClass

MINUTE = 60

Classes = Mapping[int, Collection[ErrorClass]]
"""The error classes seen in each minute, by its Unix time."""


def incidents(minutes: Collection[int], classes: Classes, start: int, end: int) -> list[Incident]:
    """Return the unbroken stretches of ``minutes`` (Unix seconds), oldest first.

    ``start`` is the moment before the window's first minute, ``end`` its last minute.
    """
    return [
        Incident(
            first,
            last + MINUTE,
            _prevailing(classes, range(first, last + MINUTE, MINUTE)),
            is_cut=first == start + MINUTE,
            is_open=last == end,
        )
        for first, last in _stretches(minutes)
    ]


def _stretches(minutes: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last minute of each stretch."""
    first = last = None
    for minute in sorted(minutes):
        if first is None or last is None:
            first = minute
        elif minute != last + MINUTE:
            yield first, last
            first = minute
        last = minute
    if first is not None and last is not None:
        yield first, last


def _prevailing(classes: Classes, minutes: range) -> ErrorClass | None:
    """Return the class of most of the minutes; of equally many, the more severe one."""
    counts = Counter(error_class for minute in minutes for error_class in classes.get(minute, ()))
    return max(counts, key=lambda one: (counts[one], SEVERITY[one.status], one), default=None)
