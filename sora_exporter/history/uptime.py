"""The availability of a service over a time, from its events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sora_exporter.history.event import Event
from sora_exporter.result import ErrorClass, Status


class Uptime(NamedTuple):
    """The share of the observed time in which a service gave what was asked for, and that time in seconds.

    Time without evidence, or after the end of a model, is not observed; ``ratio`` is None if all of it is so.
    """

    ratio: float | None
    observed_seconds: float


def uptime(events: Iterable[Event], start: float, end: float) -> Uptime:
    """Return the uptime of a service between two moments (Unix time)."""
    observed = available = 0.0
    for event in events:
        if event.status in (Status.UNKNOWN, Status.RETIRED):
            continue
        seconds = (end if event.ended_at is None else min(event.ended_at, end)) - max(event.began_at, start)
        observed += max(seconds, 0.0)
        if event.status is Status.OPERATIONAL or event.error_class is ErrorClass.SLOW:
            available += max(seconds, 0.0)
    return Uptime(available / observed if observed else None, observed)
