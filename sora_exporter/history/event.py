"""One event: a continuous time that a service spent in one status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sora_exporter.figures import iso
from sora_exporter.result import Depth, ErrorClass, ProbeKind, Status


@dataclass(frozen=True, slots=True)
class Event:
    """A service's time in one status. ``began_at`` and ``ended_at`` are Unix time; ``ended_at`` is None while it lasts.

    ``error_class``, ``probe``, ``depth`` and ``detail`` are those of the attempt that decided the status at the
    beginning; ``detail`` is the answer's own words, without secrets. ``id`` grows with time and is unique in a log.
    """

    id: int
    service_id: str
    status: Status
    error_class: ErrorClass
    probe: ProbeKind | None
    depth: Depth | None
    detail: str
    began_at: float
    ended_at: float | None = None

    @property
    def is_trouble(self) -> bool:
        """True if the service was known not to work as expected."""
        return self.status not in (Status.OPERATIONAL, Status.UNKNOWN)

    def overlaps(self, start: float, end: float) -> bool:
        """Return whether any of the event lies between two moments in Unix time."""
        return self.began_at < end and (self.ended_at is None or self.ended_at > start)

    def seconds(self, now: float) -> float:
        """Return the event's length, up to ``now`` (Unix time) while it lasts."""
        return max((now if self.ended_at is None else self.ended_at) - self.began_at, 0.0)


def event_overview(event: Event, now: float) -> dict[str, Any]:
    """Return an event as plain JSON-able data; ``now`` is Unix time."""
    return {
        "id": event.id,
        "service_id": event.service_id,
        "status": event.status.value,
        "error_class": event.error_class.value,
        "probe": event.probe.value if event.probe else None,
        "depth": event.depth.value if event.depth else None,
        "why": event.detail,
        "began_at": iso(event.began_at),
        "ended_at": iso(event.ended_at),
        "duration_seconds": round(event.seconds(now), 3),
    }
