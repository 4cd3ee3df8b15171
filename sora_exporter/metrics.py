"""Every metric family, declared once, and the collector that reads them off the state. Nothing here probes."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final, Protocol

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sora_exporter import __version__
from sora_exporter.result import JOB_PHASES, PHASES, ErrorClass, ProbeKind, Status
from sora_exporter.state import Distribution, ProbeTrack, ServiceTrack, Verdicts
from sora_exporter.status_pages.page import ComponentStatus, Impact, Indicator
from sora_exporter.status_pages.poller import PageState

Labels = Mapping[str, str]

FAILURE_CLASSES: Final = tuple(sorted(set(ErrorClass) - {ErrorClass.NONE, ErrorClass.SLOW}))

# name -> (type, help). The order is the order of the exposition.
FAMILIES: Final[Mapping[str, tuple[str, str]]] = {
    "sora_service": ("info", "A configured service: one way to reach one model."),
    "sora_service_status": ("gauge", "1 for the current status of the service, 0 for the others. Cached evidence."),
    "sora_service_up": (
        "gauge",
        "1 if the latest evidence got what it asked for, 0 if not; absent while unknown or retired. Cached evidence.",
    ),
    "sora_service_error": ("gauge", "1 for the error class behind the current status. Cached evidence."),
    "sora_service_response_time_seconds": (
        "gauge",
        "Time to the first complete answer of the last attempt; absent when it got none. Cached.",
    ),
    "sora_service_status_since_timestamp_seconds": ("gauge", "When the current status began."),
    "sora_service_objective_ratio": ("gauge", "Configured availability objective."),
    "sora_service_price_usd": ("gauge", "Configured price per unit."),
    "sora_service_sunset_timestamp_seconds": ("gauge", "Announced end of life."),
    "sora_service_status_page_component": ("info", "The component of an official page that speaks of the service."),
    "sora_probe_success": ("gauge", "Whether the last attempt got what it asked for. Cached."),
    "sora_probe_duration_seconds": ("histogram", "Duration of all attempts."),
    "sora_probe_phase_seconds": ("gauge", "Duration of each phase of the last attempt. Cached."),
    "sora_probe_http_status_code": ("gauge", "HTTP status of the last attempt, 0 when no answer came. Cached."),
    "sora_probe_attempts": ("counter", "Attempts."),
    "sora_probe_failures": ("counter", "Attempts that did not get what they asked for, by error class."),
    "sora_probe_last_attempt_timestamp_seconds": ("gauge", "When the last attempt began."),
    "sora_probe_interval_seconds": ("gauge", "Configured interval of the probe."),
    "sora_generation_seconds": ("histogram", "Time from the create request to the finished video."),
    "sora_probe_cost_usd": ("counter", "Money spent by probes."),
    "sora_probe_tls_expiry_timestamp_seconds": ("gauge", "Earliest certificate expiry seen at the provider. Cached."),
    "sora_probe_budget_usd": ("gauge", "Limit of today's (UTC) spend on probes."),
    "sora_probe_budget_spent_usd": ("gauge", "Today's (UTC) spend on probes, reservations included."),
    "sora_status_page_up": ("gauge", "Whether the last fetch of the official page worked. Cached."),
    "sora_status_page_last_fetch_timestamp_seconds": ("gauge", "When the official page was last fetched."),
    "sora_status_page_indicator": ("gauge", "1 for the page's overall indicator, 0 for the others. Cached."),
    "sora_status_page_component_status": ("gauge", "1 for the component's status, 0 for the others. Cached."),
    "sora_status_page_open_incidents": ("gauge", "Open incidents on the page by impact. Cached."),
    "sora_status_page_maintenance_start_timestamp_seconds": (
        "gauge",
        "Start of the running or next maintenance. Cached.",
    ),
    "sora_status_page_maintenance_end_timestamp_seconds": ("gauge", "End of the running or next maintenance. Cached."),
    "sora_exporter_build": ("info", "Version of the exporter, of Python and of the OpenAI SDK."),
    "sora_exporter_config_last_reload_successful": ("gauge", "Whether the last reload of the configuration worked."),
    "sora_exporter_config_last_reload_success_timestamp_seconds": (
        "gauge",
        "When the configuration was last loaded well.",
    ),
    "sora_exporter_probes_in_flight": ("gauge", "Probes running now."),
}


class Chunk:
    """Metrics of one thing, by family; a collector by itself, so that the client library can render it alone."""

    def __init__(self) -> None:
        self.metrics: dict[str, Metric] = {}
        self.rendered: dict[str, Mapping[str, tuple[bytes, bytes]]] = {}
        """Its text by content type and family; a chunk does not change any more once it is shown."""

    def add(self, family: str, value: float | None, labels: Labels | None = None, suffix: str = "") -> None:
        """Add one sample; None is not measured and adds nothing."""
        if value is None:
            return
        metric = self.metrics.get(family)
        if metric is None:
            kind, text = FAMILIES[family]
            metric = self.metrics[family] = Metric(family, text, kind)
        metric.add_sample(family + suffix, dict(labels or {}), float(value))

    def add_set(self, family: str, label: str, values: Iterable[str], current: str, labels: Labels) -> None:
        """Add a closed set whole: 1 for the current member, 0 for the others."""
        for value in values:
            self.add(family, float(value == current), {**labels, label: value})

    def add_histogram(self, family: str, distribution: Distribution, labels: Labels) -> None:
        """Add a histogram's buckets, count and sum."""
        count = 0.0
        for bound, count in distribution.cumulative():
            self.add(family, count, {**labels, "le": bound}, "_bucket")
        self.add(family, count, labels, "_count")
        self.add(family, distribution.sum, labels, "_sum")

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics, in the order they were added."""
        yield from self.metrics.values()


def service_chunk(track: ServiceTrack, verdict: Verdicts, cost_usd: float) -> Chunk:
    """Return what is told of a service as a whole."""
    chunk, service = Chunk(), track.service
    labels = {"service_id": service.id}
    facts = {key: getattr(service, key) for key in ("product", "access", "provider", "model", "api")}
    chunk.add("sora_service", 1.0, {**labels, "name": service.title, **facts}, "_info")
    chunk.add_set("sora_service_status", "status", Status, verdict.status, labels)
    chunk.add("sora_service_up", verdict.up, labels)
    chunk.add("sora_service_error", 1.0, {**labels, "error_class": verdict.error_class})
    chunk.add("sora_service_response_time_seconds", track.latest.response_seconds if track.latest else None, labels)
    chunk.add("sora_service_status_since_timestamp_seconds", verdict.since, labels)
    chunk.add("sora_service_objective_ratio", service.objective / 100 if service.objective else None, labels)
    if service.price_usd is not None:
        chunk.add("sora_service_price_usd", service.price_usd.per_second, {**labels, "unit": "second"})
        chunk.add("sora_service_price_usd", service.price_usd.per_request, {**labels, "unit": "request"})
    chunk.add("sora_service_sunset_timestamp_seconds", track.sunset_at, labels)
    if service.status_page is not None:
        page = {"page": service.status_page.page, "component": service.status_page.component}
        chunk.add("sora_service_status_page_component", 1.0, {**labels, **page}, "_info")
    if ProbeKind.GENERATE in track.probes:
        chunk.add_histogram("sora_generation_seconds", track.generations, labels)
    chunk.add("sora_probe_cost_usd", cost_usd, labels, "_total")
    return chunk


def probe_chunk(service_id: str, probe: ProbeKind, track: ProbeTrack) -> Chunk:
    """Return what is told of one probe of a service; counters and buckets stand at 0 before the first attempt."""
    chunk, latest = Chunk(), track.latest
    labels = {"service_id": service_id, "probe": probe.value}
    chunk.add_histogram("sora_probe_duration_seconds", track.durations, labels)
    chunk.add("sora_probe_attempts", track.attempts, labels, "_total")
    for error_class in FAILURE_CLASSES:
        value = float(track.failures[error_class])
        chunk.add("sora_probe_failures", value, {**labels, "error_class": error_class}, "_total")
    chunk.add("sora_probe_interval_seconds", track.interval, labels)
    if latest is not None:
        chunk.add("sora_probe_success", float(latest.is_success), labels)
        for phase in (*PHASES, *JOB_PHASES):
            chunk.add("sora_probe_phase_seconds", latest.phases.get(phase), {**labels, "phase": phase})
        chunk.add("sora_probe_http_status_code", float(latest.http_status or 0), labels)
        chunk.add("sora_probe_last_attempt_timestamp_seconds", latest.started_at, labels)
    return chunk


def page_chunk(name: str, page: PageState) -> Chunk:
    """Return what is told of an official page; what was not measured is left out."""
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


def exporter_chunk(facts: ExporterFacts) -> Chunk:
    """Return what is told of the exporter itself."""
    chunk = Chunk()
    for provider, expires_at in sorted(facts.tls_expires_at.items()):
        chunk.add("sora_probe_tls_expiry_timestamp_seconds", expires_at, {"provider": provider})
    chunk.add("sora_probe_budget_usd", facts.budget_usd)
    chunk.add("sora_probe_budget_spent_usd", facts.spent_usd)
    build = {"version": __version__, "python_version": platform.python_version(), "openai_version": version("openai")}
    chunk.add("sora_exporter_build", 1.0, build, "_info")
    chunk.add("sora_exporter_config_last_reload_successful", float(facts.reload_successful))
    chunk.add("sora_exporter_config_last_reload_success_timestamp_seconds", facts.reloaded_at)
    chunk.add("sora_exporter_probes_in_flight", facts.probes_in_flight)
    return chunk


class Source(Protocol):
    """Whoever has the chunks of this moment."""

    def chunks(self) -> Iterable[Chunk]:
        """Return every chunk there is to tell, in a fixed order."""


class SoraCollector(Collector):
    """The one custom collector: merges the chunks of a moment into whole families."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def collect(self) -> Iterator[Metric]:
        """Yield each family once, in the order of FAMILIES; a family nobody tells is left out."""
        merged: dict[str, Metric] = {}
        for chunk in self._source.chunks():
            for family, metric in chunk.metrics.items():
                if family not in merged:
                    merged[family] = Metric(family, metric.documentation, metric.type)
                merged[family].samples.extend(metric.samples)
        yield from (merged[family] for family in FAMILIES if family in merged)
