"""Ends of life that no calendar of a vendor holds: each provider's is logged once."""

from __future__ import annotations

import logging

from sora_exporter.config import Service
from sora_exporter.result import ProbeKind

log = logging.getLogger(__name__)


class IgnoredDates:
    """Remembers of which services an impossible date was logged."""

    def __init__(self) -> None:
        self._logged: set[str] = set()

    def note(self, service: Service, probe: ProbeKind, date: str) -> None:
        """Log that an answer held this impossible date, unless the service's answers held one before."""
        if not date or service.id in self._logged:
            return
        self._logged.add(service.id)
        log.warning(
            "end of life ignored",
            extra={"service_id": service.id, "provider": service.provider, "probe": probe.value, "detail": date},
        )
