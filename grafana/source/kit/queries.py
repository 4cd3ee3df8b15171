"""PromQL that several panels share. Every selector of a service is limited by the variable ``service_id``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grafana.source.kit.look import STATUS_CODES

SERVICE = 'service_id=~"$service_id"'
MAYBE_SERVICE = 'service_id=~"$service_id|"'
"""Also what belongs to no service: an alert about the exporter or the network."""
INFO = "service_id:sora_service_info:last"
SERVICES = f"{INFO}{{{SERVICE}}}"
"""Its labels are what a service is: name, product, access, provider, model, api."""

DAY = "[23h59m30s] offset -1d"
"""A cell of a calendar begins where its step begins, and Grafana puts steps of a day on the browser's midnight. So the
query looks ahead: from this midnight, which belongs to yesterday's last hour, to the next. Read hourly snapshots and
minutes over it alike, and in every version of Prometheus."""
HOUR = "[59m30s] offset -1h"
"""The same for an hour."""


def recorded(name: str, level: str = "service_id", more: str = "") -> str:
    """Return the selector of a recorded series of the chosen services, by the end of its name."""
    return f"{level}:sora_service_{name}{{{SERVICE}{more}}}"


def firing(*severities: str) -> str:
    """Return the selector of our alerts of these severities that fire."""
    chosen = "|".join(severities)
    return f'ALERTS{{alertname=~"Sora.+",alertstate="firing",severity=~"{chosen}",{MAYBE_SERVICE}}}'


def coded(metric: str, label: str, codes: Mapping[Any, int], by: str, more: str = "", window: str = "") -> str:
    """Return the highest code of the members of a closed set that are 1, or were within ``window``."""
    members = (f'{metric}{{{more}{label}="{member}"}}' for member in codes)
    seen = (f"max_over_time({member}[{window}])" if window else member for member in members)
    terms = (f"({term} == 1) * {code}" for term, code in zip(seen, codes.values(), strict=True))
    return f"max by ({by}) (\n  {f'{chr(10)}  or '.join(terms)}\n)"


STATUS_NOW = coded("sora_service_status", "status", STATUS_CODES, "service_id", f"{SERVICE},")
STATUS_HISTORY = coded("sora_service_status", "status", STATUS_CODES, "service_id", f"{SERVICE},", "$__interval")
"""The worst of each step, so that a short episode is seen in a long range too."""

INDICATORS = {"none": 0, "maintenance": 1, "minor": 2, "major": 3, "critical": 4}
COMPONENTS = {
    "operational": 0,
    "under_maintenance": 1,
    "degraded_performance": 2,
    "partial_outage": 3,
    "major_outage": 4,
}
INDICATOR_HISTORY = coded("sora_status_page_indicator", "indicator", INDICATORS, "page", "", "$__interval")
COMPONENT_HISTORY = coded(
    "sora_status_page_component_status", "status", COMPONENTS, "page, component", "", "$__interval"
)

DAILY_AVAILABILITY = (
    f"sum_over_time({recorded('available:hourly')}{DAY})\n/\n(sum_over_time({recorded('evidence:hourly')}{DAY}) > 0)"
)


def only_recommended(expression: str) -> str:
    """Return the expression for the routes to use now alone."""
    return f"{expression}\nand on (service_id) ({recorded('recommended:bool', 'product_service_id')} == 1)"


def price_per_video(metric: str, more: str = "") -> str:
    """Return USD for one video of $seconds seconds, of a metric with the label unit (second, request)."""
    return (
        f'max by (service_id) ({metric}{{{SERVICE},unit="request"{more}}})\n'
        f'or\nmax by (service_id) ({metric}{{{SERVICE},unit="second"{more}}}) * $seconds'
    )
