"""What is told of the state in metrics. Nothing here probes."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from typing import Final

from sora_exporter import __version__
from sora_exporter.config import Service
from sora_exporter.evidence.histogram import Distribution
from sora_exporter.evidence.track import ProbeTrack, ServiceStatus, ServiceTrack
from sora_exporter.metrics.families import FAMILIES
from sora_exporter.metrics.samples import Chunk, Labels, Part, Subject
from sora_exporter.result import JOB_PHASES, PHASES, ErrorClass, ProbeKind, Status
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Indicator
from sora_exporter.status_pages.poller import PageState

__all__ = ["FAMILIES", "ExporterFacts", "exporter_subject", "page_subject", "service_subject"]

FAILURE_CLASSES: Final = tuple(sorted(set(ErrorClass) - {ErrorClass.NONE, ErrorClass.SLOW}))


def service_subject(track: ServiceTrack, status: ServiceStatus, cost_usd: float) -> Subject:
    """Return everything told of a service and its probes. The cost is in USD."""
    version = track, track.revision, status, cost_usd
    return Subject(f"service {track.service.id}", version, partial(_service_parts, track, status, cost_usd))


def _service_parts(track: ServiceTrack, status: ServiceStatus, cost_usd: float) -> Iterator[Part]:
    service = track.service
    name = service.id
    yield Part("facts", name, service, partial(_facts, service))
    status_version = status.status, status.error_class, status.since, track.sunset_at, cost_usd
    yield Part("status", name, status_version, partial(_status, track, status, cost_usd))
    response_seconds = track.latest.response_seconds if track.latest else None
    yield Part("response", name, response_seconds, partial(_response, name, response_seconds))
    if ProbeKind.GENERATE in track.probes:
        generations = track.generations
        yield Part("generations", name, (generations, generations.count), partial(_generations, name, generations))
    for probe, probed in track.probes.items():
        subject, labels = (name, probe), {"service_id": name, "probe": probe.value}
        attempts_version = probed, probed.attempts, probed.interval, probed.is_configured
        yield Part("attempts", subject, attempts_version, partial(_attempts, labels, probed))
        yield Part("failures", subject, (probed, probed.failed_attempts), partial(_failures, labels, probed))


def _facts(service: Service) -> Chunk:
    chunk, labels = Chunk(), {"service_id": service.id}
    facts = {key: getattr(service, key) for key in ("product", "access", "provider", "model", "api")}
    chunk.add("sora_service", 1.0, {**labels, "name": service.title, **facts}, "_info")
    chunk.add("sora_service_objective_ratio", _ratio(service.objective), labels)
    if service.price_usd is not None:
        chunk.add("sora_service_price_usd", service.price_usd.per_second, {**labels, "unit": "second"})
        chunk.add("sora_service_price_usd", service.price_usd.per_request, {**labels, "unit": "request"})
    if service.status_page is not None:
        page = {"page": service.status_page.page, "component": service.status_page.component}
        chunk.add("sora_service_status_page_component", 1.0, {**labels, **page}, "_info")
    return chunk


def _ratio(percent: float | None) -> float | None:
    return round(percent / 100, 12) if percent else None


def _status(track: ServiceTrack, status: ServiceStatus, cost_usd: float) -> Chunk:
    chunk, labels = Chunk(), {"service_id": track.service.id}
    chunk.add_set("sora_service_status", "status", Status, status.status, labels)
    chunk.add("sora_service_up", status.up, labels)
    chunk.add("sora_service_error", 1.0, {**labels, "error_class": status.error_class})
    chunk.add("sora_service_status_since_timestamp_seconds", status.since, labels)
    chunk.add("sora_service_sunset_timestamp_seconds", track.sunset_at, labels)
    chunk.add("sora_probe_cost_usd", cost_usd, labels, "_total")
    return chunk


def _response(service_id: str, response_seconds: float | None) -> Chunk:
    chunk = Chunk()
    chunk.add("sora_service_response_time_seconds", response_seconds, {"service_id": service_id})
    return chunk


def _generations(service_id: str, generations: Distribution) -> Chunk:
    chunk = Chunk()
    chunk.add_histogram("sora_generation_seconds", generations, {"service_id": service_id})
    return chunk


def _attempts(labels: Labels, track: ProbeTrack) -> Chunk:
    """Return what every attempt changes; counters and buckets stand at 0 before the first one."""
    chunk, latest = Chunk(), track.latest
    chunk.add_histogram("sora_probe_duration_seconds", track.durations, labels)
    chunk.add("sora_probe_attempts", track.attempts, labels, "_total")
    chunk.add("sora_probe_interval_seconds", track.interval if track.is_configured else None, labels)
    if latest is not None:
        chunk.add("sora_probe_success", float(latest.is_success), labels)
        for phase in (*PHASES, *JOB_PHASES):
            chunk.add("sora_probe_phase_seconds", latest.phases.get(phase), {**labels, "phase": phase})
        chunk.add("sora_probe_http_status_code", float(latest.http_status or 0), labels)
        chunk.add("sora_probe_last_attempt_timestamp_seconds", latest.started_at, labels)
    return chunk


def _failures(labels: Labels, track: ProbeTrack) -> Chunk:
    chunk = Chunk()
    for error_class in FAILURE_CLASSES:
        value = float(track.failures[error_class])
        chunk.add("sora_probe_failures", value, {**labels, "error_class": error_class}, "_total")
    return chunk


def page_subject(name: str, page: PageState) -> Subject:
    """Return everything told of an official page."""
    return Subject(f"page {name}", page, lambda: [Part("page", name, page, partial(_page, name, page))])


def _page(name: str, page: PageState) -> Chunk:
    """Return what was measured; what was not is left out."""
    chunk, labels, report = Chunk(), {"page": name}, page.report
    chunk.add("sora_status_page_up", float(page.up), labels)
    chunk.add("sora_status_page_last_fetch_timestamp_seconds", page.attempted_at, labels)
    if report is None:
        return chunk
    if report.indicator is not None:
        chunk.add_set("sora_status_page_indicator", "indicator", Indicator, report.indicator, labels)
    for component, status in sorted(report.components.items()):
        component_labels = {**labels, "component": component}
        chunk.add_set("sora_status_page_component_status", "status", ComponentStatus, status, component_labels)
    for impact in Impact if report.open_incidents is not None else ():
        value = float((report.open_incidents or {}).get(impact, 0))
        chunk.add("sora_status_page_open_incidents", value, {**labels, "impact": impact})
    chunk.add("sora_status_page_maintenance_start_timestamp_seconds", report.maintenance_start, labels)
    chunk.add("sora_status_page_maintenance_end_timestamp_seconds", report.maintenance_end, labels)
    return chunk


@dataclass(frozen=True)
class ExporterFacts:
    """What the exporter tells of itself. ``tls_expires_at`` is per provider; money in USD, moments in Unix time."""

    budget_usd: float
    spent_usd: float | None
    reload_successful: bool
    reloaded_at: float
    probes_in_flight: int
    tls_expires_at: Mapping[str, float]


@cache
def _build() -> Labels:
    return {"version": __version__, "python_version": platform.python_version(), "openai_version": version("openai")}


def exporter_subject(facts: ExporterFacts) -> Subject:
    """Return everything told of the exporter itself."""
    return Subject("exporter", facts, lambda: [Part("exporter", "", facts, partial(_exporter, facts))])


def _exporter(facts: ExporterFacts) -> Chunk:
    chunk = Chunk()
    for provider, expires_at in sorted(facts.tls_expires_at.items()):
        chunk.add("sora_probe_tls_expiry_timestamp_seconds", expires_at, {"provider": provider})
    chunk.add("sora_probe_budget_usd", facts.budget_usd)
    chunk.add("sora_probe_budget_spent_usd", facts.spent_usd)
    chunk.add("sora_exporter_build", 1.0, _build(), "_info")
    chunk.add("sora_exporter_config_last_reload_successful", float(facts.reload_successful))
    chunk.add("sora_exporter_config_last_reload_success_timestamp_seconds", facts.reloaded_at)
    chunk.add("sora_exporter_probes_in_flight", facts.probes_in_flight)
    return chunk
