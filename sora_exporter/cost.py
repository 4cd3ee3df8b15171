"""What the configured probes will spend, told before any of them runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sora_exporter.config import Config, Service

DAY_SECONDS = 86400.0
MONTH_DAYS = 30
REFERENCE_SECONDS = 300.0
"""A monitor that orders a video of every service every five minutes, as such monitors are usually described."""


@dataclass(frozen=True, slots=True)
class ServiceCost:
    """What probing a service costs in USD a day; None in ``price_usd`` is an order of unknown price.

    ``attempts`` are the paid probes a day, by schedule and before the budget. ``reference_usd`` is what one order
    every five minutes would cost, None where the price is not known.
    """

    service_id: str
    price_usd: float | None
    attempts: float
    usd: float
    reference_usd: float | None


@dataclass(frozen=True, slots=True)
class Cost:
    """What all probes cost in USD a day: as scheduled, at most by the budget, and for the reference monitor."""

    services: Sequence[ServiceCost]
    budget_usd: float

    @property
    def scheduled_usd(self) -> float:
        """What the schedule asks for."""
        return sum(service.usd for service in self.services)

    @property
    def usd(self) -> float:
        """What is spent at most: the budget is a limit."""
        return min(self.scheduled_usd, self.budget_usd)

    @property
    def reference_usd(self) -> float:
        """What the reference monitor would spend on the services whose price is known."""
        return sum(service.reference_usd or 0.0 for service in self.services)


def cost_of(config: Config) -> Cost:
    """Return what probing by this configuration costs; reads nothing else and asks nobody.

    Free probes cost nothing. Paid ones that cannot run (no price, or a price above the day's budget) spend nothing;
    those of services probed by scrapes have no schedule, and the budget alone bounds them.
    """
    return Cost([_service_cost(config, service) for service in config.services], config.budget_usd_per_day)


def _service_cost(config: Config, service: Service) -> ServiceCost:
    price = config.attempt_price_usd(service)
    is_running = price is not None and price <= config.budget_usd_per_day and not service.probe_on_scrape
    intervals = [probe.interval for kind, probe in service.probes.items() if kind.is_paid and is_running]
    attempts = sum(DAY_SECONDS / interval for interval in intervals)
    return ServiceCost(
        service_id=service.id,
        price_usd=price,
        attempts=attempts,
        usd=attempts * (price or 0.0),
        reference_usd=None if price is None else price * DAY_SECONDS / REFERENCE_SECONDS,
    )
