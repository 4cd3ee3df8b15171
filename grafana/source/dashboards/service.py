"""Service: one service in depth."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.models.common import BigValueTextMode

from grafana.source.kit import look
from grafana.source.kit.frame import RUNBOOK, assemble, query_variable, service_variables
from grafana.source.kit.panels import AnyPanel, Query, lines, now, stat_tiles, timeline
from grafana.source.kit.queries import (
    HOUR,
    INFO,
    SERVICE,
    SERVICES,
    STATUS_HISTORY,
    STATUS_NOW,
    proven_at,
    recorded,
)
from grafana.source.kit.tables import Column, LabelColumn, grid
from grafana.source.rows.objectives import objective_of_one
from grafana.source.rows.probing import probes, traffic

UID = "sora-service"
CLASS_LINK = {"What to do": RUNBOOK + "#:~:text=${__field.labels.error_class}"}


def dashboard() -> dict[str, Any]:
    """Return the dashboard of one service."""
    probe = query_variable(
        "probe", "Probe", f"label_values(sora_probe_attempts_total{{{SERVICE}}}, probe)", is_multi=False
    )
    return assemble(
        UID,
        "Sora / Service",
        "One service in depth: its configuration, history, failures, probes and objective.",
        {
            "Now": _now(),
            "Status and errors": _history(),
            "Objective and error budget": objective_of_one(),
            "Probes": probes(),
            "Requests of your applications": traffic(),
        },
        [*service_variables(is_multi=False), probe],
        since="now-24h",
        shown=["Status changes"],
    )


def _now() -> list[AnyPanel]:
    return [
        stat_tiles(
            "Status",
            "The worst status that an exporter sees or your applications met.",
            [now(STATUS_NOW)],
            mappings=[*look.STATUS_WORDS, look.null_as("unknown")],
        ),
        stat_tiles(
            "Why",
            "The error class behind the status, in the colour of the status it stands for.",
            [now(f"max by (error_class) (sora_service_error{{{SERVICE}}})", "{{error_class}}")],
            text=BigValueTextMode.NAME,
            overrides=look.error_class_colours(),
            links=CLASS_LINK,
        ),
        stat_tiles(
            "Since",
            "When the present status began.",
            [now(f"max by (service_id) (sora_service_status_since_timestamp_seconds{{{SERVICE}}}) * 1000")],
            unit="dateTimeFromNow",
        ),
        stat_tiles(
            "Use this route?",
            "Whether this is the route to use now for its product.",
            [now(recorded("recommended:bool", "product_service_id"))],
            mappings=look.words({1: ("recommended", look.GREEN), 0: ("another is better", look.GREY)}),
        ),
        stat_tiles(
            "Stability",
            "One to five stars, from a month's availability and episodes of risk control.",
            [now(recorded("stability:stars"))],
            mappings=look.STARS,
        ),
        stat_tiles(
            "Response time",
            "The latest successful answer's time to the first complete answer.",
            [now(f"min by (service_id) (sora_service_response_time_seconds{{{SERVICE}}})")],
            unit="s",
            decimals=1,
            no_value="no answer",
        ),
        *(
            stat_tiles(
                f"Availability {window}",
                f"Available minutes of those with evidence, {window}.",
                [now(recorded(f"availability:ratio{window}"))],
                unit="percentunit",
                decimals=2,
                thresholds=look.AVAILABILITY,
                no_value="no evidence",
                width=3,
            )
            for window in ("1h", "24h", "7d", "30d")
        ),
        *_limits(),
        stat_tiles(
            "Last proven",
            "When a probe or an application last got so deep: from an answer of the provider to a checked video.",
            [now(f"{proven_at()} * 1000", "{{depth}}")],
            text=BigValueTextMode.VALUE_AND_NAME,
            unit="dateTimeFromNow",
            no_value="nothing proven",
            width=24,
            height=3,
        ),
        _identity(),
    ]


def _identity() -> AnyPanel:
    return grid(
        "What it is",
        "The service as it is configured.",
        [
            LabelColumn("service_id", "service_id"),
            LabelColumn("Name", "name"),
            LabelColumn("Product", "product"),
            LabelColumn("Access", "access"),
            LabelColumn("Provider", "provider"),
            LabelColumn("Model", "model"),
            LabelColumn("API", "api"),
        ],
        [
            Column(
                "Rank among the routes",
                f"max by (service_id) ({recorded('route_score:rank', 'product_service_id')})",
                decimals=0,
            ),
        ],
        labels_from=SERVICES,
        no_value="–",
        height=4,
    )


def _limits() -> list[AnyPanel]:
    return [
        stat_tiles(
            "Coverage 30d and 1h",
            "Observed share of the last thirty days and of the last hour.",
            [now(recorded("coverage:ratio30d"), "30d"), now(recorded("coverage:ratio1h"), "1h")],
            unit="percentunit",
            decimals=0,
            thresholds=look.COVERAGE,
            width=3,
        ),
        stat_tiles(
            "Sunset",
            "Days until the announced end of life; negative when it is past.",
            [now(recorded("sunset_days:min"))],
            unit="suffix:d",
            decimals=0,
            thresholds=look.DAYS_LEFT,
            no_value="none announced",
            width=3,
        ),
        stat_tiles(
            "Certificate",
            "Days until the earliest certificate of the provider expires.",
            [
                now(
                    "(min by (provider) (sora_probe_tls_expiry_timestamp_seconds) - time()) / 86400\n"
                    f"and on (provider) {INFO}{{{SERVICE}}}",
                    "{{provider}}",
                )
            ],
            unit="suffix:d",
            decimals=0,
            thresholds=look.DAYS_LEFT,
            no_value="no TLS seen",
            width=3,
        ),
        stat_tiles(
            "Price",
            "The configured price.",
            [now(f"max by (service_id, unit) (sora_service_price_usd{{{SERVICE}}})", "per {{unit}}")],
            text=BigValueTextMode.VALUE_AND_NAME,
            unit="currencyUSD",
            no_value="no price configured",
            width=3,
        ),
    ]


def _history() -> list[AnyPanel]:
    return [
        timeline(
            "Status over time",
            "The worst status of each step. Gaps: no exporter was running.",
            [Query(STATUS_HISTORY)],
            mappings=look.STATUS_WORDS,
            interval="2m",
            height=5,
        ),
        _by_class(
            "Why it failed",
            "Share of each hour that each error class lasted, in the colour of the status it stands for. Success is "
            "left out, so the rest up to 100 % was fine.",
            _share_of_hour('error_class!="none"'),
            unit="percentunit",
            maximum=1,
        ),
        _by_class(
            "Failed attempts",
            "Failed attempts of each hour by error class, all probes together.",
            f"sum by (error_class) (increase(sora_probe_failures_total{{{SERVICE}}}{HOUR})) > 0",
            unit="short",
            decimals=0,
        ),
    ]


def _by_class(title: str, description: str, expression: str, **options: Any) -> AnyPanel:
    """Return stacked bars of each hour, one colour per error class."""
    return lines(
        title,
        description,
        [Query(expression, "{{error_class}}")],
        is_bars=True,
        is_stacked=True,
        minimum=0,
        overrides=look.error_class_colours(),
        links=CLASS_LINK,
        interval="1h",
        no_value="no failure in this range",
        height=9,
        **options,
    )


def _share_of_hour(matchers: str) -> str:
    return (
        f"sum by (service_id, error_class) (count_over_time(sora_service_error{{{SERVICE},{matchers}}}{HOUR}))\n"
        "/ on (service_id) group_left ()\n"
        f"sum by (service_id) (count_over_time(sora_service_error{{{SERVICE}}}{HOUR}))"
    )
