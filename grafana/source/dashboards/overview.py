"""Overview: can I make a video now, by which route, at what price; and how has it been."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.models.common import BigValueTextMode

from grafana.source.kit import look
from grafana.source.kit.frame import RUNBOOK_LINK, SERIES_LINK, SERVICE_LINK, assemble, service_variables
from grafana.source.kit.panels import AnyPanel, Query, calendar, lines, now, stat_tiles, timeline
from grafana.source.kit.queries import (
    DAILY_AVAILABILITY,
    INFO,
    PROVEN,
    SERVICE,
    SERVICES,
    STATUS_HISTORY,
    STATUS_NOW,
    firing,
    only_recommended,
    recorded,
)
from grafana.source.kit.tables import Column, LabelColumn, grid
from grafana.source.rows.exporter_health import exporter_health
from grafana.source.rows.official_pages import status_pages

UID = "sora-overview"
SERVICE_COLUMN = LabelColumn("service_id", "service_id", links=SERVICE_LINK, width=180)


def dashboard() -> dict[str, Any]:
    """Return the overview."""
    return assemble(
        UID,
        "Sora / Overview",
        "Can I make a video now, by which route, at what price? Then: how the services, and the official pages, were.",
        {
            "Can I make a video now?": _now(),
            "How has it been?": _history(),
            "Official status pages": status_pages(),
            "The exporter itself": exporter_health(),
        },
        service_variables(),
        since="now-7d",
    )


def _now() -> list[AnyPanel]:
    return [
        _routes(),
        stat_tiles(
            "Status now",
            "The worst status of each service that an exporter sees or your applications met. Unknown means that "
            "there is no evidence.",
            [now(STATUS_NOW)],
            text=BigValueTextMode.VALUE_AND_NAME,
            mappings=[*look.STATUS_WORDS, look.null_as("unknown")],
            links=SERIES_LINK,
            width=7,
            height=9,
        ),
        stat_tiles(
            "Products",
            "Whether any service of the product gives evidence of working now.",
            [now('product:sora_product_routes_available:sum{product=~"$product"} > bool 0', "{{product}}")],
            text=BigValueTextMode.VALUE_AND_NAME,
            mappings=look.words({1: ("has a route", look.GREEN), 0: ("no route", look.VERMILION)}),
            no_value="no product",
            height=6,
        ),
        *(
            stat_tiles(
                severity.capitalize(),
                f"Alerts of severity {severity} that fire now: {advice}",
                [now(f"count({firing(severity)}) or vector(0)", severity)],
                thresholds=thresholds,
                width=2,
                height=3,
            )
            for severity, advice, thresholds in (
                ("critical", "act at once.", look.NONE_IS_GOOD),
                ("warning", "look at them today.", look.SOME_IS_WARNING),
            )
        ),
        _services(),
        _alerts(),
    ]


def _alerts() -> AnyPanel:
    return grid(
        "Firing alerts",
        "Alerts that fire now, with a link to the advice.",
        [
            LabelColumn("Alert", "alertname", links=RUNBOOK_LINK),
            LabelColumn("Severity", "severity", width=90),
            LabelColumn("service_id", "service_id", links=SERVICE_LINK),
            LabelColumn("Product", "product", width=110),
        ],
        [],
        labels_from=f"max by (alertname, severity, service_id, product) ({firing('critical', 'warning', 'info')})",
        width=24,
        height=6,
        no_value="nothing fires",
    )


def _routes() -> AnyPanel:
    chosen = recorded("recommended:bool", "product_service_id")
    return grid(
        "Use these routes",
        "For each product, among the routes that work now and are within one percentage point of the best availability "
        "(the lower one of 30 days and of one day), the one proven furthest, then the cheapest, then the fastest. A "
        "product without a row has no working route; the tile beside it says so.",
        [SERVICE_COLUMN, LabelColumn("Product", "product", width=110), LabelColumn("Access", "access", width=80)],
        [
            Column("Status", only_recommended(STATUS_NOW), mappings=look.STATUS_WORDS, width=110),
            Column(
                "USD per second",
                only_recommended(f'max by (service_id) (sora_service_price_usd{{{SERVICE},unit="second"}})'),
                "currencyUSD",
            ),
            Column(
                "USD per video",
                only_recommended(f'max by (service_id) (sora_service_price_usd{{{SERVICE},unit="request"}})'),
                "currencyUSD",
            ),
            Column(
                "Availability 24 h",
                only_recommended(recorded("availability:ratio24h")),
                "percentunit",
                2,
                thresholds=look.AVAILABILITY,
            ),
            Column("Response, 1 h mean", only_recommended(recorded("response_time_seconds:avg1h")), "s", decimals=1),
        ],
        labels_from=f"({chosen} == 1) * on (service_id) group_left (access) {INFO}",
        sort_by="Product",
        width=13,
        height=9,
        no_value="no route works now",
    )


def _services() -> AnyPanel:
    windows = ("24h", "7d", "30d", "90d")
    return grid(
        "Services",
        "Availability counts the minutes with evidence; coverage says how much of the window that was. Below half of a "
        "window covered, the availability is little more than an anecdote. Proven is how deep a probe or an "
        "application got within two days: below accepted no video was ordered, let alone made.",
        [
            SERVICE_COLUMN,
            LabelColumn("Name", "name", width=150),
            LabelColumn("Access", "access", width=80),
            LabelColumn("Provider", "provider", width=100),
        ],
        [
            Column("Status", STATUS_NOW, mappings=look.STATUS_WORDS, width=110),
            Column("Proven", PROVEN, mappings=look.DEPTH_WORDS, width=110),
            *(
                column
                for window in windows
                for column in (
                    Column(
                        f"{window[:-1]} {window[-1]}",
                        recorded(f"availability:ratio{window}"),
                        "percentunit",
                        2,
                        thresholds=look.AVAILABILITY,
                    ),
                    Column(
                        f"cover {window[:-1]} {window[-1]}",
                        recorded(f"coverage:ratio{window}"),
                        "percentunit",
                        0,
                        thresholds=look.COVERAGE,
                    ),
                )
            ),
            Column("Objective", recorded("objective:ratio"), "percentunit", 2),
            Column(
                "Budget left 30 d",
                recorded("error_budget_remaining:ratio30d"),
                "percentunit",
                0,
                thresholds=look.BUDGET_LEFT,
            ),
            Column("Stability", recorded("stability:stars"), mappings=look.STARS),
            Column("Response 24 h", recorded("response_time_seconds:avg24h"), "s", 1),
            Column("Days to sunset", recorded("sunset_days:min"), "suffix:d", 0, thresholds=look.DAYS_LEFT),
        ],
        labels_from=SERVICES,
        sort_by="service_id",
        height=9,
    )


def _history() -> list[AnyPanel]:
    return [
        timeline(
            "Status",
            "Every service, the worst status of each step, so that short episodes show in long ranges. Gaps: no "
            "exporter was running.",
            [Query(STATUS_HISTORY)],
            mappings=look.STATUS_WORDS,
            links=SERIES_LINK,
            interval="2m",
            height=8,
        ),
        calendar(
            "Availability of each day, 90 days",
            "One cell per day of your time zone: available minutes of those with evidence. No cell: no evidence.",
            [Query(DAILY_AVAILABILITY)],
            unit="percentunit",
            decimals=1,
            thresholds=look.AVAILABILITY,
            links=SERIES_LINK,
            time_from="90d",
            height=8,
        ),
        lines(
            "Availability over the day before",
            "Rolling 24 hours, beside the objectives where there are any.",
            [
                Query(recorded("availability:ratio24h")),
                Query(f"max by (service_id) ({recorded('objective:ratio')})", "objective {{service_id}}"),
            ],
            unit="percentunit",
            maximum=1,
            overrides=[("/^objective .*/", look.DASHED)],
            height=9,
        ),
        lines(
            "Response time",
            "Mean of an hour of the time to the first complete answer, over the minutes in which there was one.",
            [Query(recorded("response_time_seconds:avg1h"))],
            unit="s",
            minimum=0,
            no_value="no answers",
            height=9,
        ),
    ]
