"""The PromQL queries. Recorded series are read only through ranges, because most of them are sparse."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sora_exporter.report.findings import Window

PREFIX: Final = "service_id:sora_service_"
TROUBLE: Final = "service_id_error_class:sora_service_trouble:count"
RECENT: Final = "15m"
"""Three evaluations of the slowest group of rules; an older value is not current."""


def exactly(seconds: int) -> str:
    """Return the range that holds each sample of so many seconds once, though ranges may include their left end."""
    return f"{seconds - 1}s999ms"


MINUTE: Final = exactly(60)

EPISODES: Final = frozenset({"24h", "7d", "30d"})
"""Windows over which the rules record episodes and hours of risk control."""
RESPONSES: Final = frozenset({"24h", "30d"})
"""Windows over which the rules record the average response time."""

NOT_AN_INCIDENT: Final = "none|slow|content_policy"

_STATUSES: Final = ("operational", "degraded", "risk_control", "maintenance", "suspended", "retired")
_SEVERITY: Final = " or ".join(
    f'0 * group by (service_id) (sora_service_status{{status="{status}"}} == 1) + {rank}'
    for rank, status in enumerate(_STATUSES)
)

_LABELS: Final = "service_id, name, product, access, provider, model, api"

NOW: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Without the current rules, the status of the exporters; the mildest one, since that exporter got an answer.
        "severity": f"{PREFIX}severity:median or on (service_id) min by (service_id) ({_SEVERITY})",
        "known": "group by (service_id) (sora_service_status)",
        # The second part has what applications met where probes stop short.
        "error_class": f"count by (service_id, error_class) (sora_service_error == 1) or {TROUBLE}",
        "recommended": "max by (service_id) (product_service_id:sora_service_recommended:bool)",
        "objective": "max by (service_id) (last_over_time(sora_service_objective_ratio[1h]))",
        "price": "max by (service_id, unit) (last_over_time(sora_service_price_usd[1h]))",
        "sunset": "min by (service_id) (last_over_time(sora_service_sunset_timestamp_seconds[1h]))",
        "stars": f"last_over_time({PREFIX}stability:stars[{RECENT}])",
        "coverage_of_stars": f"last_over_time({PREFIX}coverage:ratio30d[{RECENT}])",
    }
)
"""Queries that do not depend on the window."""


def figures(window: Window) -> Mapping[str, str]:
    """Return the queries that give one number per service over the window; for proofs, one per depth as well."""
    name, whole = window.name, exactly(window.seconds)

    def recorded(series: str) -> str:
        return f"last_over_time({PREFIX}{series}{name}[{RECENT}])"

    def hourly(series: str) -> str:
        return f"sum_over_time({PREFIX}{series}[{whole}])"

    # Rules of an earlier version do not record the proofs of applications.
    proven = " or ".join(
        f"max by (service_id, depth) (max_over_time({series}[{whole}]))"
        for series in (
            "service_id_depth:sora_service_proven_timestamp_seconds:max",
            "sora_service_proven_timestamp_seconds",
        )
    )
    return {
        "proven": proven,
        "coverage": recorded("coverage:ratio"),
        "availability": recorded("availability:ratio"),
        "episodes": recorded("risk_control_episodes:sum")
        if name in EPISODES
        else f"count_over_time({PREFIX}risk_control_start:bool[{whole}])"
        f" or on (service_id) 0 * {hourly('evidence:hourly')}",
        "hours": recorded("risk_control_hours:sum") if name in EPISODES else hourly("risk_control:hourly") + " / 60",
        "response": recorded("response_time_seconds:avg")
        if name in RESPONSES
        else f"{hourly('response_time_seconds:hourly_sum')} / {hourly('response_time_seconds:hourly_count')}",
        "recorded_since": f"min_over_time(timestamp({PREFIX}evidence:bool)[{name}:{window.seconds // 720}s])",
        "info": f"max by ({_LABELS}) (timestamp(sora_service_info))"
        f" or max by ({_LABELS}) (max_over_time(timestamp(sora_service_info)[{name}:1h]))",
    }


MINUTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unavailable": f"last_over_time({PREFIX}available:bool[{MINUTE}]) == 0",
        "silent": f"last_over_time({PREFIX}evidence:bool[{MINUTE}]) == 0",
        "error_classes": "count by (service_id, error_class) "
        f'(last_over_time(sora_service_error{{error_class!~"{NOT_AN_INCIDENT}"}}[{MINUTE}]) == 1)'
        f" or on (service_id) last_over_time({TROUBLE}[{MINUTE}])",
    }
)
"""Queries for every minute; only minutes with a fault or without evidence have a sample in the answer."""


def bars(window: Window) -> Mapping[str, str]:
    """Return the queries behind the chart, one sample at the end of each bar."""
    length = exactly(window.bar_seconds)
    return {
        "available": f"sum_over_time({PREFIX}available:bool[{length}])",
        "evidence": f"sum_over_time({PREFIX}evidence:bool[{length}])",
    }
