"""Service: one service in depth."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.models.common import BigValueTextMode

from grafana.source import look
from grafana.source.frame import RUNBOOK, assemble, query_variable, service_variables
from grafana.source.panels import AnyPanel, Query, lines, now, stat_tiles, timeline
from grafana.source.queries import HOUR, INFO, SERVICE, SERVICES, STATUS_HISTORY, STATUS_NOW, recorded
from grafana.source.tables import Column, LabelColumn, grid

UID = "sora-service"
PROBE = f'{SERVICE},probe="$probe"'
CLASS_LINK = {"What to do": RUNBOOK + "#:~:text=${__field.labels.error_class}"}


def dashboard() -> dict[str, Any]:
    """Return the dashboard of one service."""
    probe = query_variable(
        "probe", "Probe", f"label_values(sora_probe_attempts_total{{{SERVICE}}}, probe)", is_multi=False
    )
    return assemble(
        UID,
        "Sora / Service",
        "One service in depth: what it is, how it was, why it failed, how its probes go, what its objective allows.",
        {
            "Now": _now(),
            "Status and errors": _history(),
            "Objective and error budget": _objective(),
            "Probes": _probes(),
            "Requests of your applications": _traffic(),
        },
        [*service_variables(is_multi=False), probe],
        since="now-24h",
        shown=["Status changes"],
    )


def _now() -> list[AnyPanel]:
    return [
        stat_tiles(
            "Status",
            "The worst status that any exporter sees.",
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
        stat_tiles(
            "Coverage 30d",
            "How much of the last thirty days was seen.",
            [now(recorded("coverage:ratio30d"))],
            unit="percentunit",
            decimals=0,
            thresholds=look.COVERAGE,
            width=3,
        ),
        stat_tiles(
            "Sunset",
            "Days until the announced end of life; negative when it is past.",
            [now(recorded("sunset_days:min"))],
            unit="suffix: d",
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
            unit="suffix: d",
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
        grid(
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
        ),
    ]


def _history() -> list[AnyPanel]:
    return [
        timeline(
            "Status",
            "The worst status of each step. Gaps: nobody looked.",
            [Query(STATUS_HISTORY)],
            mappings=look.STATUS_WORDS,
            interval="2m",
            height=5,
        ),
        lines(
            "Why it failed",
            "Share of each hour that each error class lasted, in the colour of the status it stands for. Success is "
            "left out, so the rest up to 100 % was fine.",
            [Query(_share_of_hour('error_class!="none"'), "{{error_class}}")],
            is_bars=True,
            is_stacked=True,
            unit="percentunit",
            minimum=0,
            maximum=1,
            overrides=look.error_class_colours(),
            links=CLASS_LINK,
            interval="1h",
            no_value="no failure in this range",
            height=9,
        ),
        lines(
            "Failed attempts",
            "Failed attempts of each hour by error class, all probes together.",
            [
                Query(
                    f"sum by (error_class) (increase(sora_probe_failures_total{{{SERVICE}}}{HOUR})) > 0",
                    "{{error_class}}",
                )
            ],
            is_bars=True,
            is_stacked=True,
            unit="short",
            decimals=0,
            minimum=0,
            overrides=look.error_class_colours(),
            links=CLASS_LINK,
            interval="1h",
            no_value="no failure in this range",
            height=9,
        ),
    ]


def _share_of_hour(matchers: str) -> str:
    return (
        f"sum by (service_id, error_class) (count_over_time(sora_service_error{{{SERVICE},{matchers}}}{HOUR}))\n"
        "/ on (service_id) group_left ()\n"
        f"sum by (service_id) (count_over_time(sora_service_error{{{SERVICE}}}{HOUR}))"
    )


def _objective() -> list[AnyPanel]:
    return [
        lines(
            "Availability and objective",
            "Rolling windows beside the objective, where there is one.",
            [
                Query(recorded("availability:ratio24h"), "24 h"),
                Query(recorded("availability:ratio7d"), "7 d"),
                Query(recorded("availability:ratio30d"), "30 d"),
                Query(recorded("objective:ratio"), "objective"),
            ],
            unit="percentunit",
            maximum=1,
            overrides=[
                *look.colours({"24 h": look.SKY, "7 d": look.BLUE, "30 d": look.GREEN}),
                ("objective", look.DASHED),
            ],
            width=8,
        ),
        lines(
            "Error budget left",
            "What is left of the failures that the objective allows in thirty days: 100 % untouched, 0 % used up, "
            "below 0 the objective is missed.",
            [Query(recorded("error_budget_remaining:ratio30d"), "left")],
            limit_lines=True,
            unit="percentunit",
            maximum=1,
            thresholds=look.BUDGET_LEFT,
            no_value="no objective configured",
            width=8,
        ),
        lines(
            "Burn rates",
            "How many times faster than allowed the budget burns. Alerts: 14.4 over 1 h and 10 m, 6 over 6 h and 30 m, "
            "1 over 3 d and 6 h.",
            [Query(recorded(f"burnrate:ratio{window}"), window) for window in ("10m", "30m", "1h", "6h", "3d")],
            limit_lines=True,
            unit="short",
            minimum=0,
            thresholds=look.BURN_RATE,
            overrides=look.colours(
                {"10m": look.GREY, "30m": look.PINK, "1h": look.VERMILION, "6h": look.ORANGE, "3d": look.BLUE}
            ),
            no_value="no objective configured",
            width=8,
        ),
    ]


def _probes() -> list[AnyPanel]:
    window = "[$__rate_interval]"
    durations = f"rate(sora_probe_duration_seconds_bucket{{{PROBE}}}{window})"
    return [
        grid(
            "Probes",
            "The last attempt of each probe, and what the last day had.",
            [LabelColumn("Probe", "probe")],
            [
                Column("Last attempt", f"max by (probe) (sora_probe_success{{{SERVICE}}})", mappings=_GOT_IT),
                Column("HTTP status", f"max by (probe) (sora_probe_http_status_code{{{SERVICE}}})", "none", 0),
                Column(
                    "Age",
                    f"time() - max by (probe) (sora_probe_last_attempt_timestamp_seconds{{{SERVICE}}})",
                    "s",
                    0,
                ),
                Column("Interval", f"max by (probe) (sora_probe_interval_seconds{{{SERVICE}}})", "s", 0),
                Column(
                    "Age in intervals",
                    f"(time() - max by (probe) (sora_probe_last_attempt_timestamp_seconds{{{SERVICE}}}))\n"
                    f"/ on (probe) max by (probe) (sora_probe_interval_seconds{{{SERVICE}}})",
                    "none",
                    1,
                    thresholds=look.steps(look.GREEN, (1.5, look.ORANGE), (2.5, look.VERMILION)),
                ),
                Column(
                    "Attempts 24 h",
                    f"sum by (probe) (increase(sora_probe_attempts_total{{{SERVICE}}}[24h]))",
                    "short",
                    0,
                ),
                Column(
                    "Failures 24 h",
                    f"sum by (probe) (increase(sora_probe_failures_total{{{SERVICE}}}[24h]))",
                    "short",
                    0,
                ),
            ],
            no_value="–",
            height=6,
        ),
        lines(
            "Attempts",
            "Attempts per minute of each probe.",
            [Query(f"sum by (probe) (rate(sora_probe_attempts_total{{{SERVICE}}}{window})) * 60", "{{probe}}")],
            unit="short",
            minimum=0,
            interval="15m",
            width=8,
        ),
        lines(
            "Duration of $probe",
            "Half of the attempts were faster than the median, all but one in twenty than the 95th percentile.",
            [
                Query(f"histogram_quantile({share}, sum by (le) ({durations}))", name)
                for share, name in ((0.5, "median"), (0.95, "95th percentile"))
            ],
            unit="s",
            minimum=0,
            overrides=look.colours({"median": look.BLUE, "95th percentile": look.ORANGE}),
            interval="15m",
            width=8,
        ),
        lines(
            "Phases of $probe",
            "Where the time of the last attempt went.",
            [Query(f"max by (phase) (sora_probe_phase_seconds{{{PROBE}}})", "{{phase}}")],
            is_stacked=True,
            unit="s",
            minimum=0,
            interval="1m",
            no_value="no attempt yet",
            width=8,
        ),
    ]


_GOT_IT = look.words({1: ("got it", look.GREEN), 0: ("did not", look.VERMILION)})


def _traffic() -> list[AnyPanel]:
    window = "[$__rate_interval]"
    unused = "no application uses the fallback client"
    return [
        lines(
            "Requests",
            "Requests a minute of the fallback client in your own applications, by outcome.",
            [
                Query(
                    f"sum by (outcome) (rate(sora_client_requests_total{{{SERVICE}}}{window})) * 60 > 0",
                    "{{outcome}}",
                )
            ],
            is_stacked=True,
            unit="short",
            minimum=0,
            overrides=[("success", look.fixed(look.GREEN)), *look.error_class_colours()],
            no_value=unused,
            width=8,
        ),
        lines(
            "Traffic against probes",
            "Availability of the last day as your requests saw it and as the probes saw it.",
            [
                Query(recorded("traffic_availability:ratio24h"), "your requests"),
                Query(recorded("availability:ratio24h"), "probes"),
            ],
            unit="percentunit",
            maximum=1,
            overrides=look.colours({"your requests": look.ORANGE, "probes": look.BLUE}),
            no_value=unused,
            width=8,
        ),
        timeline(
            "Official page against probes",
            "The page that speaks of this service says operational while it fails, or outage while it works.",
            [Query(f"max_over_time({recorded('page_disagreement:bool')}[$__interval])", "{{side}}")],
            mappings=look.DISAGREEMENT,
            interval="2m",
            no_value="no component of a page is named for this service",
            width=8,
        ),
    ]
