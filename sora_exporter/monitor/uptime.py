"""The usable share of a time, from the events of a service. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from sora_exporter.events import Event
from sora_exporter.result import ErrorClass, Status

UNOBSERVED = frozenset({Status.UNKNOWN, Status.RETIRED})
"""Statuses that say nothing about availability, as for ``sora_service_up``."""


def usable_share(events: Iterable[Event], start: float, end: float) -> float | None:
    """Return the share of the observed time between two moments (Unix time) in which the service was usable, 0 to 1.

    None if nothing was observed.
    """
    observed = usable = 0.0
    for event in events:
        seconds = min(end, end if event.ended_at is None else event.ended_at) - max(start, event.began_at)
        if event.status in UNOBSERVED or seconds <= 0:
            continue
        observed += seconds
        usable += seconds * (event.status is Status.OPERATIONAL or event.error_class is ErrorClass.SLOW)
    return usable / observed if observed else None
