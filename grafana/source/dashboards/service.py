"""Service: one service in depth."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.models.common import BigValueTextMode

from grafana.source.kit import look
from grafana.source.kit.frame import RUNBOOK, Row, assemble, query_variable, service_variables
from grafana.source.kit.panels import AnyPanel, Query, lines, now, stat_tiles, timeline
from grafana.source.kit.queries import (
    HOUR,
    SERVICE,
    SERVICES,
    SINCE,
    STATUS_NOW,
    WHY,
    chosen,
    proven_at,
    recorded,
    status_history,
    within,
)
from grafana.source.kit.tables import LabelColumn, grid
from grafana.source.rows.objectives import objective_of_one
from grafana.source.rows.probing import probes, traffic
from sora_exporter.result import Depth

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
        "One service in depth: its status and reason, its proofs, failures, objective, probes and configuration.",
        [*_now(), *_history()],
        [
            Row(290, "Limits: certificate, end of life, price, configuration", _limits()),
            Row(291, "Objective and error budget", objective_of_one()),
            Row(292, "Probes", probes()),
            Row(293, "Requests of your applications", traffic()),
        ],
        [*service_variables(is_multi=False), probe],
        since="now-24h",
        shown=["Status changes"],
    )


def _now() -> list[AnyPanel]:
    return [
        stat_tiles(
            201,
            "Status",
            "The confirmed status by the vote of all places, as in the alerts.",
            [now(STATUS_NOW)],
            mappings=look.STATUS_WORDS,
            width=3,
        ),
        stat_tiles(
            202,
            "Why",
            "The error class behind the status, in the colour of the status it stands for.",
            [now(f"max by (error_class) ({WHY})", "{{error_class}}")],
            text=BigValueTextMode.NAME,
            overrides=[*look.error_class_colours(), *look.error_class_names()],
            links=CLASS_LINK,
        ),
        stat_tiles(
            203,
            "Since",
            "When the present status began.",
            [now(f"({SINCE}) * 1000")],
            unit="dateTimeFromNow",
            width=3,
        ),
        _use_this_route(),
        *map(_availability, (205, 206), ("24h", "30d")),
        stat_tiles(
            207,
            "Stability",
            "One to five stars, from a month's availability and episodes of risk control.",
            [now(recorded("stability:stars"))],
            mappings=look.STARS,
            no_value="too new",
            width=3,
        ),
        stat_tiles(
            208,
            "Last proven",
            "The ladder of proofs: how long ago a probe or an application last got so deep, from an answer of the "
            "provider to a checked video. Green within two days, which is as long as a proof counts.",
            [now(f"time() - max by (service_id) ({chosen(proven_at(depth))})", depth.value) for depth in Depth],
            text=BigValueTextMode.VALUE_AND_NAME,
            thresholds=look.steps(look.GREEN, (172800, look.ORANGE)),
            unit="s",
            decimals=0,
            no_value="nothing proven",
            are_rungs=True,
            width=6,
            height=6,
        ),
    ]


def _availability(number: int, window: str) -> AnyPanel:
    length = f"{window[:-1]} {window[-1]}"
    return stat_tiles(
        number,
        f"Available, {length}",
        f"Available minutes of those with evidence, and the share of the last {length} that has evidence.",
        [
            now(recorded(f"availability:ratio{window}"), "available"),
            now(recorded(f"coverage:ratio{window}"), "covered"),
        ],
        text=BigValueTextMode.VALUE_AND_NAME,
        unit="percentunit",
        decimals=2,
        thresholds=look.AVAILABILITY,
        overrides=[("covered", {"decimals": 0, "thresholds": look.COVERAGE.build()})],
        no_value="no evidence",
        width=3,
    )


def _use_this_route() -> AnyPanel:
    chosen = "product_service_id:sora_service_recommended:bool == 1"
    product, this, other, none = f"group by (product) ({SERVICES})", "yes", "/^use .*/", "no route works now"
    return stat_tiles(
        204,
        "Use this route?",
        "Whether this is the route to use now for its product; if not, the one to use instead.",
        [
            now(f"{recorded('recommended:bool', 'product_service_id')} == 1", this),
            now(f"({chosen})\nand on (product)\n{product}\nunless on (service_id)\n{SERVICES}", "use {{service_id}}"),
            now(f"{product}\nunless on (product)\n({chosen})", none),
        ],
        text=BigValueTextMode.NAME,
        overrides=[(this, look.fixed(look.GREEN)), (other, look.fixed(look.SKY)), (none, look.fixed(look.GREY))],
        no_value="no such service",
        width=5,
    )


def _history() -> list[AnyPanel]:
    place = within(recorded("severity:max", "service_id_instance"), "$__interval")
    return [
        timeline(
            210,
            "Status over time",
            "The worst confirmed status of each step. Gaps: no exporter was running.",
            [Query(status_history(recorded))],
            mappings=look.STATUS_WORDS,
            interval="2m",
            width=9,
            height=6,
        ),
        timeline(
            211,
            "Findings of each place",
            "The worst finding of each exporter in each step, before the vote: a place that disagrees shows here.",
            [Query(place, "{{location}} {{instance}}")],
            mappings=look.STATUS_WORDS,
            interval="2m",
            width=9,
            height=6,
        ),
        _by_class(
            212,
            "Why it failed",
            "Share of each hour that each error class lasted, by the exporters of all places, in the colour of the "
            "status it stands for. Success is left out, so the rest up to 100 % was fine.",
            _share_of_hour('error_class!="none"'),
            unit="percentunit",
            maximum=1,
        ),
        _by_class(
            213,
            "Failed attempts",
            "Failed attempts of each hour by error class, all probes together.",
            f"sum by (error_class) (increase(sora_probe_failures_total{{{SERVICE}}}{HOUR})) > 0",
            unit="short",
            decimals=0,
        ),
    ]


def _limits() -> list[AnyPanel]:
    return [
        stat_tiles(
            220,
            "Certificate",
            "Days until the earliest certificate of the provider expires.",
            [
                now(
                    "(min by (provider) (sora_probe_tls_expiry_timestamp_seconds) - time()) / 86400\n"
                    f"and on (provider) {SERVICES}",
                    "{{provider}}",
                )
            ],
            unit="suffix: d",
            decimals=0,
            thresholds=look.CERTIFICATE_LEFT,
            no_value="no TLS seen",
            width=3,
        ),
        stat_tiles(
            221,
            "End of life",
            "Days until the announced end of life; negative when it is past.",
            [now(recorded("sunset_days:min"))],
            unit="suffix: d",
            decimals=0,
            thresholds=look.DAYS_LEFT,
            no_value="none announced",
            width=3,
        ),
        stat_tiles(
            222,
            "Price",
            "The configured price.",
            [now(f"max by (service_id, unit) (sora_service_price_usd{{{SERVICE}}})", "per {{unit}}")],
            text=BigValueTextMode.VALUE_AND_NAME,
            unit=look.USD,
            decimals=2,
            no_value="no price configured",
            width=4,
        ),
        stat_tiles(
            223,
            "Response time",
            "Time to the first complete answer: of the latest successful answer, and the mean of a day.",
            [
                now(f"max by (service_id) (sora_service_response_time_seconds{{{SERVICE}}})", "latest"),
                now(recorded("response_time_seconds:avg24h"), "mean of a day"),
            ],
            text=BigValueTextMode.VALUE_AND_NAME,
            unit="s",
            decimals=1,
            no_value="no answer",
            width=5,
        ),
        *map(_availability, (224, 225, 227), ("1h", "7d", "90d")),
        grid(
            226,
            "What it is",
            "The service as it is configured.",
            [
                LabelColumn("Service", "service_id", width=165),
                LabelColumn("Name", "name", width=165),
                LabelColumn("Product", "product"),
                LabelColumn("Access", "access"),
                LabelColumn("Provider", "provider"),
                LabelColumn("Model", "model"),
                LabelColumn("API", "api"),
            ],
            key="service_id",
            labels_from=SERVICES,
            no_value="no such service",
            height=4,
        ),
    ]


def _by_class(number: int, title: str, description: str, expression: str, **options: Any) -> AnyPanel:
    """Return stacked bars of each hour, one colour per error class."""
    return lines(
        number,
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
        height=8,
        **options,
    )


def _share_of_hour(matchers: str) -> str:
    return (
        f"sum by (service_id, error_class) (count_over_time(sora_service_error{{{SERVICE},{matchers}}}{HOUR}))\n"
        "/ on (service_id) group_left ()\n"
        f"sum by (service_id) (count_over_time(sora_service_error{{{SERVICE}}}{HOUR}))"
    )
