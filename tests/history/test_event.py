"""One event: a continuous time that a service spent in one status."""

from __future__ import annotations

import pytest

from sora_exporter.history import Event
from sora_exporter.history.event import event_overview
from sora_exporter.result import Depth, ErrorClass, ProbeKind, Status


def event(status: Status = Status.SUSPENDED, began_at: float = 100.0, ended_at: float | None = 200.0) -> Event:
    """Return an event that a canary decided."""
    return Event(7, "a", status, ErrorClass.DNS, ProbeKind.CANARY, Depth.REACHABLE, "no such name", began_at, ended_at)


@pytest.mark.parametrize("status", Status)
def test_trouble_is_every_known_fault(status: Status) -> None:
    """Neither an operational nor an unknown service is in trouble; all other ones are."""
    assert event(status).is_trouble is (status not in (Status.OPERATIONAL, Status.UNKNOWN))


@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [(0, 100, False), (0, 101, True), (150, 160, True), (199, 300, True), (200, 300, False)],
)
def test_an_event_overlaps_the_time_that_it_touches(start: float, end: float, overlaps: bool) -> None:
    """An event from 100 to 200 has no part in a time that ends with its beginning or begins with its end."""
    assert event().overlaps(start, end) is overlaps


def test_an_event_that_lasts_has_no_end() -> None:
    """It overlaps every later time, and its length grows; a clock that steps back gives no negative length."""
    lasting = event(ended_at=None)
    assert lasting.overlaps(1e9, 2e9)
    assert [lasting.seconds(now) for now in (160.0, 50.0)] == [60.0, 0.0]
    assert event().seconds(1e9) == 100.0


def test_an_overview_is_plain_data() -> None:
    """Times are ISO 8601 in UTC, None where there is none, and closed sets are words."""
    assert event_overview(event(ended_at=None), 160.0) == {
        "id": 7, "service_id": "a", "status": "suspended", "error_class": "dns", "probe": "canary",
        "depth": "reachable", "why": "no such name", "began_at": "1970-01-01T00:01:40Z", "ended_at": None,
        "duration_seconds": 60.0,
    }  # fmt: skip
    bare = Event(1, "a", Status.UNKNOWN, ErrorClass.NOT_PROBED, None, None, "", 0.0, 1.0)
    assert (event_overview(bare, 9.0)["probe"], event_overview(bare, 9.0)["depth"]) == (None, None)
