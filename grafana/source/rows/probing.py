"""The probes of a service, the requests of its applications, and the cost of probing."""

from __future__ import annotations

from grafana.source.kit import look
from grafana.source.kit.panels import SHORT_LEGEND, AnyPanel, Query, lines, now, stat_tiles, timeline
from grafana.source.kit.queries import JOB, SERVICE, SHOWN_SERVICES, page_says, recorded
from grafana.source.kit.tables import Column, LabelColumn, grid

PROBE = f'{SERVICE},probe="$probe"'
UNPAID = "no paid probes"
BUDGET = f"sora_probe_budget_usd{{{JOB}}} > 0"
SPENT = f"sora_probe_budget_spent_usd{{{JOB}}} and on (job, instance) ({BUDGET})"
"""By exporter: two may have a ledger each, or share one, and no sum would be right for both."""
GOT_IT = look.words({1: ("got it", look.GREEN), 0: ("did not", look.VERMILION)})


def probes() -> list[AnyPanel]:
    """Return the panels about the probes of one service."""
    window = "[$__rate_interval]"
    durations = f"rate(sora_probe_duration_seconds_bucket{{{PROBE}}}{window})"
    return [
        _attempts_table(),
        lines(
            241,
            "Attempts",
            "Attempts per minute of each probe.",
            [Query(f"sum by (probe) (rate(sora_probe_attempts_total{{{SERVICE}}}{window})) * 60", "{{probe}}")],
            unit="short",
            decimals=2,
            minimum=0,
            interval="15m",
            width=8,
            legend_width=SHORT_LEGEND,
        ),
        lines(
            242,
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
            legend_width=SHORT_LEGEND,
        ),
        lines(
            243,
            "Phases of $probe",
            "Phases of the last attempt.",
            [Query(f"max by (phase) (sora_probe_phase_seconds{{{PROBE}}})", "{{phase}}")],
            is_stacked=True,
            unit="s",
            minimum=0,
            interval="1m",
            no_value="no attempt yet",
            width=8,
            legend_width=SHORT_LEGEND,
        ),
    ]


def _attempts_table() -> AnyPanel:
    attempt = f"sora_probe_last_attempt_timestamp_seconds{{{SERVICE}}}"
    age = f"max by (probe) (timestamp({attempt}) - {attempt})"
    return grid(
        240,
        "Probes",
        "The last attempt of each probe at the last scrape, and the counts of the last day. With several exporters the "
        "worst one shows: a failed attempt, the oldest one; attempts and failures are those of all.",
        [
            LabelColumn("Probe", "probe", width=120),
            Column("Last attempt", f"min by (probe) (sora_probe_success{{{SERVICE}}})", mappings=GOT_IT),
            Column("HTTP status", f"max by (probe) (sora_probe_http_status_code{{{SERVICE}}})", "none", 0),
            Column("Age", age, "s", 0),
            Column("Interval", f"max by (probe) (sora_probe_interval_seconds{{{SERVICE}}})", "s", 0),
            Column(
                "Age in intervals",
                f"{age}\n/ on (probe) max by (probe) (sora_probe_interval_seconds{{{SERVICE}}})",
                "none",
                1,
                thresholds=look.steps(look.GREEN, (1.5, look.ORANGE), (2.5, look.VERMILION)),
            ),
            Column(
                "Attempts 24 h", f"sum by (probe) (increase(sora_probe_attempts_total{{{SERVICE}}}[24h]))", "locale", 0
            ),
            Column(
                "Failures 24 h", f"sum by (probe) (increase(sora_probe_failures_total{{{SERVICE}}}[24h]))", "locale", 0
            ),
        ],
        key="probe",
        no_value="no probe configured",
        height=6,
    )


def traffic() -> list[AnyPanel]:
    """Return the panels that compare probes with requests and pages."""
    window = "[$__rate_interval]"
    unused = "no application uses the fallback client"
    return [
        lines(
            250,
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
            interval="15m",
            no_value=unused,
            width=8,
            legend_width=SHORT_LEGEND,
        ),
        lines(
            251,
            "Traffic against probes",
            "Availability of the last day by your requests and by the probes.",
            [
                Query(recorded("traffic_availability:ratio24h"), "your requests"),
                Query(recorded("availability:ratio24h"), "probes"),
            ],
            unit="percentunit",
            maximum=1,
            overrides=look.colours({"your requests": look.ORANGE, "probes": look.BLUE}),
            no_value=unused,
            width=8,
            legend_width=SHORT_LEGEND,
        ),
        timeline(
            252,
            "Official page against probes",
            "The page that covers this service says operational while it fails, or outage while it works.",
            [Query(page_says(recorded("page_disagreement:bool")), "page: {{says}}")],
            mappings=look.DISAGREEMENT,
            interval="2m",
            no_value="no component of a page is named for this service",
            width=8,
        ),
    ]


def probing_cost() -> list[AnyPanel]:
    """Return the panels about the cost of probing."""
    paid = f'{SERVICE},probe=~"submit|generate"'
    return [
        stat_tiles(
            450,
            "Spent today",
            "Today's (UTC) spend on paid probes by exporter, reservations included.",
            [now(SPENT, "{{instance}}")],
            unit=look.USD,
            decimals=2,
            no_value=UNPAID,
        ),
        stat_tiles(
            451,
            "Budget of a day",
            "Paid probes stop when it is used up.",
            [now(BUDGET, "{{instance}}")],
            unit=look.USD,
            decimals=2,
            no_value=UNPAID,
        ),
        stat_tiles(
            452,
            "Share of the budget",
            "Today's spend in the budget.",
            [now(f"({SPENT}) / ({BUDGET})", "{{instance}}")],
            unit="percentunit",
            decimals=0,
            thresholds=look.steps(look.GREEN, (0.8, look.ORANGE), (1, look.VERMILION)),
            no_value=UNPAID,
        ),
        stat_tiles(
            453,
            "A month at this pace",
            "Cost of probing in thirty days like the last seven.",
            [now(f"sum(increase(sora_probe_cost_usd_total{{{SERVICE}}}[7d])) / 7 * 30", "a month")],
            unit=look.USD,
            decimals=2,
            no_value=UNPAID,
        ),
        stat_tiles(
            454,
            "A finding",
            "Spend of the last seven days divided by paid attempts that succeeded.",
            [
                now(
                    f"sum(increase(sora_probe_cost_usd_total{{{SERVICE}}}[7d]))\n"
                    f"/\n((sum(increase(sora_probe_attempts_total{{{paid}}}[7d])) "
                    f"- sum(increase(sora_probe_failures_total{{{paid}}}[7d]))) > 0)",
                    "a finding",
                )
            ],
            unit=look.USD,
            decimals=2,
            no_value=UNPAID,
            width=8,
        ),
        *_spending(),
    ]


def _spending() -> list[AnyPanel]:
    spent = "sum by (service_id) (increase(sora_probe_cost_usd_total%s[1d]%s))"
    dearest = f"topk({SHOWN_SERVICES}, {spent % (f'{{{SERVICE}}}', ' @ end()')} > 0)"
    return [
        lines(
            455,
            "Spend of the day and its budget",
            "Today's spend (UTC) beside the limit.",
            [Query(SPENT, "spent {{instance}}"), Query(BUDGET, "budget {{instance}}")],
            unit=look.USD,
            decimals=2,
            minimum=0,
            overrides=[("/^budget /", look.DASHED)],
            no_value=UNPAID,
        ),
        lines(
            456,
            "Cost of probing by service",
            "USD a day, over the day before each moment, of the twenty services that cost most in the last one.",
            [Query(f"{spent % ('', '')}\nand on (service_id)\n{dearest}")],
            unit=look.USD,
            decimals=2,
            minimum=0,
            interval="3h",
            no_value=UNPAID,
        ),
    ]
