"""The objective of each service: kept or missed, and the error budget left. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sora_exporter.report.findings import Findings, ServiceFindings


@dataclass(frozen=True, slots=True)
class Statement:
    """One service against its objective over the observed time.

    ``allowed_seconds`` is the downtime that the objective allows, ``spent_seconds`` the actual downtime. Both and
    ``is_kept`` are None if too little was observed.
    """

    service: ServiceFindings
    objective: float
    is_kept: bool | None
    allowed_seconds: float | None
    spent_seconds: float | None

    @property
    def budget_left(self) -> float | None:
        """The unspent share of the error budget; below 0 when more was spent than allowed."""
        if self.allowed_seconds is None or self.spent_seconds is None or not self.allowed_seconds:
            return None
        return 1 - self.spent_seconds / self.allowed_seconds


def statements(findings: Findings) -> Sequence[Statement]:
    """Return a statement for each service that has an objective."""
    return [
        _statement(service, service.objective, findings.window.seconds)
        for service in findings.services
        if service.objective is not None
    ]


def _statement(service: ServiceFindings, objective: float, window_seconds: float) -> Statement:
    if service.figures is None:
        return Statement(service, objective, None, None, None)
    observed, availability = service.coverage * window_seconds, service.figures.availability
    return Statement(
        service, objective, availability >= objective, (1 - objective) * observed, (1 - availability) * observed
    )
