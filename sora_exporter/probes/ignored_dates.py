"""Impossible ends of life: each is logged once per service."""

from __future__ import annotations

import logging

from sora_exporter.config import Service
from sora_exporter.result import ProbeKind

log = logging.getLogger(__name__)


class IgnoredDates:
    """Remembers the services for which an impossible date was logged."""

    def __init__(self) -> None:
        self._logged: set[str] = set()

    def note(self, service: Service, probe: ProbeKind, date: str) -> None:
        """Log that an answer contained this impossible date, unless one was logged for the service before."""
        if not date or service.id in self._logged:
            return
        self._logged.add(service.id)
        log.warning(
            "end of life ignored",
            extra={"service_id": service.id, "provider": service.provider, "probe": probe.value, "detail": date},
        )
