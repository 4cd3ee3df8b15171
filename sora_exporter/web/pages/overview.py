"""The status page: what works, what to use, how it has been, and what happened, in the reader's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.config.maintenance import windows
from sora_exporter.evidence.routes import Candidate, Choice, candidate, choose
from sora_exporter.exporter import Exporter
from sora_exporter.figures import Moment, day, moment
from sora_exporter.result import Status
from sora_exporter.web.pages.bars import SHAPES, Level
from sora_exporter.web.pages.document import Document, html_document, incident_line, lines_of, product_line, short_line
from sora_exporter.web.pages.official import page_views
from sora_exporter.web.pages.row import EVENT_DAYS, EventView, Line, Row, event_view, line_of, row_of
from sora_exporter.web.record import proven_availability
from sora_exporter.web.wording import Wording

SHOWN_IN_FULL = 50
WORST_SHOWN = 20
"""With more services than are shown in full, this many of them are: the worst."""
LINES_SHOWN = 1000
INCIDENTS_SHOWN, INCIDENTS_LISTED = 8, 200
"""So many incidents are shown at once, and so many when the rest is opened."""
ROUTES_NAMED = 3
"""With more products, the banner counts the routes instead of naming them."""
REFRESH_SECONDS = 60

URGENCY: Mapping[Status, int] = {
    status: rank
    for rank, status in enumerate(
        (Status.UNKNOWN, Status.OPERATIONAL, Status.RETIRED, Status.DEGRADED, Status.RISK_CONTROL, Status.MAINTENANCE,
         Status.SUSPENDED)
    )
}  # fmt: skip
"""The statuses by urgency, the most urgent last; a retired service is old news."""


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product, its route to use now (None: none is usable), and those of its services that are shown in full.

    ``why`` is empty if none of them is.
    """

    product: str
    route: Line | None
    why: str
    rows: Sequence[Row]
    others: int


@dataclass(frozen=True, slots=True)
class Banner:
    """The state of everything in one or two sentences, with the sign of a status."""

    sign: Status
    text: str
    use: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A window of planned maintenance; ``services`` names what it is on."""

    services: str
    start: Moment | None
    end: Moment | None
    why: str
    is_open: bool


def render_overview(exporter: Exporter, words: Wording, is_refreshing: bool = True) -> Document:
    """Return the page; with many services the worst are shown in full and the others on one line each."""
    now = exporter.clock.now()
    state = exporter.state
    tracked = [(track, state.status_of(service_id)) for service_id, track in state.services.items()]
    lines = {track.service.id: line_of(exporter, track, verdict, words) for track, verdict in tracked}
    candidates = {
        track.service.id: candidate(track, verdict, proven_availability(exporter, track.service.id), now)
        for track, verdict in tracked
    }
    by_severity = sorted(lines, key=lambda service_id: _urgency(lines[service_id]), reverse=True)
    shown = SHOWN_IN_FULL if len(lines) <= SHOWN_IN_FULL else WORST_SHOWN
    in_full = set(by_severity[:shown])
    products = _products(exporter, lines, candidates, in_full, words)
    others = [product for product in products if not product.rows]
    rest = [lines[service_id] for service_id in by_severity[shown:]]
    incidents = _incidents(exporter, words)
    listed = [incident_line(view, words.language) for view in incidents[:INCIDENTS_LISTED]]
    history = exporter.history
    values = {
        "title": exporter.config.title,
        "icon": lines[by_severity[0]].status if lines else Status.UNKNOWN,
        "now": moment(now),
        "banner": _banner(lines.values(), products, words),
        "counts": _counts(lines.values(), words),
        "products": [product for product in products if product.rows],
        "other_products": lines_of(
            product_line(
                product.product,
                product.route and product.route.service.id,
                product.route.service.title if product.route else words("use_nothing"),
                words.language,
            )
            for product in others[:LINES_SHOWN]
        ),
        "other_count": min(len(others), LINES_SHOWN),
        "rest": lines_of(
            short_line(
                line.service.id, line.service.title, line.status, line.name, line.why, line.disagreement, words.language
            )
            for line in rest[:LINES_SHOWN]
        ),
        "rest_count": len(rest),
        "rest_hidden": max(len(rest) - LINES_SHOWN, 0),
        "planned": _planned(exporter, words),
        "incidents": lines_of(listed[:INCIDENTS_SHOWN]),
        "earlier": lines_of(listed[INCIDENTS_SHOWN:]),
        "earlier_count": len(listed[INCIDENTS_SHOWN:]),
        "more_incidents": len(incidents) - len(listed),
        "pages": page_views(exporter, words),
        "history": history,
        "away_since": moment(history.away_since) if history is not None else None,
        "history_read": moment(history.read_at) if history is not None else None,
        "legend": [(status, words.plain.statuses[status]) for status in Status],
        "levels": [(level, SHAPES[level]) for level in Level],
        "refresh_seconds": REFRESH_SECONDS if is_refreshing else 0,
        "every_seconds": REFRESH_SECONDS,
    }
    return html_document("overview.html", values, exporter.config.page, words)


def _urgency(line: Line) -> tuple[int, bool]:
    return URGENCY[line.status], bool(line.why or line.disagreement)


def _products(
    exporter: Exporter,
    lines: Mapping[str, Line],
    candidates: Mapping[str, Candidate],
    in_full: set[str],
    words: Wording,
) -> list[ProductView]:
    offered: dict[str, list[Line]] = {}
    for line in lines.values():
        offered.setdefault(line.service.product, []).append(line)
    now = exporter.clock.now()
    views = []
    for product, known in offered.items():
        chosen = choose([candidates[line.service.id] for line in known], now)
        route = lines[chosen.route.service_id] if chosen.route is not None else None
        rows = [row_of(exporter, line, words) for line in known if line.service.id in in_full]
        why = _why(known, chosen, now, words) if rows else ""
        views.append(ProductView(product, route, why, rows, len(known) - len(rows)))
    return views


def _why(offered: Sequence[Line], chosen: Choice, now: float, words: Wording) -> str:
    """Return the reason for the choice of a route, and its cautions."""
    best = chosen.route
    if best is None:
        return words("no_route_yet" if all(line.status is Status.UNKNOWN for line in offered) else "no_route")
    line = next(line for line in offered if line.service.id == best.service_id)
    reason = f"route_{chosen.criterion}" if chosen.criterion else "route_rest"
    said = [
        words("route_state", status=line.name.lower(), access=words(f"access_{line.service.access}")),
        words("route_only" if len(offered) == 1 else reason),
    ]
    if best.is_hindered:
        said.append(words("caution_refuses"))
    if best.sunset_at is not None and best.is_ending(now):
        said.append(words("caution_sunset", date=day(best.sunset_at)))
    return words("also").join(said)


def _banner(lines: Collection[Line], products: Sequence[ProductView], words: Wording) -> Banner:
    count, working = len(lines), sum(line.is_working for line in lines)
    if not lines:
        return Banner(Status.UNKNOWN, words("no_services"), words("add_services"))
    if all(line.status is Status.UNKNOWN for line in lines):
        return Banner(Status.UNKNOWN, words("unknown_all"), "")
    routed = [product for product in products if product.route is not None]
    if count == 1:
        key = "works_only" if working else "works_not"
    else:
        key = "works_all" if working == count else "works_some" if working else "works_none"
    sign = Status.OPERATIONAL if working == count else Status.SUSPENDED if not routed else Status.DEGRADED
    text = words(key, working=f"{working:,}", count=f"{count:,}")
    return Banner(sign, text, "" if count == 1 else _use(products, routed, words))


def _use(products: Sequence[ProductView], routed: Sequence[ProductView], words: Wording) -> str:
    """Return the routes to use; with many products, how many have one."""
    if not routed:
        return words("use_nothing")
    if len(routed) <= ROUTES_NAMED:
        key = "use_only" if len(products) == 1 else "use_item"
        named = [(product.route.service.title, product.product) for product in routed if product.route is not None]
        items = [words(key, service=title, product=product) for title, product in named]
        return words("use", routes=words("separator").join(items))
    key = "routes_all" if len(routed) == len(products) else "routes_some"
    return words(key, routes=f"{len(routed):,}", products=f"{len(products):,}")


def _counts(lines: Iterable[Line], words: Wording) -> list[tuple[Status, str, int]]:
    counts = Counter(line.status for line in lines)
    return [(status, words.plain.statuses[status].name, counts[status]) for status in Status if counts[status]]


def _incidents(exporter: Exporter, words: Wording) -> list[EventView]:
    """Return the incidents of the last days, the newest first."""
    now, known = exporter.clock.now(), exporter.state.services
    found = (event for event in exporter.events.since(now - EVENT_DAYS * DAY_SECONDS) if event.is_trouble)
    return [
        event_view(event, known[event.service_id].service.title if event.service_id in known else event.service_id,
                   now, words)
        for event in found
    ]  # fmt: skip


def _planned(exporter: Exporter, words: Wording) -> list[Planned]:
    """Return the open and the next windows of planned maintenance, the earliest first."""
    now, known = exporter.clock.now(), exporter.state.services
    found = [(work, window) for work in exporter.config.maintenance for window in windows([work], now)]
    return [
        Planned(
            services=words("separator").join(
                known[service_id].service.title for service_id in work.services if service_id in known
            )
            or words("planned_all"),
            start=moment(window.start),
            end=moment(window.end),
            why=window.why,
            is_open=window.start <= now,
        )
        for work, window in sorted(found, key=lambda each: each[1].start)
    ]
