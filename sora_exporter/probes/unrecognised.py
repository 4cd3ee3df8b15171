"""Answers that no rule recognised: each distinct one is logged once."""

from __future__ import annotations

import logging

from sora_exporter.result import ProbeResult

MOST_REMEMBERED = 1000

log = logging.getLogger(__name__)


class UnrecognisedAnswers:
    """Remembers the logged answers, up to a limit; answers beyond it are counted by the metric only."""

    def __init__(self) -> None:
        self._logged: set[tuple[str, int | None, str]] = set()

    def note(self, provider: str, result: ProbeResult) -> None:
        """Log a result that only a default rule explained, unless the same answer of the provider was logged before."""
        said = (provider, result.http_status, result.detail)
        if result.recognised or said in self._logged or len(self._logged) >= MOST_REMEMBERED:
            return
        self._logged.add(said)
        log.warning(
            "answer not recognised",
            extra={
                "service_id": result.service_id,
                "provider": provider,
                "probe": result.probe.value,
                "error_class": result.error_class.value,
                "rule": result.rule,
                "detail": result.detail,
            },
        )
