"""The route to recommend for each use, by rules over the window's figures that are the same for every name. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sora_exporter.report.findings import Findings, ServiceFindings
from sora_exporter.report.reading import has_ended
from sora_exporter.result import Status

Rank = Callable[[ServiceFindings, float], tuple[float, ...]]
"""A sort key of routes, lowest for the best; the second argument is the length of a video in seconds."""


def _by_availability(service: ServiceFindings, _: float) -> tuple[float, ...]:
    figures = service.figures
    if figures is None:
        return ()
    return (-figures.availability, float("inf") if figures.response_seconds is None else figures.response_seconds)


def _by_price(service: ServiceFindings, video_seconds: float) -> tuple[float, ...]:
    price = service.video_price(video_seconds)
    return (float("inf") if price is None else price, *_by_availability(service, video_seconds))


@dataclass(frozen=True, slots=True)
class Use:
    """The requirements of a use as ratios, and the ranking of the routes that meet them."""

    name: str
    least_availability: float
    most_episodes_per_week: float
    most_risk_control_share: float
    needs_price: bool
    rank: Rank

    def fits(self, service: ServiceFindings) -> bool:
        """Return True if a route may serve this use; a retired one and one with too little record may not."""
        figures = service.figures
        return (
            figures is not None
            and service.status is not Status.RETIRED
            and figures.availability >= self.least_availability
            and figures.episodes_per_week <= self.most_episodes_per_week
            and figures.risk_control_share <= self.most_risk_control_share
            and (service.price is not None or not self.needs_price)
        )


ANY: Final = float("inf")
USES: Final = (
    Use("production", 0.99, 1.0, ANY, False, _by_availability),
    Use("high_volume", 0.95, ANY, 0.02, True, _by_price),
    Use("budget", 0.60, ANY, ANY, True, _by_price),
)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The route of a product for a use; None when no route fits."""

    product: str
    use: Use
    service: ServiceFindings | None


def recommendations(findings: Findings) -> Sequence[Recommendation]:
    """Return one recommendation per product and use, sorted by product, then in the order of USES."""
    return [
        Recommendation(product, use, _best(findings, product, use)) for product in findings.products for use in USES
    ]


def _best(findings: Findings, product: str, use: Use) -> ServiceFindings | None:
    living = [service for service in findings.services if not has_ended(service.sunset, findings.end)]
    fitting = [service for service in living if service.facts.product == product and use.fits(service)]
    return min(
        fitting,
        key=lambda service: (*use.rank(service, findings.video_seconds), service.facts.service_id),
        default=None,
    )
