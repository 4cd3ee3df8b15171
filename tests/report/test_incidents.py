"""Incidents: faulty minutes joined to stretches, with the class of most of their minutes."""

from __future__ import annotations

import pytest

from sora_exporter.report.findings import Incident
from sora_exporter.report.incidents import MINUTE, incidents
from sora_exporter.result import ErrorClass

E = ErrorClass
START, END = 6000, 6000 + 10 * MINUTE


def minutes(*numbers: int) -> list[int]:
    return [START + number * MINUTE for number in numbers]


def test_neighbouring_minutes_are_one_incident() -> None:
    """A gap of one minute separates incidents, in any order of the minutes."""
    found = incidents(minutes(5, 2, 3), {}, START, END)
    assert [(one.start, one.end) for one in found] == [(START + 120, START + 240), (START + 300, START + 360)]
    assert incidents([], {}, START, END) == []


def test_the_edges_of_the_window_are_marked() -> None:
    """An incident in the first minute may have begun before, and one in the last minute still lasts."""
    first, last = incidents(minutes(1, 9, 10), {}, START, END)
    assert first == Incident(START + 60, START + 120, None, is_cut=True, is_open=False)
    assert (last.is_cut, last.is_open) == (False, True)


@pytest.mark.parametrize(
    ("classes", "prevailing"),
    [
        ([{E.TIMEOUT}, {E.TIMEOUT}, {E.UNAVAILABLE}], E.TIMEOUT),
        ([{E.TIMEOUT}, {E.UNAVAILABLE}, set()], E.UNAVAILABLE),
        ([set(), set(), set()], None),
    ],
)
def test_most_minutes_name_the_class(classes: list[set[ErrorClass]], prevailing: ErrorClass | None) -> None:
    """The class of most minutes counts; among equals the more severe one; without any there is none."""
    found = incidents(minutes(2, 3, 4), dict(zip(minutes(2, 3, 4), classes, strict=True)), START, END)
    assert [one.error_class for one in found] == [prevailing]
