"""The ladder of proofs, from an answer to a checked video, and the balances at the providers."""

from __future__ import annotations

from grafana.source.kit import look
from grafana.source.kit.frame import SERVICE_LINK
from grafana.source.kit.panels import AnyPanel, Query, lines
from grafana.source.kit.queries import SERVICES, chosen, proven_at
from grafana.source.kit.tables import Column, LabelColumn, grid
from sora_exporter.result import Depth

BALANCE = 'max by (provider, unit) (last_over_time(sora_provider_balance{provider=~"$provider"}[1d]) < Inf)'
LOW = 'max by (provider, unit) (sora_provider_balance_low{provider=~"$provider"})'
READ = (
    "max by (provider) (\n"
    '  last_over_time(sora_provider_balance_last_success_timestamp_seconds{provider=~"$provider"}[1d])\n)'
)
DAILY_USE = '-avg by (provider) (deriv(sora_provider_balance{provider=~"$provider"}[1d])) * 86400 > 0'
FORECAST = (
    'max by (provider, unit) (predict_linear(sora_provider_balance{provider=~"$provider"}[1d], 259200))\n'
    f"and on (provider)\n{DAILY_USE}"
)
"""The last reading of a day counts: an exporter that is down says nothing new about the money."""
NO_BALANCE = "no provider's balance is read"


def ladder() -> AnyPanel:
    """Return the table of the last proof of each depth."""
    return grid(
        130,
        "Ladder of proofs",
        "How long ago a probe or an application last got so deep: from an answer of the provider to a checked video. "
        "Green within two days, which is as long as a proof counts when a route is chosen.",
        [
            LabelColumn("Service", "service_id", links=SERVICE_LINK, width=165),
            *(
                Column(
                    depth.value,
                    f"time() - max by (service_id) ({chosen(proven_at(depth))})",
                    "s",
                    0,
                    thresholds=look.steps(look.GREEN, (172800, look.ORANGE)),
                    missing="never",
                )
                for depth in Depth
            ),
        ],
        key="service_id",
        labels_from=f"group by (service_id) ({SERVICES})",
        sort_by=[("Service", False)],
        is_paged=True,
        no_value="no service",
        height=8,
    )


def balances() -> list[AnyPanel]:
    """Return the panels about the money left at the providers."""
    return [
        grid(
            131,
            "Balances",
            "The amount left at each provider, how long it lasts at the pace of the last day, the use of a day at that "
            "pace, and the level that counts as low.",
            [
                LabelColumn("Provider", "provider", width=120),
                Column("Left", f"max by (provider) ({BALANCE})", "short", 2),
                LabelColumn("Unit", "unit", width=60, expr=f"group by (provider, unit) ({BALANCE})"),
                Column(
                    "Lasts",
                    f"max by (provider) ({BALANCE})\n/ on (provider)\n({DAILY_USE})",
                    "suffix: d",
                    0,
                    thresholds=look.steps(look.VERMILION, (3, look.ORANGE), (7, look.GREEN)),
                ),
                Column("A day", DAILY_USE, "short", 2, missing="not falling"),
                Column("Low from", f"max by (provider) ({LOW})", "short", 2),
                Column("Read", f"{READ} * 1000", "dateTimeFromNow", width=140),
            ],
            key="provider",
            sort_by=[("Lasts", False)],
            no_value=NO_BALANCE,
            width=12,
        ),
        lines(
            132,
            "Balance over time",
            "The amount left at each provider, the level that counts as low, and a forecast by the last day's pace: "
            "the balance in three days. No forecast: it has not fallen in that day, or was topped up.",
            [
                Query(BALANCE, "{{provider}}"),
                Query(LOW, "low for {{provider}}"),
                Query(
                    FORECAST,
                    "{{provider}} in 3 d",
                ),
            ],
            unit="short",
            overrides=[("/^low for /", look.DASHED), ("/ in 3 d$/", look.DOTTED)],
            interval="10m",
            no_value=NO_BALANCE,
        ),
    ]
