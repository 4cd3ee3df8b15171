"""The uptime of a service from its events."""

from __future__ import annotations

import pytest

from sora_exporter.history import Event
from sora_exporter.history.uptime import uptime
from sora_exporter.result import ErrorClass, Status


def event(status: Status, began_at: float, ended_at: float | None, error_class: ErrorClass = ErrorClass.NONE) -> Event:
    """Return a time in one status."""
    return Event(1, "one", status, error_class, None, None, "", began_at, ended_at)


@pytest.mark.parametrize(
    ("events", "ratio", "observed"),
    [
        ([], None, 0),
        ([event(Status.UNKNOWN, 0, None)], None, 0),
        ([event(Status.RETIRED, 0, None)], None, 0),
        ([event(Status.OPERATIONAL, 0, None)], 1.0, 100),
        ([event(Status.DEGRADED, 0, None, ErrorClass.SLOW)], 1.0, 100),
        ([event(Status.DEGRADED, 0, None, ErrorClass.SERVER_ERROR)], 0.0, 100),
        ([event(Status.MAINTENANCE, 150, None), event(Status.OPERATIONAL, 0, 150)], 0.5, 100),
        (
            [event(Status.SUSPENDED, 175, None), event(Status.UNKNOWN, 125, 175), event(Status.OPERATIONAL, 0, 125)],
            0.5,
            50,
        ),
        ([event(Status.OPERATIONAL, 300, None), event(Status.SUSPENDED, 0, 50)], None, 0),
    ],
)
def test_only_observed_time_counts(events: list[Event], ratio: float | None, observed: float) -> None:
    """From 100 to 200: unknown and retired times are left out, slow counts as usable, the edges are cut."""
    assert uptime(events, 100, 200) == (ratio, observed)
