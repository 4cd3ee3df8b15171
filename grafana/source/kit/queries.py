"""PromQL that several panels share. Every result is limited by the variable ``service_id``.

The variable holds a pattern of up to a thousand ids, which costs Prometheus more than all else of a query: it stands
once in each, and what is joined with it needs none.

Panels read the recorded series: these bring exporters and places to one vote and count a fault from its confirmation
on, so that a panel never contradicts an alert.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from grafana.source.kit.look import RETIRED_LAST, UNKNOWN
from sora_exporter.report.recommendations import USES, Use
from sora_exporter.result import Depth

SERVICE = 'service_id=~"$service_id"'
MAYBE_SERVICE = 'service_id=~"$service_id|"'
"""Includes series without a service, such as an alert about the exporter or the network."""
JOB = 'job=~"$job"'
INFO = "service_id:sora_service_info:last"
SERVICES = f"{INFO}{{{SERVICE}}}"
"""Its labels describe a service: name, product, access, provider, model, api."""

SHOWN_SERVICES = 20
"""Lanes and curves of one panel: more cannot be distinguished, and a thousand take a browser half a minute to draw."""

DAY = "[23h59m30s] offset -1d"
"""A cell of a calendar begins where its step begins, and Grafana puts steps of a day on the browser's midnight. So the
query looks ahead: from this midnight, which belongs to yesterday's last hour, to the next. Read hourly snapshots and
minutes over it alike, and in every version of Prometheus."""
HOUR = "[59m30s] offset -1h"
"""The same for an hour."""


def recorded(name: str, level: str = "service_id", more: str = "") -> str:
    """Return the selector of a recorded series of the chosen services, by the end of its name."""
    return f"{level}:sora_service_{name}{{{SERVICE}{more}}}"


def of_all(name: str, level: str = "service_id", more: str = "") -> str:
    """Return the selector of a recorded series of all services, chosen or not, by the end of its name."""
    return f"{level}:sora_service_{name}{{{more}}}" if more else f"{level}:sora_service_{name}"


def chosen(expression: str) -> str:
    """Return the expression, which is about all services, for those that the variable chooses."""
    return f"({expression})\nand on (service_id)\n{SERVICES}"


def firing(*severities: str) -> str:
    """Return the selector of our alerts of these severities that fire."""
    chosen = "|".join(severities)
    return f'ALERTS{{alertname=~"Sora.+",alertstate="firing",severity=~"{chosen}",{MAYBE_SERVICE}}}'


ALERT_LABELS = "alertname, severity, service_id, product, provider, page, instance"
FIRING_SINCE = (
    f'max by ({ALERT_LABELS}) (ALERTS_FOR_STATE{{alertname=~"Sora.+"}})\n'
    f"and on ({ALERT_LABELS})\n{firing('critical', 'warning', 'info')}"
)
"""Since when each alert that fires has been active, Unix seconds."""


def renamed(expression: str, target: str, source: str, pattern: str = "(.+)", text: str = "$1") -> str:
    """Return the expression with the label ``target`` set to ``text`` where ``source`` matches."""
    return f'label_replace({expression}, "{target}", "{text}", "{source}", "{pattern}")'


def _firing_alerts() -> str:
    alerts = FIRING_SINCE
    for number, severity in enumerate(("critical", "warning", "info"), start=1):
        alerts = renamed(alerts, "urgency", "severity", severity, f"{number} {severity}")
    # The last label that an alert has says best what it is about.
    for label in ("instance", "page", "provider", "product", "service_id"):
        alerts = renamed(alerts, "about", label)
    return f"max by (alertname, urgency, about) ({alerts}) * 1000"


FIRING_ALERTS = _firing_alerts()
"""One series per alert and subject, its value when it became active (ms); labels alertname, urgency, about."""


def within(selector: str, window: str) -> str:
    """Return the highest value of each series of the selector within ``window``."""
    return f"max_over_time({selector}[{window}])"


def page_says(selector: str) -> str:
    """Return whether an official page disagreed with our probes in each step; the label ``says`` is the page's word."""
    return renamed(within(selector, "$__interval"), "says", "side", "page_says_(.+)")


def highest(terms: Iterable[str], by: str) -> str:
    """Return the highest value of several expressions whose series differ by their labels."""
    return f"max by ({by}) (\n  {f'{chr(10)}  or '.join(terms)}\n)"


def coded(metric: str, label: str, codes: Mapping[Any, int]) -> Iterator[str]:
    """Yield an expression for each member of a closed set: its code if it was 1 within the step."""
    for member, code in codes.items():
        yield f"({within(f'{metric}{{{label}={chr(34)}{member}{chr(34)}}}', '$__interval')} == 1) * {code}"


HELD = of_all("held_severity:last")
STATUS_OF_ALL = (
    f"({HELD} < 5)\nor on (service_id)\n0 * {HELD} - {-RETIRED_LAST}\n"
    f"or on (service_id)\n0 * group by (service_id) ({INFO}) + {UNKNOWN}"
)
STATUS_NOW = chosen(STATUS_OF_ALL)
"""The confirmed status of each service, by the vote of all places; the code sorts the worst first."""


def status_history(selector: Callable[[str], str]) -> str:
    """Return the worst status of each step, so that a short episode is seen in a long range too."""
    held, evidence = selector("held_severity:last"), selector("evidence:bool")
    return f"{within(held, '$__interval')}\nor on (service_id)\n0 * {within(evidence, '$__interval')} + {UNKNOWN}"


def only_shown(expression: str) -> str:
    """Return the expression for the services that the variable ``hide`` leaves."""
    return f"{expression}\nand on (service_id)\n(({STATUS_OF_ALL}) != $hide)"


SINCE = chosen(
    f"{of_all('trouble_since_timestamp_seconds:min')}\n"
    "or on (service_id)\n"
    "min by (service_id) (\n"
    "  sora_service_status_since_timestamp_seconds\n"
    "  and on (service_id, location, instance)\n"
    f"  {of_all('severity:max', 'service_id_instance')} == on (service_id) group_left ()"
    f" {of_all('confirmed_severity:median')}\n"
    ")\n"
    "or on (service_id)\n"
    "max by (service_id) (sora_service_status_since_timestamp_seconds)"
)
"""When the status began, Unix seconds: of a trouble, else of the exporters that agree with the vote."""

WHY = chosen(
    "topk by (service_id) (1,\n"
    f"  {of_all('trouble:count', 'service_id_error_class')}\n"
    "  or on (service_id)\n"
    "  count by (service_id, error_class) (sora_service_error == 1)\n"
    ")"
)
"""The error class of each service: of its trouble, else of most exporters."""

ROUTE_OF_PRODUCT = (
    "max by (product, route) ("
    + renamed("product_service_id:sora_service_recommended:bool == 1", "route", "service_id")
    + ")"
)
NO_ROUTE = "no route works"
ROUTES = chosen(
    f"({INFO} * on (product) group_left (route) {ROUTE_OF_PRODUCT})\n"
    f"or on (service_id)\n{renamed(INFO, 'route', 'service_id', '.+', NO_ROUTE)}"
)
"""The services with the label ``route``: the service to use for their product now, or that there is none."""
PRODUCTS = 'max by (product) (product:sora_product_routes:count{product=~"$product"})'
ROUTE_OF_EACH_PRODUCT = (
    f"{ROUTE_OF_PRODUCT}\nand on (product)\n{PRODUCTS}\n"
    f"or on (product)\n{renamed(PRODUCTS, 'route', 'product', '.+', NO_ROUTE)}"
)

WORST = (
    f"topk({SHOWN_SERVICES},\n"
    f"  (1 - {of_all('availability:ratio30d')} @ end() or on (service_id) 0 * {INFO} @ end())\n"
    f"  and on (service_id) {SERVICES} @ end()\n"
    ")"
)


def of_the_worst(expression: str) -> str:
    """Return the expression, which is about all services, for the chosen ones that were least available in a month."""
    return f"{expression}\nand on (service_id)\n{WORST}"


def of_the_most_burnt(expression: str) -> str:
    """Return the expression, which is about all services, for the chosen ones with the least of their budget left."""
    left = recorded("error_budget_remaining:ratio30d")
    return f"{expression}\nand on (service_id)\nbottomk({SHOWN_SERVICES}, {left} @ end())"


def proven_at(depth: Depth) -> str:
    """Return when a depth was last proven for each of all services."""
    return of_all("proven_timestamp_seconds:max", "service_id_depth", f'depth="{depth}"')


PROVEN = chosen(
    highest((f"0 * (time() - {proven_at(depth)} < 172800) + {depth.rank}" for depth in Depth), "service_id")
)
"""The rank of the deepest proof of the last two days, which the choice of a route counts too."""


def _fits(use: Use, code: int) -> str:
    hours, evidence = of_all("risk_control_hours:sum30d"), of_all("evidence:sum30d")
    demands = [
        f"{of_all('availability:ratio30d')} >= {use.least_availability}",
        f"{evidence} >= 180",
        f"{of_all('risk_control_episodes:sum30d')} / 30 * 7 <= {use.most_episodes_per_week}",
        f"{hours} / ({evidence} / 60) <= {use.most_risk_control_share}",
    ]
    if use.needs_price:
        demands.append("group by (service_id) (sora_service_price_usd)")
    finite = [demand for demand in demands if not demand.endswith("inf")]
    return f"{code} + 0 * ({' and on (service_id) '.join(f'({demand})' for demand in finite)})"


GOOD_FOR = chosen(
    "(\n  "
    + "\n  or on (service_id) ".join(_fits(use, code) for code, use in enumerate(USES, start=1))
    + f"\n  or on (service_id) 0 * {of_all('availability:ratio30d')}\n)"
    f"\nunless on (service_id)\n{HELD} == 5"
)
"""The first use of the report's that the service's month is good enough for, counted from 1; 0 for none."""

INDICATORS = {"none": 0, "maintenance": 1, "minor": 2, "major": 3, "critical": 4}
COMPONENTS = {
    "operational": 0,
    "under_maintenance": 1,
    "degraded_performance": 2,
    "partial_outage": 3,
    "major_outage": 4,
}
INDICATOR_HISTORY = highest(coded("sora_status_page_indicator", "indicator", INDICATORS), "page")
COMPONENT_HISTORY = (
    f"{highest(coded('sora_status_page_component_status', 'status', COMPONENTS), 'page, component')}\n"
    "* on (page, component) group_left (name)\n"
    "topk by (page, component) (1, last_over_time(sora_status_page_component_info[1d] @ end()))"
)
"""With the label ``name``, read once and not at every step."""

DAILY_AVAILABILITY = of_the_worst(
    f"sum_over_time({of_all('available:hourly')}{DAY})\n/\n(sum_over_time({of_all('evidence:hourly')}{DAY}) > 0)"
)


def price_per_video(metric: str) -> str:
    """Return USD for a video of $seconds seconds at all services, of a metric with the label unit (second, request)."""
    return (
        f'max by (service_id) ({metric}{{unit="request"}})\n'
        f'or\nmax by (service_id) ({metric}{{unit="second"}}) * $seconds'
    )


LIST_PRICE = chosen(price_per_video("sora_service_price_usd"))
PRICE_PER_SUCCESS_OF_ALL = price_per_video("service_id:sora_service_price_usd_per_success:ratio30d")
PRICE_PER_SUCCESS = chosen(PRICE_PER_SUCCESS_OF_ALL)
