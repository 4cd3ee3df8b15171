"""Answers that no rule recognised: each distinct one is logged once."""

from __future__ import annotations

import logging

from sora_exporter.result import ProbeResult

MOST_REMEMBERED = 1000

log = logging.getLogger(__name__)


class UnrecognisedAnswers:
    """Remembers which answers were logged, at most so many; those beyond are counted by the metric alone."""

    def __init__(self) -> None:
        self._logged: set[tuple[str, int | None, str]] = set()

    def note(self, provider: str, result: ProbeResult) -> None:
        """Log a result that only a default rule explained, unless the provider said the same before."""
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
