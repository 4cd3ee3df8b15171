"""A history of weeks in a real Prometheus, with the moment at which everything is queried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sora_exporter.demo.history import ServiceHistory
from support.programs.launch import Prometheus


@dataclass(frozen=True)
class Month:
    """A Prometheus that holds histories, and the moment (Unix seconds) at which everything is queried."""

    prometheus: Prometheus
    histories: Sequence[ServiceHistory]
    now: float

    @property
    def services(self) -> list[str]:
        """The ids of all services."""
        return [history.service.id for history in self.histories]

    def history(self, service_id: str) -> ServiceHistory:
        """Return the history of one service."""
        return next(history for history in self.histories if history.service.id == service_id)
