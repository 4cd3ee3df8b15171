"""The cost of the configured probes, known before any of them runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.config import Config, Service

MONTH_DAYS = 30
REFERENCE_SECONDS = 300.0
"""The interval of the monitor to compare with: a usual one orders a video of every service every five minutes."""


@dataclass(frozen=True, slots=True)
class ServiceCost:
    """The cost of probing one service, in USD per day; ``price_usd`` is None if the price is unknown.

    ``attempts`` counts the scheduled paid probes per day before the budget limits them. ``is_scraped`` is set if
    scrapes run paid probes too. ``reference_usd`` is the cost of one order every five minutes, None for an unknown
    price.
    """

    service_id: str
    price_usd: float | None
    attempts: float
    usd: float
    reference_usd: float | None
    is_scraped: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of all probes in USD per day: as scheduled, as limited by the budget, and of the reference monitor."""

    services: Sequence[ServiceCost]
    budget_usd: float

    @property
    def scheduled_usd(self) -> float:
        """The cost of the schedule without a budget."""
        return sum(service.usd for service in self.services)

    @property
    def usd(self) -> float:
        """The most that can be spent; the budget alone limits the spending of scrapes."""
        is_scraped = any(service.is_scraped for service in self.services)
        return self.budget_usd if is_scraped else min(self.scheduled_usd, self.budget_usd)

    @property
    def reference_usd(self) -> float:
        """The spending of the reference monitor on the services whose price is known."""
        return sum(service.reference_usd or 0.0 for service in self.services)


def cost_of(config: Config, service_ids: Sequence[str] = ()) -> Cost:
    """Return the cost of probing the named services, or all services if none is named, without any request.

    Paid probes that cannot run (no price, or a price above the day's budget) spend nothing. Services probed by scrapes
    have no schedule, so the budget alone limits them.
    """
    wanted = [service for service in config.services if not service_ids or service.id in service_ids]
    return Cost([_service_cost(config, service) for service in wanted], config.budget_usd_per_day)


def _service_cost(config: Config, service: Service) -> ServiceCost:
    price = config.attempt_price_usd(service)
    is_running = price is not None and price <= config.budget_usd_per_day
    intervals = [probe.interval for kind, probe in service.probes.items() if kind.is_paid and is_running]
    attempts = 0.0 if service.probe_on_scrape else sum(DAY_SECONDS / interval for interval in intervals)
    return ServiceCost(
        service_id=service.id,
        price_usd=price,
        attempts=attempts,
        usd=attempts * (price or 0.0),
        reference_usd=None if price is None else price * DAY_SECONDS / REFERENCE_SECONDS,
        is_scraped=service.probe_on_scrape and bool(intervals),
    )
