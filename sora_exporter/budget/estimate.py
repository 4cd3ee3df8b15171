"""What the configured probes will spend, told before any of them runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from sora_exporter.config import Config, Service

DAY_SECONDS = 86400.0
MONTH_DAYS = 30
REFERENCE_SECONDS = 300.0
"""A monitor that orders a video of every service every five minutes, as such monitors are usually described."""


@dataclass(frozen=True, slots=True)
class ServiceCost:
    """What probing a service costs in USD a day; None in ``price_usd`` is an order of unknown price.

    ``attempts`` are the paid probes a day, by schedule and before the budget; ``is_scraped`` says that scrapes run
    paid probes besides, as often as they come. ``reference_usd`` is what one order every five minutes would cost, None
    where the price is not known.
    """

    service_id: str
    price_usd: float | None
    attempts: float
    usd: float
    reference_usd: float | None
    is_scraped: bool = False


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
        """What is spent at most: the budget is a limit, and the only one to what scrapes spend."""
        is_scraped = any(service.is_scraped for service in self.services)
        return self.budget_usd if is_scraped else min(self.scheduled_usd, self.budget_usd)

    @property
    def reference_usd(self) -> float:
        """What the reference monitor would spend on the services whose price is known."""
        return sum(service.reference_usd or 0.0 for service in self.services)


def cost_of(config: Config, service_ids: Sequence[str] = ()) -> Cost:
    """Return what probing the named services (all, where none is named) costs; reads nothing else and asks nobody.

    Free probes cost nothing. Paid ones that cannot run (no price, or a price above the day's budget) spend nothing;
    those of services probed by scrapes have no schedule, and the budget alone bounds them.
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


COLUMNS = ("service", "price", "paid probes/day", "USD/day", "USD/month", "every 5 min: USD/day", "USD/month")
UNKNOWN = "unknown"


def render_text(cost: Cost) -> str:
    """Return the costs as an aligned table, and the budget's word on them."""
    rows = [COLUMNS, *_rows(cost)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
    return "\n".join([*lines, "", *_conclusion(cost)]) + "\n"


def render_markdown(cost: Cost) -> str:
    """Return the costs as a Markdown table."""
    rows = [COLUMNS, ("---", *["---:"] * (len(COLUMNS) - 1)), *_rows(cost)]
    return "\n".join([*(f"| {' | '.join(row)} |" for row in rows), "", *_conclusion(cost)]) + "\n"


def render_json(cost: Cost) -> str:
    """Return the costs as one JSON document; USD a day."""
    document = {
        "services": [asdict(service) for service in cost.services],
        "budget_usd_per_day": cost.budget_usd,
        "scheduled_usd_per_day": cost.scheduled_usd,
        "usd_per_day": cost.usd,
        "usd_per_month": cost.usd * MONTH_DAYS,
        "reference_usd_per_day": cost.reference_usd,
        "reference_usd_per_month": cost.reference_usd * MONTH_DAYS,
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


RENDERERS: Mapping[str, Callable[[Cost], str]] = {
    "text": render_text,
    "json": render_json,
    "markdown": render_markdown,
}


def summary(cost: Cost) -> str:
    """Return one line for people: what is spent at most, beside the reference."""
    said = f"{dollars(cost.usd)} a day, {dollars(cost.usd * MONTH_DAYS)} a month"
    instead = f"one video of each service every 5 minutes: {dollars(cost.reference_usd)} a day"
    return f"{said} ({instead})" if cost.reference_usd else said


def dollars(usd: float | None) -> str:
    """Return an amount as people write it; cents, and more digits only for less than one."""
    if usd is None:
        return UNKNOWN
    return f"${usd:,.2f}" if usd == 0 or usd >= 0.01 else f"${usd:.4f}"


def _rows(cost: Cost) -> list[tuple[str, ...]]:
    each = [(s.service_id, dollars(s.price_usd), *_spent(s), *_both(s.reference_usd)) for s in cost.services]
    attempts = sum(service.attempts for service in cost.services)
    return [*each, ("total", "", f"{attempts:g}", *_both(cost.scheduled_usd), *_both(cost.reference_usd))]


def _spent(service: ServiceCost) -> tuple[str, str, str]:
    """Return paid probes a day and what they cost by day and month."""
    if service.is_scraped:
        return "by scrapes", "in budget", "in budget"
    return (f"{service.attempts:g}", *_both(service.usd))


def _both(usd: float | None) -> tuple[str, str]:
    """Return an amount by day and by month."""
    return dollars(usd), dollars(None if usd is None else usd * MONTH_DAYS)


def _conclusion(cost: Cost) -> list[str]:
    day, month = _both(cost.usd)
    limit = f"budget_usd_per_day {dollars(cost.budget_usd)}" if cost.budget_usd else "no budget: paid probes never run"
    return [f"At most {day} a day and {month} in {MONTH_DAYS} days ({limit}). Catalog and canary probes are free."]
