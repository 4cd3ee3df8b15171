"""The state as samples: one subject for each service and official page, and one for the exporter."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.metadata import version
from typing import Final

from sora_exporter import __version__
from sora_exporter.config import Service
from sora_exporter.evidence.balance import BalanceTrack
from sora_exporter.evidence.track import ProbeTrack, ServiceStatus, ServiceTrack
from sora_exporter.metrics.samples import Labels, Part, Samples, Subject
from sora_exporter.result import JOB_PHASES, PHASES, SUCCESSES, Depth, ErrorClass, ProbeKind, Status
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Indicator
from sora_exporter.status_pages.poller import PageState

FAULTY: Final = frozenset({Status.DEGRADED, Status.RISK_CONTROL, Status.SUSPENDED})
FAULTS: Final = frozenset(found for found in ErrorClass if found.status in FAULTY) - SUCCESSES
"""The failures that are counted from 0: the service's own and unannounced ones. Others appear once there is one."""
JOB_FAULTS: Final = frozenset({ErrorClass.GENERATION_FAILED, ErrorClass.GENERATION_TIMEOUT})
"""Those among them that only a probe with a job can meet."""


def service_subject(track: ServiceTrack, status: ServiceStatus, cost_usd: float) -> Subject:
    """Return the subject of a service and its probes. The cost is in USD."""
    version = track, track.revision, status, cost_usd
    return Subject(f"service {track.service.id}", version, partial(_service, track, status, cost_usd))


def _service(track: ServiceTrack, status: ServiceStatus, cost_usd: float) -> tuple[Part, ...]:
    """Return the parts of a service. One attempt changes few of them, and the others need not be written again."""
    shown = status.status, status.error_class, status.since
    return (
        Part((track.service,), partial(_facts, track.service)),
        Part(shown, partial(_status, track.service.id, status)),
        Part((track, track.revision, cost_usd), partial(_evidence, track, cost_usd)),
        *(part for kind, probe in track.probes.items() for part in _probe(track.service.id, kind, probe)),
    )


def _status(service_id: str, status: ServiceStatus) -> Samples:
    samples, labels = Samples(), {"service_id": service_id}
    samples.add_set("sora_service_status", "status", Status, status.status, labels)
    samples.add("sora_service_up", status.up, labels)
    samples.add("sora_service_error", 1.0, {**labels, "error_class": status.error_class})
    samples.add("sora_service_status_since_timestamp_seconds", status.since, labels)
    return samples


def _evidence(track: ServiceTrack, cost_usd: float) -> Samples:
    samples, labels = Samples(), {"service_id": track.service.id}
    for depth in Depth:
        proven_at = track.proven.get(depth)
        samples.add("sora_service_proven_timestamp_seconds", proven_at, {**labels, "depth": depth.value})
    samples.add("sora_service_sunset_timestamp_seconds", track.sunset_at, labels)
    samples.add("sora_probe_cost_usd", cost_usd, labels, "_total")
    if track.latest is not None:
        samples.add("sora_service_response_time_seconds", track.latest.response_seconds, labels)
    if ProbeKind.GENERATE in track.probes:
        samples.add_histogram("sora_generation_seconds", track.generations, labels)
    return samples


def _facts(service: Service) -> Samples:
    samples, labels = Samples(), {"service_id": service.id}
    facts = {key: getattr(service, key) for key in ("product", "access", "provider", "model", "api")}
    samples.add("sora_service", 1.0, {**labels, "name": service.title, **facts}, "_info")
    samples.add("sora_service_objective_ratio", _ratio(service.objective), labels)
    if service.price_usd is not None:
        samples.add("sora_service_price_usd", service.price_usd.per_second, {**labels, "unit": "second"})
        samples.add("sora_service_price_usd", service.price_usd.per_request, {**labels, "unit": "request"})
    if service.status_page is not None:
        page = {"page": service.status_page.page, "component": service.status_page.component}
        samples.add("sora_service_status_page_component", 1.0, {**labels, **page}, "_info")
    return samples


def _ratio(percent: float | None) -> float | None:
    return round(percent / 100, 12) if percent else None


def _probe(service_id: str, kind: ProbeKind, track: ProbeTrack) -> tuple[Part, Part]:
    """Return the parts of a probe; its counters and buckets are 0 before its first attempt."""
    labels, interval = {"service_id": service_id, "probe": kind.value}, track.interval if track.is_configured else None
    faults = FAULTS if kind.is_paid else FAULTS - JOB_FAULTS
    return (
        Part((track, track.failed_attempts), partial(_failures, track, faults, labels)),
        Part((track, track.attempts, track.latest, interval), partial(_attempts, track, interval, labels)),
    )


def _failures(track: ProbeTrack, faults: Set[ErrorClass], labels: Labels) -> Samples:
    samples = Samples()
    for error_class in sorted(faults | track.failures.keys()):
        count = track.failures[error_class]
        samples.add("sora_probe_failures", count, {**labels, "error_class": error_class}, "_total")
    samples.add("sora_probe_unrecognised", track.unrecognised, labels, "_total")
    return samples


def _attempts(track: ProbeTrack, interval: float | None, labels: Labels) -> Samples:
    samples = Samples()
    samples.add_histogram("sora_probe_duration_seconds", track.durations, labels)
    samples.add("sora_probe_attempts", track.attempts, labels, "_total")
    samples.add("sora_probe_interval_seconds", interval, labels)
    if (latest := track.latest) is not None:
        samples.add("sora_probe_success", latest.is_success, labels)
        for phase in (*PHASES, *JOB_PHASES):
            samples.add("sora_probe_phase_seconds", latest.phases.get(phase), {**labels, "phase": phase})
        samples.add("sora_probe_http_status_code", latest.http_status or 0, labels)
        samples.add("sora_probe_last_attempt_timestamp_seconds", latest.started_at, labels)
    return samples


def balance_subject(name: str, track: BalanceTrack) -> Subject:
    """Return the subject of a provider's balance."""
    return Subject.whole(f"balance {name}", (track, track.revision), partial(_balance, name, track))


def _balance(name: str, track: BalanceTrack) -> Samples:
    """Add the last good reading; a failed one changes nothing."""
    samples = Samples()
    if track.good is not None:
        labels = {"provider": name, "unit": track.good.unit}
        samples.add("sora_provider_balance", track.good.value, labels)
        samples.add("sora_provider_balance_low", track.low, labels)
        samples.add("sora_provider_balance_last_success_timestamp_seconds", track.good.at, {"provider": name})
    return samples


def page_subject(name: str, page: PageState) -> Subject:
    """Return the subject of an official page."""
    return Subject.whole(f"page {name}", page, partial(_page, name, page))


def _page(name: str, page: PageState) -> Samples:
    samples, labels, report = Samples(), {"page": name}, page.report
    samples.add("sora_status_page_up", page.up, labels)
    samples.add("sora_status_page_last_fetch_timestamp_seconds", page.attempted_at, labels)
    if report is None:
        return samples
    if report.indicator is not None:
        samples.add_set("sora_status_page_indicator", "indicator", Indicator, report.indicator, labels)
    for component, status in sorted(report.components.items()):
        component_labels = {**labels, "component": component}
        name = report.component_names.get(component, component)
        samples.add("sora_status_page_component", 1.0, {**component_labels, "name": name}, "_info")
        samples.add_set("sora_status_page_component_status", "status", ComponentStatus, status, component_labels)
    for impact in Impact if report.open_incidents is not None else ():
        count = (report.open_incidents or {}).get(impact, 0)
        samples.add("sora_status_page_open_incidents", count, {**labels, "impact": impact})
    samples.add("sora_status_page_maintenance_start_timestamp_seconds", report.maintenance_start, labels)
    samples.add("sora_status_page_maintenance_end_timestamp_seconds", report.maintenance_end, labels)
    return samples


@dataclass(frozen=True)
class Sharing:
    """The exporter among those of its storage: ``exporters`` counts them, ``config`` is its configuration's digest.

    ``differs`` is set if another one has another configuration, or another number of shards.
    """

    is_up: bool = True
    exporters: int = 1
    shard: str = "1/1"
    config: str = ""
    differs: bool = False


@dataclass(frozen=True)
class ExporterFacts:
    """Facts about the exporter itself; money in USD, moments in Unix time.

    ``tls_expires_at``, ``jobs_pending`` and ``jobs_abandoned`` are by provider.
    """

    budget_usd: float
    spent_usd: float | None
    reload_successful: bool
    reloaded_at: float
    probes_in_flight: int
    tls_expires_at: Mapping[str, float]
    jobs_pending: Mapping[str, int]
    jobs_abandoned: Mapping[str, int]
    sharing: Sharing = field(default_factory=Sharing)


@cache
def _build() -> Labels:
    return {"version": __version__, "python_version": platform.python_version(), "openai_version": version("openai")}


def exporter_subject(facts: ExporterFacts) -> Subject:
    """Return the subject of the exporter itself."""
    return Subject.whole("exporter", facts, partial(_exporter, facts))


def _exporter(facts: ExporterFacts) -> Samples:
    samples, alone = Samples(), dict[str, str]()
    for provider, expires_at in sorted(facts.tls_expires_at.items()):
        samples.add("sora_probe_tls_expiry_timestamp_seconds", expires_at, {"provider": provider})
    samples.add("sora_probe_budget_usd", facts.budget_usd, alone)
    samples.add("sora_probe_budget_spent_usd", facts.spent_usd, alone)
    for provider, count in sorted(facts.jobs_pending.items()):
        samples.add("sora_probe_jobs_pending", count, {"provider": provider})
    for provider, count in sorted(facts.jobs_abandoned.items()):
        samples.add("sora_probe_jobs_abandoned", count, {"provider": provider}, "_total")
    samples.add("sora_exporter_build", 1.0, _build(), "_info")
    samples.add("sora_exporter_config_last_reload_successful", facts.reload_successful, alone)
    samples.add("sora_exporter_config_last_reload_success_timestamp_seconds", facts.reloaded_at, alone)
    samples.add("sora_exporter_probes_in_flight", facts.probes_in_flight, alone)
    sharing = facts.sharing
    samples.add("sora_exporter_storage_up", sharing.is_up, alone)
    samples.add("sora_exporter_storage_exporters", sharing.exporters, alone)
    samples.add("sora_exporter_shard", 1.0, {"shard": sharing.shard, "config_hash": sharing.config}, "_info")
    samples.add("sora_exporter_config_differs", sharing.differs, alone)
    return samples
