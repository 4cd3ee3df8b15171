"""The page that a person opens first: routes, services, official pages, budget and the exporter's own health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sora_exporter import __version__
from sora_exporter.budget.estimate import MONTH_DAYS, Cost, cost_of
from sora_exporter.config import Service
from sora_exporter.evidence.routes import REASONS, cautions, routes
from sora_exporter.evidence.snapshot import Json, services_overview
from sora_exporter.exporter import Exporter
from sora_exporter.figures import Moment, count_of, dollars, moment
from sora_exporter.plain_words import Words, plain_words
from sora_exporter.result import ErrorClass, Status
from sora_exporter.web.pages.document import Document, html_document
from sora_exporter.web.pages.official import page_views
from sora_exporter.web.pages.service_view import ServiceView, balance_view, obstacles, official, service_view
from sora_exporter.web.pages.strip import mark_path

SHOWN_IN_FULL = 40
ROWS_SHOWN = 1000
OVERDUE_SHOWN = 10
MISTAKES_SHOWN = 10
REFRESH_SECONDS = 30

URGENCY = (
    Status.UNKNOWN, Status.OPERATIONAL, Status.RETIRED, Status.DEGRADED, Status.RISK_CONTROL, Status.MAINTENANCE,
    Status.SUSPENDED,
)  # fmt: skip
"""The statuses by urgency, the most urgent last; a retired service is old news."""


@dataclass(frozen=True, slots=True)
class Row:
    """A service on one line, for configurations with too many services to show each in full.

    ``why`` names the class behind its status, ``obstacles`` those beside it; both may be empty.
    """

    service: Service
    status: Status
    words: Words
    why: str
    obstacles: str
    disagreement: str


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product, its route to use now (None: none is usable), and those of its services that are shown in full."""

    product: str
    route: Row | None
    why: str
    services: Sequence[ServiceView]
    others: int


@dataclass(frozen=True, slots=True)
class Health:
    """The health of the exporter; ``overdue`` holds the first OVERDUE_SHOWN of ``overdue_count`` probes."""

    loaded: Moment | None
    reload_error: str
    overdue: Sequence[str]
    overdue_count: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class Budget:
    """Today's (UTC) spend on paid probes; ``share`` of the limit in percent, at most 100. ``spent`` None: unknown."""

    limit: str
    spent: str | None
    share: float


def render_overview(exporter: Exporter, is_refreshing: bool = True) -> Document:
    """Return the overview; with many services the worst are shown in full and the others on one line each."""
    rows = {service_id: _row(exporter, service_id) for service_id in exporter.state.services}
    by_severity = sorted(rows, key=lambda service_id: _urgency(rows[service_id]), reverse=True)
    in_full = set(by_severity[:SHOWN_IN_FULL])
    products = _products(exporter, rows, in_full)
    rest = [rows[service_id] for service_id in by_severity[SHOWN_IN_FULL:]]
    values = {
        "title": exporter.config.title,
        "version": __version__,
        "now": moment(exporter.clock.now(), exporter.clock.now()),
        "icon": rows[by_severity[0]].status if rows else Status.UNKNOWN,
        "headline": _headline(rows),
        "counts": _counts(rows),
        "products": [product for product in products if product.services],
        "other_products": [product for product in products if not product.services][:ROWS_SHOWN],
        "rest": rest[:ROWS_SHOWN],
        "rest_count": len(rest),
        "pages": page_views(exporter),
        "budget": _budget(exporter),
        "cost": _cost_line(cost_of(exporter.config)),
        "balances": {
            name: balance_view(track, exporter.clock.now()) for name, track in exporter.state.balances.items()
        },
        "health": _health(exporter),
        "legend": [(status, plain_words().statuses[status], mark_path(status)) for status in Status],
        "refresh_seconds": REFRESH_SECONDS if is_refreshing else 0,
    }
    return html_document("overview.html", values, refresh=REFRESH_SECONDS if is_refreshing else 0)


def _cost_line(cost: Cost) -> str:
    """Return the most that probes spend, beside the cost of the reference monitor."""
    limit = f"{dollars(cost.usd)} a day, {dollars(cost.usd * MONTH_DAYS)} a month"
    reference = f"one video of each service every 5 minutes: {dollars(cost.reference_usd)} a day"
    return f"{limit} ({reference})" if cost.reference_usd else limit


def _row(exporter: Exporter, service_id: str) -> Row:
    verdict, words, track = exporter.state.status_of(service_id), plain_words(), exporter.state.services[service_id]
    said = official(exporter, track.service, verdict)
    return Row(
        service=track.service,
        status=verdict.status,
        words=words.statuses[verdict.status],
        why="" if verdict.error_class is ErrorClass.NONE else words.error_classes[verdict.error_class].name,
        obstacles=", ".join(each.explained.name for each in obstacles(track, verdict, exporter.clock.now())),
        disagreement=said.disagreement if said else "",
    )


def _urgency(row: Row) -> tuple[int, bool]:
    return URGENCY.index(row.status), bool(row.obstacles or row.disagreement)


def _products(exporter: Exporter, rows: Mapping[str, Row], in_full: set[str]) -> list[ProductView]:
    offered: dict[str, list[str]] = {}
    for service_id, row in rows.items():
        offered.setdefault(row.service.product, []).append(service_id)
    services, now = services_overview(exporter.state), exporter.clock.now()
    documents = {service["service_id"]: service for service in services}
    chosen = {route["product"]: route for route in routes(services, now)}
    views = {service_id: service_view(exporter, exporter.state.services[service_id]) for service_id in in_full}
    return [
        ProductView(
            product=product,
            route=rows.get(chosen[product]["service_id"]),
            why=_why(rows, service_ids, chosen[product], documents, now),
            services=[views[service_id] for service_id in service_ids if service_id in views],
            others=sum(service_id not in views for service_id in service_ids),
        )
        for product, service_ids in offered.items()
    ]


def _why(
    rows: Mapping[str, Row], service_ids: Sequence[str], route: Json, documents: Mapping[str, Json], now: float
) -> str:
    """Return the reason for the choice, and its cautions."""
    chosen = route["service_id"]
    if chosen is None:
        if all(rows[service_id].status is Status.UNKNOWN for service_id in service_ids):
            return "no evidence about any route yet"
        return "no route delivers now"
    row = rows[chosen]
    word, access = row.words.name.lower(), row.service.access
    if row.why:
        word = f"{word} ({row.why.lower()})"
    if len(service_ids) == 1:
        word, reason = f"{word}, {access} access, the only route", ""
    else:
        word, reason = (
            f"{word}, {access} access",
            REASONS.get(route["criterion"], "every other route is worse or unknown"),
        )
    return "; ".join(filter(None, [word, reason, *cautions(documents[chosen], now)]))


def _headline(rows: Mapping[str, Row]) -> str:
    usable = sum(row.status is Status.OPERATIONAL for row in rows.values())
    if not rows:
        return "No service is configured."
    if all(row.status is Status.UNKNOWN for row in rows.values()):
        return f"{count_of(len(rows), 'service')}, no evidence about any of them."
    return f"{usable:,} of {count_of(len(rows), 'service')} operational."


def _counts(rows: Mapping[str, Row]) -> list[tuple[Status, Words, int]]:
    counts = Counter(row.status for row in rows.values())
    return [(status, plain_words().statuses[status], counts[status]) for status in Status if counts[status]]


def _budget(exporter: Exporter) -> Budget:
    limit, spent = exporter.config.budget_usd_per_day, exporter.spending.today
    share = min(100.0 * (spent or 0.0) / limit, 100.0) if limit else 0.0
    return Budget(dollars(limit) if limit else "", None if spent is None else dollars(spent), share)


def _first_lines(mistakes: str) -> str:
    """Return one mistake a line, and the number of further ones in the log."""
    lines = mistakes.split("\n")
    more = [f"and {len(lines) - MISTAKES_SHOWN} more in the log"] if len(lines) > MISTAKES_SHOWN else []
    return "\n".join(lines[:MISTAKES_SHOWN] + more)


def _health(exporter: Exporter) -> Health:
    overdue = exporter.overdue()
    return Health(
        loaded=moment(exporter.reload_state.succeeded_at, exporter.clock.now()),
        reload_error=_first_lines(exporter.reload_state.error),
        overdue=[f"{probe} of {service_id}" for service_id, probe in overdue[:OVERDUE_SHOWN]],
        overdue_count=len(overdue),
        in_flight=exporter.scheduler.in_flight,
    )
