"""Findings made up by hand."""

from __future__ import annotations

from collections.abc import Sequence

from sora_exporter.report.findings import Bar, Facts, Figures, Findings, Incident, Price, ServiceFindings
from sora_exporter.result import Depth, ErrorClass, Status
from support.recorded import END, WINDOW


def figures(
    availability: float = 0.999, per_week: float = 0.0, share: float = 0.0, response: float | None = 2.0
) -> Figures:
    """Return figures of a week."""
    return Figures(availability, round(per_week), per_week, 168 * share, share, response, 4)


def service(
    service_id: str = "alpha",
    *,
    name: str | None = None,
    product: str = "film",
    status: Status | None = Status.OPERATIONAL,
    coverage: float = 1.0,
    found: Figures | None = None,
    objective: float | None = None,
    price: Price | None = None,
    incidents: Sequence[Incident] = (),
    proven: Depth | None = Depth.DELIVERED,
    sunset: float | None = None,
) -> ServiceFindings:
    """Return one service."""
    return ServiceFindings(
        facts=Facts(service_id, service_id if name is None else name, product, "official", "relay", "m", "videos"),
        status=status,
        error_class=ErrorClass.NONE,
        is_recommended=True,
        coverage=coverage,
        recorded_since=None,
        figures=found,
        objective=objective,
        price=price,
        sunset=sunset,
        incidents=incidents,
        silences=(),
        bars=(Bar(END, 1.0, 1.0), Bar(END, None, 0.0)),
        proven=proven,
    )


def findings(*services: ServiceFindings, video_seconds: float = 8.0) -> Findings:
    """Return a report of these services."""
    return Findings(WINDOW, END, "prometheus:9090", video_seconds, services, ())
