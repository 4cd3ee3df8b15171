"""Overview: the route to use now, the status of every service with its reason, and what fires; then the month."""

from __future__ import annotations

from typing import Any

from grafana.source.kit import look
from grafana.source.kit.frame import (
    RUNBOOK_LINK,
    SERIES_LINK,
    SERVICE_LINK,
    Row,
    assemble,
    choice,
    service_variables,
    video_seconds,
)
from grafana.source.kit.panels import AnyPanel, Query, calendar, lines, now, stat_tiles, timeline
from grafana.source.kit.queries import (
    DAILY_AVAILABILITY,
    FIRING_ALERTS,
    GOOD_FOR,
    LIST_PRICE,
    PRICE_PER_SUCCESS,
    PRODUCTS,
    PROVEN,
    ROUTE_OF_EACH_PRODUCT,
    ROUTES,
    SINCE,
    STATUS_NOW,
    WHY,
    of_all,
    of_the_worst,
    only_shown,
    recorded,
    status_history,
)
from grafana.source.kit.tables import Column, LabelColumn, grid
from grafana.source.rows.exporter_health import exporter_health, places_that_disagree
from grafana.source.rows.official_pages import status_pages
from grafana.source.rows.proofs import balances, ladder

UID = "sora-overview"
ROUTE = LabelColumn("Route to use", "route", links=SERVICE_LINK, width=165)
SERVICE_COLUMN = LabelColumn("Service", "service_id", links=SERVICE_LINK, width=165)


def dashboard() -> dict[str, Any]:
    """Return the overview."""
    hide = choice("hide", "Show", {"all services": "-9", "only those not operational": "0"}, "all services")
    return assemble(
        UID,
        "Sora / Overview",
        "The route to use for each product, the status of every service with its reason, and what fires now; then the "
        "month, the history, the depth of the proofs, the official pages and the exporters.",
        [_routes(), *_counts(), _alerts(), _services()],
        [
            Row(190, "The month: reliability, price and recommendation of each service", [_month()]),
            Row(191, "How has it been?", _history()),
            Row(192, "How deep is it proven, and how long does the money last?", [ladder(), *balances()]),
            Row(193, "Official status pages", status_pages()),
            Row(194, "Exporters and places", [*exporter_health(), places_that_disagree()]),
        ],
        [*service_variables(), hide, video_seconds()],
        since="now-24h",
    )


def _routes() -> AnyPanel:
    return grid(
        101,
        "Use these routes",
        "For each product, among the routes that work now and are within one percentage point of the best availability "
        "(the lower one of 30 days and of one day), the one proven furthest, then the cheapest, then the fastest; with "
        "the price of a video of the chosen length.",
        [
            LabelColumn("Product", "product", width=92),
            LabelColumn("Route to use", "route", links=SERVICE_LINK, expr=ROUTE_OF_EACH_PRODUCT),
            Column("A video", _of_the_route(f"({LIST_PRICE})"), look.USD, 2, width=75),
            Column("24 h", _of_the_route(recorded("availability:ratio24h")), "percentunit", 2, width=74),
        ],
        key="product",
        labels_from=PRODUCTS,
        sort_by=[("Product", False)],
        no_value="no product",
        width=8,
        height=6,
    )


def _of_the_route(expression: str) -> str:
    """Return the value of the route to use for each product."""
    chosen = "product_service_id:sora_service_recommended:bool == 1"
    return f"max by (product) (({expression}) * on (service_id) group_right () ({chosen}))"


def _counts() -> list[AnyPanel]:
    colours = {status: look.STATUS_COLOURS[status] for status in look.STATUS_CODES.values()}
    codes = {status: code for code, status in look.STATUS_CODES.items()}
    names = {status: status.value.replace("_", " ") for status in colours}
    return [
        stat_tiles(
            102,
            "Services by status",
            "The number of services with each status that any of them has.",
            [now(f"count(({STATUS_NOW}) == {codes[status]})", names[status]) for status in colours],
            overrides=look.colours({names[status]: colour for status, colour in colours.items()}),
            unit="short",
            no_value="no service",
            width=5,
            height=6,
        )
    ]


def _alerts() -> AnyPanel:
    return grid(
        103,
        "What fires",
        "The alerts that fire now, the most urgent first and then the newest, each with a link to its advice.",
        [
            LabelColumn("Urgency", "urgency", mappings=look.SEVERITY_WORDS, width=75, is_painted=True),
            LabelColumn("Alert", "alertname", links=RUNBOOK_LINK, width=235),
            LabelColumn("About", "about"),
            Column("Since", FIRING_ALERTS, "dateTimeFromNow", width=125),
        ],
        key="alertname",
        sort_by=[("Urgency", False), ("Since", True)],
        no_value="nothing fires",
        width=11,
        height=6,
    )


def _services() -> AnyPanel:
    return grid(
        104,
        "Services",
        "The worst first. The status is the confirmed one by the vote of all places, as in the alerts; the reason is "
        "the error class behind it. Proven is how deep a probe or an application got within two days: below accepted "
        "no video was ordered, let alone made.",
        [
            Column("Status", only_shown(f"({STATUS_NOW})"), mappings=look.STATUS_WORDS, width=105),
            SERVICE_COLUMN,
            Column("Since", only_shown(f"({SINCE})\n* 1000"), "dateTimeFromNow", width=120),
            LabelColumn("Why", "error_class", mappings=look.CLASS_WORDS, expr=only_shown(WHY), width=140),
            ROUTE,
            Column("24 h", only_shown(recorded("availability:ratio24h")), "percentunit", 2, width=80),
            Column("Proven", only_shown(PROVEN), mappings=look.DEPTH_WORDS, width=100),
            Column("Answer", only_shown(recorded("response_time_seconds:avg1h")), "s", 1, width=75),
            LabelColumn("Name", "name"),
            LabelColumn("Access", "access", width=75),
            Column(
                "Sunset",
                only_shown(recorded("sunset_days:min")),
                "suffix: d",
                0,
                thresholds=look.DAYS_LEFT,
                width=80,
            ),
        ],
        key="service_id",
        labels_from=only_shown(f"({ROUTES})"),
        sort_by=[("Status", True), ("Since", True)],
        is_paged=True,
        no_value="no such service",
        height=10,
    )


def _month() -> AnyPanel:
    return grid(
        110,
        "The month in one table",
        "Thirty days. Availability counts the minutes with evidence; coverage is their share of the month. Episodes "
        "and hours of risk control are those of a mean week. A success costs the price divided by the availability, as "
        "if failed attempts were charged. Good for: production from 99 % with an episode a week at most, high volume "
        "from 95 % with little risk control, low budget from 60 %.",
        [
            LabelColumn("Service", "service_id", links=SERVICE_LINK, width=165),
            LabelColumn("Access", "access", width=75),
            Column("Available", recorded("availability:ratio30d"), "percentunit", 2, thresholds=look.AVAILABILITY),
            Column("Coverage", recorded("coverage:ratio30d"), "percentunit", 0, thresholds=look.COVERAGE),
            Column("Proven", PROVEN, mappings=look.DEPTH_WORDS, width=105),
            Column("Episodes/week", f"{recorded('risk_control_episodes:sum30d')} / 30 * 7", "short", 1, width=125),
            Column("Hours/week", f"{recorded('risk_control_hours:sum30d')} / 30 * 7", "suffix: h", 1, width=110),
            Column("Stability", recorded("stability:stars"), mappings=look.STARS, width=100),
            Column("A video", LIST_PRICE, look.USD, 2),
            Column("A success", PRICE_PER_SUCCESS, look.USD, 2),
            Column("Good for", GOOD_FOR, mappings=look.GOOD_FOR_WORDS, width=110),
            LabelColumn("Use now", "route", links=SERVICE_LINK, width=165),
        ],
        key="service_id",
        labels_from=ROUTES,
        sort_by=[("Available", True)],
        is_paged=True,
        no_value="no service",
        height=9,
    )


def _history() -> list[AnyPanel]:
    return [
        timeline(
            120,
            "Status",
            "The twenty services that were least available in the last thirty days. The worst confirmed status of each "
            "step, so that short episodes show in long ranges. Gaps: no exporter was running.",
            [Query(of_the_worst(f"({status_history(of_all)})"))],
            mappings=look.STATUS_WORDS,
            links=SERIES_LINK,
            interval="5m",
            height=9,
        ),
        calendar(
            121,
            "Availability of each day, 90 days",
            "One cell per day of your time zone, of the same twenty services: available minutes of those with "
            "evidence. No cell: no evidence.",
            [Query(DAILY_AVAILABILITY)],
            unit="percentunit",
            decimals=1,
            thresholds=look.AVAILABILITY,
            links=SERIES_LINK,
            time_from="90d",
            height=9,
        ),
        lines(
            122,
            "Availability over the day before",
            "Rolling 24 hours of the same twenty services, beside the objectives where there are any.",
            [
                Query(of_the_worst(of_all("availability:ratio24h"))),
                Query(f"max(min by (service_id) ({recorded('objective:ratio')}))", "highest objective"),
            ],
            unit="percentunit",
            maximum=1,
            interval="5m",
            overrides=[("highest objective", look.DASHED)],
            height=9,
        ),
        lines(
            123,
            "Response time",
            "Mean of an hour of the time to the first complete answer, of the same twenty services, over the minutes "
            "in which there was one.",
            [Query(of_the_worst(of_all("response_time_seconds:avg1h")))],
            unit="s",
            minimum=0,
            interval="5m",
            no_value="no answers",
            height=9,
        ),
    ]
