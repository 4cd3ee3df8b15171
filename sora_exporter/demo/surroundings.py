"""The rest of an invented month: official pages, proofs, paid probes, money, requests of applications, alerts, routes.

Everything follows from the histories of the services, so that the parts of the month fit together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import accumulate
from math import inf

import yaml

from sora_exporter.config.known_pages import builtin_pages
from sora_exporter.demo.history import ServiceHistory, is_available
from sora_exporter.demo.series import SPARSE_SECONDS, Series, sparse
from sora_exporter.evidence.histogram import GENERATION_BUCKETS
from sora_exporter.result import SEVERITY, Depth, ErrorClass, ProbeKind, Status

PAID_EVERY = 6 * 3600
"""Seconds between two generated videos."""
PAID_SECONDS = 4
"""The length of a video that is paid for by the second."""
BUDGET_USD = 8.0
TOP_UP_USD, LEFT_USD, LOW_USD = 120.0, 100.0, 10.0
"""A balance that falls to half of what counts as low is topped up; the simulator's accounts begin with what is left."""
LATE_SECONDS = 1800
"""An official page shows a fault so late, and its end so late."""
PHASES: Mapping[str, Mapping[str, float]] = {
    "catalog": {"connect": 0.02, "tls": 0.05, "processing": 0.7, "transfer": 0.03},
    "canary": {"connect": 0.02, "tls": 0.05, "processing": 0.9, "transfer": 0.01},
    "generate": {"submit": 1.5, "queue": 9.0, "render": 42.0, "download": 3.0},
}
"""Shares of an attempt's phases; of a job's in seconds."""
INDICATOR_OF: Mapping[Status, str] = {
    Status.DEGRADED: "minor", Status.MAINTENANCE: "maintenance", Status.SUSPENDED: "major",
}  # fmt: skip
COMPONENT_OF: Mapping[Status, str] = {
    Status.DEGRADED: "degraded_performance",
    Status.MAINTENANCE: "under_maintenance",
    Status.SUSPENDED: "major_outage",
}
ALERT_OF: Mapping[Status, tuple[str, str]] = {
    Status.SUSPENDED: ("SoraServiceSuspended", "critical"),
    Status.RISK_CONTROL: ("SoraServiceRiskControl", "warning"),
    Status.DEGRADED: ("SoraServiceDegraded", "warning"),
}
APPLICATION: Mapping[str, str] = {"instance": "127.0.0.1:8000", "job": "application"}


def surroundings(histories: Sequence[ServiceHistory], target: Mapping[str, str]) -> Iterator[Series]:
    """Yield everything of the month beside the services' own minutes, a sample every five minutes."""
    first = histories[0]
    times = [first.times[index] for index in sparse(first)]
    for page, services in _covered(histories).items():
        yield from _page(page, services, first.times, target)
    for history in histories:
        yield from _proofs(history, times, target)
        yield from _phases(history, times, target)
        yield from _alerts(history, times)
    yield from _paid([history for history in histories if _is_paid(history)], times, target)
    yield from _applications(histories, times)
    yield from _routes(histories, times)


def _is_paid(history: ServiceHistory) -> bool:
    return history.service.price_unit == "second"


def _covered(histories: Sequence[ServiceHistory]) -> Mapping[str, Sequence[tuple[ServiceHistory, str]]]:
    """Return the services that each official page covers, with the id of the component, as configured."""
    text = resources.files("sora_exporter.config").joinpath("builtin.yml").read_text("utf-8")
    named = {one["id"]: one.get("status_page") for one in yaml.safe_load(text)["services"]}
    pages: dict[str, list[tuple[ServiceHistory, str]]] = {}
    for history in histories:
        if place := named.get(history.service.id):
            pages.setdefault(place["page"], []).append((history, place["component"]))
    return pages


def _page(
    page: str, services: Sequence[tuple[ServiceHistory, str]], times: Sequence[int], target: Mapping[str, str]
) -> Iterator[Series]:
    labels = {"page": page, **target}
    shown = [_worst([_status(history, time - LATE_SECONDS) for history, _ in services]) for time in times]
    yield _constant("sora_status_page_up", labels, times, 1)
    yield _each("sora_status_page_last_fetch_timestamp_seconds", labels, times, lambda index: times[index] - 20)
    for indicator in ("none", *INDICATOR_OF.values()):
        holds = [int(INDICATOR_OF.get(status, "none") == indicator) for status in shown]
        yield Series("sora_status_page_indicator", {**labels, "indicator": indicator}, times, holds)
    for impact in ("minor", "major"):
        open_now = [int(INDICATOR_OF.get(status) == impact) for status in shown]
        yield Series("sora_status_page_open_incidents", {**labels, "impact": impact}, times, open_now)
    for moment, ahead in (("start", 86400), ("end", 90000)):
        name = f"sora_status_page_maintenance_{moment}_timestamp_seconds"
        yield _constant(name, labels, times, times[-1] + ahead)
    known, affected = builtin_pages()[page], {component for _, component in services}
    for component in known.components:
        named = {"component": component, "name": known.names[component]}
        yield _constant("sora_status_page_component_info", {**labels, **named}, times, 1)
        says = [COMPONENT_OF.get(status, "operational") if component in affected else "operational" for status in shown]
        for state in ("operational", *COMPONENT_OF.values()):
            place = {**labels, "component": component, "status": state}
            yield Series("sora_status_page_component_status", place, times, [int(said == state) for said in says])
    for history, component in services:
        own = {"service_id": history.service.id}
        info = {**labels, **own, "component": component}
        yield _constant("sora_service_status_page_component_info", info, times, 1)
        usable = [_status(history, time) is Status.OPERATIONAL for time in times]
        name = "service_id:sora_service_page_disagreement:bool"
        for side, disagrees in (
            ("page_says_operational", lambda good, status: status not in COMPONENT_OF and not good),
            ("page_says_outage", lambda good, status: status is Status.SUSPENDED and good),
        ):
            values = [int(disagrees(good, status)) for good, status in zip(usable, shown, strict=True)]
            yield Series(name, {**own, "side": side}, times, values)


def _proofs(history: ServiceHistory, times: Sequence[int], target: Mapping[str, str]) -> Iterator[Series]:
    reached = list(Depth) if _is_paid(history) else [d for d in Depth if d.rank <= Depth.ROUTED.rank]
    if history.service.access == "reverse":
        reached = [depth for depth in reached if depth.rank <= Depth.OFFERED.rank]
    answered = _last(times, [is_available(_class(history, time)) for time in times])
    delivered = _last(times, [_pays_at(time) and is_available(_class(history, time)) for time in times])
    for depth in reached:
        last = delivered if depth.rank >= Depth.ACCEPTED.rank else answered
        labels = {"service_id": history.service.id, "depth": str(depth)}
        kept = [(time, value) for time, value in zip(times, last, strict=True) if value]
        for name, extra in (
            ("sora_service_proven_timestamp_seconds", target),
            ("service_id_depth:sora_service_proven_timestamp_seconds:max", {}),
        ):
            yield Series(name, {**labels, **extra}, [time for time, _ in kept], [value for _, value in kept])


def _phases(history: ServiceHistory, times: Sequence[int], target: Mapping[str, str]) -> Iterator[Series]:
    for probe in (ProbeKind.CATALOG, ProbeKind.CANARY):
        labels = {"service_id": history.service.id, "probe": str(probe), **target}
        answers = [(time, seconds) for time in times if (seconds := _response(history, time)) is not None]
        whole = sum(PHASES[probe].values())
        for phase, share in PHASES[probe].items():
            values = [round(seconds * share / whole, 4) for _, seconds in answers]
            yield Series("sora_probe_phase_seconds", {**labels, "phase": phase}, [time for time, _ in answers], values)
        code = 200 if probe is ProbeKind.CATALOG else 400
        codes = [code if _response(history, time) is not None else 503 for time in times]
        yield Series("sora_probe_http_status_code", labels, times, codes)


def _alerts(history: ServiceHistory, times: Sequence[int]) -> Iterator[Series]:
    service = history.service
    common = {"service_id": service.id, **service.labels}
    for status, (name, severity) in ALERT_OF.items():
        alert = {"alertname": name, "severity": severity, **common}
        firing = [time for time in times if _status(history, time) is status and _status(history, time - 120) is status]
        if firing:
            yield Series("ALERTS", {**alert, "alertstate": "firing"}, firing, [1] * len(firing))
            yield Series("ALERTS_FOR_STATE", alert, firing, _begins(firing))
    changes = [
        (time, SEVERITY[now] - 1)
        for time in times
        if (now := _status(history, time)) is not _status(history, time - 300) and now is not Status.UNKNOWN
    ]
    if changes:
        codes = [code for _, code in changes]
        labels = {"service_id": service.id}
        yield Series("service_id:sora_service_changed_to:severity", labels, [time for time, _ in changes], codes)


@dataclass(frozen=True, slots=True)
class _Job:
    """One generated video: the moment of its order, its cost in USD, and the seconds it took (0 if it failed)."""

    time: int
    usd: float
    seconds: float


def _paid(histories: Sequence[ServiceHistory], times: Sequence[int], target: Mapping[str, str]) -> Iterator[Series]:
    spent = [0.0] * len(times)
    for history in histories:
        jobs = [_order(history, time) for time in times if _pays_at(time)]
        bought = _running(times, [(job.time, job.usd) for job in jobs])
        spent = [before + more for before, more in zip(spent, bought, strict=True)]
        yield from _generated(history, jobs, times, target)
        yield Series("sora_probe_cost_usd_total", {"service_id": history.service.id, **target}, times, bought)
    before: dict[int, float] = {}
    for time, total in zip(times, [0.0, *spent], strict=False):
        before.setdefault(time // 86400, total)
    today = [round(total - before[time // 86400], 4) for time, total in zip(times, spent, strict=True)]
    yield Series("sora_probe_budget_spent_usd", target, times, today)
    yield _constant("sora_probe_budget_usd", target, times, BUDGET_USD)
    purse = {"provider": histories[0].service.provider, "unit": "USD", **target}
    least = LOW_USD / 2
    left = [round(least + (LEFT_USD - least + 2 * (spent[-1] - total)) % (TOP_UP_USD - least), 2) for total in spent]
    yield Series("sora_provider_balance", purse, times, left)
    yield _constant("sora_provider_balance_low", purse, times, LOW_USD)
    reader = {"provider": histories[0].service.provider, **target}
    name = "sora_provider_balance_last_success_timestamp_seconds"
    yield _each(name, reader, times, lambda index: times[index] - 60)


def _generated(
    history: ServiceHistory, jobs: Sequence[_Job], times: Sequence[int], target: Mapping[str, str]
) -> Iterator[Series]:
    service = {"service_id": history.service.id, **target}
    probe = {**service, "probe": str(ProbeKind.GENERATE)}
    done = [job for job in jobs if job.seconds]
    yield Series("sora_probe_attempts_total", probe, times, _running(times, [(job.time, 1) for job in jobs]))
    failed = [(job.time, 1) for job in jobs if not job.seconds]
    failures = {**probe, "error_class": str(ErrorClass.GENERATION_TIMEOUT)}
    yield Series("sora_probe_failures_total", failures, times, _running(times, failed))
    began = _last(times, [_pays_at(time) for time in times])
    kept = [(time, value) for time, value in zip(times, began, strict=True) if value]
    name = "sora_probe_last_attempt_timestamp_seconds"
    yield Series(name, probe, [time for time, _ in kept], [value for _, value in kept])
    success = {job.time: int(bool(job.seconds)) for job in jobs}
    yield Series("sora_probe_success", probe, [time for time, _ in kept], [success[value] for _, value in kept])
    yield _constant("sora_probe_interval_seconds", probe, times, PAID_EVERY)
    for phase, seconds in PHASES["generate"].items():
        slower = [round(seconds * (1 + (value // PAID_EVERY % 5) / 10), 2) for _, value in kept]
        yield Series("sora_probe_phase_seconds", {**probe, "phase": phase}, [time for time, _ in kept], slower)
    for bound in (*GENERATION_BUCKETS, inf):
        within = [(job.time, 1) for job in done if job.seconds <= bound]
        le = "+Inf" if bound == inf else str(bound)
        yield Series("sora_generation_seconds_bucket", {**service, "le": le}, times, _running(times, within))


def _pays_at(time: int) -> bool:
    return time % PAID_EVERY < 300


def _order(history: ServiceHistory, time: int) -> _Job:
    good = is_available(_class(history, time)) and time // PAID_EVERY % 17 != 3
    seconds = sum(PHASES["generate"].values()) * (0.7 + (time // PAID_EVERY) % 11 / 8) if good else 0
    return _Job(time, history.service.price_usd * PAID_SECONDS if good else 0, seconds)


def _applications(histories: Sequence[ServiceHistory], times: Sequence[int]) -> Iterator[Series]:
    """Yield the requests of an application that uses the official routes and goes on to the reverse ones."""
    by_product: dict[str, list[ServiceHistory]] = {}
    for history in histories:
        by_product.setdefault(history.service.product, []).append(history)
    for first, *others in by_product.values():
        orders = [3 + (time // 3600 % 24) // 4 for time in times]
        refused = [n if not is_available(_class(first, time)) else 0 for n, time in zip(orders, times, strict=True)]
        yield from _requests(first, times, orders)
        if others:
            yield from _requests(others[0], times, refused)
            routes = {"from_service_id": first.service.id, "to_service_id": others[0].service.id}
            yield Series("sora_client_fallbacks_total", {**routes, **APPLICATION}, times, list(accumulate(refused)))


def _requests(history: ServiceHistory, times: Sequence[int], orders: Sequence[int]) -> Iterator[Series]:
    labels = {"service_id": history.service.id}
    classes = [_class(history, time) for time in times]
    outcomes = ["success" if is_available(one) else one.value for one in classes]
    for outcome in sorted(set(outcomes)):
        counted = [n * (one == outcome) for n, one in zip(orders, outcomes, strict=True)]
        series = {**labels, "outcome": outcome, **APPLICATION}
        yield Series("sora_client_requests_total", series, times, list(accumulate(counted)))
    good = [0, *accumulate(n * is_available(one) for n, one in zip(orders, classes, strict=True))]
    every = [0, *accumulate(n * (one.status is not Status.UNKNOWN) for n, one in zip(orders, classes, strict=True))]
    ratios = []
    for index, time in enumerate(times, start=1):
        before = max(0, index - 288)
        if every[index] > every[before]:
            ratios.append((time, round((good[index] - good[before]) / (every[index] - every[before]), 4)))
    name = "service_id:sora_service_traffic_availability:ratio24h"
    yield Series(name, labels, [time for time, _ in ratios], [value for _, value in ratios])


def _routes(histories: Sequence[ServiceHistory], times: Sequence[int]) -> Iterator[Series]:
    """Yield the routes of each product: those that work, and the one to use: the most available of the month."""
    by_product: dict[str, list[ServiceHistory]] = {}
    for history in sorted(histories, key=lambda one: -one.availability):
        by_product.setdefault(history.service.product, []).append(history)
    for product, routes in by_product.items():
        working = [[one for one in routes if is_available(_class(one, time))] for time in times]
        yield _constant("product:sora_product_routes:count", {"product": product}, times, len(routes))
        counts = [len(found) for found in working]
        yield Series("product:sora_product_routes_available:sum", {"product": product}, times, counts)
        for one in routes:
            labels = {"product": product, "service_id": one.service.id}
            chosen = [int(found[:1] == [one]) for found in working]
            yield Series("product_service_id:sora_service_recommended:bool", labels, times, chosen)


def _class(history: ServiceHistory, time: int) -> ErrorClass:
    return history.minutes[max(0, min((time - history.start) // 60, len(history.minutes) - 1))]


def _status(history: ServiceHistory, time: int) -> Status:
    return _class(history, time).status


def _response(history: ServiceHistory, time: int) -> float | None:
    return history.responses[(time - history.start) // 60] if is_available(_class(history, time)) else None


def _worst(statuses: Sequence[Status]) -> Status:
    return max(statuses, key=SEVERITY.__getitem__)


def _last(times: Sequence[int], holds: Sequence[bool]) -> list[int]:
    """Return for each time the latest one until then at which ``holds``; 0 before the first."""
    return list(accumulate((time * held for time, held in zip(times, holds, strict=True)), max))


def _running(times: Sequence[int], events: Sequence[tuple[int, float]]) -> list[float]:
    """Return the total of the events' amounts up to each time."""
    amounts = dict(events)
    return [round(total, 4) for total in accumulate(amounts.get(time, 0) for time in times)]


def _begins(times: Sequence[int]) -> list[int]:
    """Return for each time the first one of its unbroken run."""
    begins: list[int] = []
    for before, time in zip([0, *times], times, strict=False):
        begins.append(begins[-1] if time - before <= SPARSE_SECONDS else time)
    return begins


def _constant(name: str, labels: Mapping[str, str], times: Sequence[int], value: float) -> Series:
    return Series(name, labels, times, [value] * len(times))


def _each(name: str, labels: Mapping[str, str], times: Sequence[int], value: Callable[[int], float]) -> Series:
    return Series(name, labels, times, [value(index) for index in range(len(times))])
