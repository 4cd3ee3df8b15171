"""PromQL that several panels share. Every selector of a service is limited by the variable ``service_id``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from grafana.source.kit.look import STATUS_CODES
from sora_exporter.result import Depth

SERVICE = 'service_id=~"$service_id"'
MAYBE_SERVICE = 'service_id=~"$service_id|"'
"""Includes series without a service, such as an alert about the exporter or the network."""
INFO = "service_id:sora_service_info:last"
SERVICES = f"{INFO}{{{SERVICE}}}"
"""Its labels describe a service: name, product, access, provider, model, api."""

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


def within(selector: str, window: str) -> str:
    """Return the selector, or the highest value of each of its series within ``window`` if there is one."""
    return f"max_over_time({selector}[{window}])" if window else selector


def highest(terms: Iterable[str], by: str) -> str:
    """Return the highest value of several expressions whose series differ by their labels."""
    return f"max by ({by}) (\n  {f'{chr(10)}  or '.join(terms)}\n)"


def coded(metric: str, label: str, codes: Mapping[Any, int], more: str = "", window: str = "") -> Iterator[str]:
    """Yield an expression for each member of a closed set: its code while it is 1, or was within ``window``."""
    for member, code in codes.items():
        term = within(f'{metric}{{{more}{label}="{member}"}}', window)
        yield f"({term} == 1) * {code}"


def status(window: str = "") -> str:
    """Return the code of the worst status that an exporter sees or an application's own requests met."""
    probed = coded("sora_service_status", "status", STATUS_CODES, f"{SERVICE},", window)
    return highest([*probed, within(f"service_id:sora_client_severity:median{{{SERVICE}}}", window)], "service_id")


STATUS_NOW = status()
STATUS_HISTORY = status("$__interval")
"""The worst of each step, so that a short episode is seen in a long range too."""


def proven_at(depths: str = ".+") -> str:
    """Return when the depths that match were last proven for the chosen services."""
    return recorded("proven_timestamp_seconds:max", "service_id_depth", f',depth=~"{depths}"')


PROVEN = highest(
    (f"0 * (time() - {proven_at(depth)} < 172800) + {depth.rank}" for depth in Depth),
    "service_id",
)
"""The rank of the deepest proof of the last two days, which the choice of a route counts too."""

INDICATORS = {"none": 0, "maintenance": 1, "minor": 2, "major": 3, "critical": 4}
COMPONENTS = {
    "operational": 0,
    "under_maintenance": 1,
    "degraded_performance": 2,
    "partial_outage": 3,
    "major_outage": 4,
}
INDICATOR_HISTORY = highest(coded("sora_status_page_indicator", "indicator", INDICATORS, "", "$__interval"), "page")
COMPONENT_HISTORY = highest(
    coded("sora_status_page_component_status", "status", COMPONENTS, "", "$__interval"), "page, component"
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
