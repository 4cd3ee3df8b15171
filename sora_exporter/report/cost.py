"""The cost of the configured probes, as ``check --cost`` prints it: text, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType

from sora_exporter.budget.estimate import MONTH_DAYS, Cost, ServiceCost
from sora_exporter.figures import dollars
from sora_exporter.report import markdown, text
from sora_exporter.report.tables import Column, Table, cells

COLUMNS = (
    Column("service"),
    *(
        Column(heading, is_number=True)
        for heading in ("price", "paid probes/day", "USD/day", "USD/month", "every 5 min: USD/day", "USD/month")
    ),
)


def cost_table(cost: Cost) -> Table:
    """Return one row per service, their sum, and the upper limit as a note."""
    rows = [
        cells(each.service_id, dollars(each.price_usd), *_probes(each), *_day_and_month(each.reference_usd))
        for each in cost.services
    ]
    attempts = sum(service.attempts for service in cost.services)
    total = cells(
        "total", "", f"{attempts:g}", *_day_and_month(cost.scheduled_usd), *_day_and_month(cost.reference_usd)
    )
    return Table("cost", "Cost of the configured probes", COLUMNS, [*rows, total], [_limit(cost)])


def render_text(cost: Cost) -> str:
    """Return the costs as an aligned table with its note."""
    table = cost_table(cost)
    return "".join(f"{line}\n" for line in [*text.table_lines(table), "", *table.notes])


def render_markdown(cost: Cost) -> str:
    """Return the costs as a Markdown table with its note."""
    table = cost_table(cost)
    return "".join(f"{line}\n" for line in [*markdown.table_lines(table), *map(markdown.escape, table.notes)])


def render_json(cost: Cost) -> str:
    """Return the costs as one JSON document; USD per day."""
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


COST_RENDERERS: Mapping[str, Callable[[Cost], str]] = MappingProxyType(
    {"text": render_text, "json": render_json, "markdown": render_markdown}
)


def _probes(service: ServiceCost) -> tuple[str, str, str]:
    """Return the paid probes per day and their cost per day and month."""
    if service.is_scraped:
        return "by scrapes", "in budget", "in budget"
    return (f"{service.attempts:g}", *_day_and_month(service.usd))


def _day_and_month(usd: float | None) -> tuple[str, str]:
    return dollars(usd), dollars(None if usd is None else usd * MONTH_DAYS)


def _limit(cost: Cost) -> str:
    per_day, per_month = _day_and_month(cost.usd)
    limit = f"budget_usd_per_day {dollars(cost.budget_usd)}" if cost.budget_usd else "no budget: paid probes never run"
    return (
        f"At most {per_day} a day and {per_month} in {MONTH_DAYS} days ({limit}). Catalog and canary probes are free."
    )
