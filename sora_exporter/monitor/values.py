"""Services and their changes as a program sees them."""

from __future__ import annotations

from dataclasses import dataclass

from sora_exporter.evidence.snapshot import reason, service_as_known
from sora_exporter.evidence.state import ServiceStatus, State
from sora_exporter.result import Depth, ErrorClass, Status


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service now.

    ``status`` and ``error_class`` are texts as well: ``view.status == "operational"``. ``reason`` and ``what_to_do``
    are sentences for a person, empty for a service that works. ``depth`` is the deepest one that fresh evidence proves,
    None without any. ``since`` is Unix time; ``response_seconds`` is None if the last attempt got no answer.
    """

    service_id: str
    name: str
    product: str
    access: str
    status: Status
    error_class: ErrorClass
    reason: str
    what_to_do: str
    depth: Depth | None
    since: float
    response_seconds: float | None

    @property
    def is_usable(self) -> bool:
        """True if the service gives videos now: operational, or only slow."""
        return self.status is Status.OPERATIONAL or self.error_class is ErrorClass.SLOW

    def __str__(self) -> str:
        return f"{self.name}: {self.status}{f' ({self.reason})' if self.reason else ''}"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a service's status from ``old`` to ``new``.

    ``error_class`` and ``reason`` belong to the new status. ``depth`` is the one that the deciding attempt proved, None
    if it proved none. ``at`` is Unix time.
    """

    service_id: str
    old: Status
    new: Status
    error_class: ErrorClass
    reason: str
    depth: Depth | None
    at: float

    def __str__(self) -> str:
        return f"{self.service_id}: {self.old} -> {self.new}{f' ({self.reason})' if self.reason else ''}"


def view_of(state: State, service_id: str) -> ServiceView:
    """Return one configured service now."""
    known, status = service_as_known(state, service_id), state.status_of(service_id)
    depth = known["proven_depth"]
    return ServiceView(
        service_id=service_id,
        name=known["name"],
        product=known["product"],
        access=known["access"],
        status=status.status,
        error_class=status.error_class,
        reason=known["why"],
        what_to_do=known["what_to_do"],
        depth=None if depth is None else Depth(depth),
        since=status.since,
        response_seconds=known["response_time_seconds"],
    )


def change_of(service_id: str, before: ServiceStatus, after: ServiceStatus) -> Change:
    """Return the change between two statuses of a service."""
    decided_by = after.decided_by
    depth = decided_by.depth if decided_by is not None else None
    return Change(service_id, before.status, after.status, after.error_class, reason(after), depth, after.since)
