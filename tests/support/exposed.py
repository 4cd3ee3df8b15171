"""A source of samples over its own state, for tests of /metrics and of metric names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from prometheus_client.metrics_core import Metric

from sora_exporter.config import Config
from sora_exporter.evidence.state import State
from sora_exporter.metrics.collect import (
    ExporterFacts,
    balance_subject,
    exporter_subject,
    page_subject,
    service_subject,
)
from sora_exporter.metrics.families import FAMILIES
from sora_exporter.metrics.samples import Subject
from sora_exporter.result import BalanceReading, Depth, ErrorClass, ProbeKind
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Indicator, PageReport
from sora_exporter.status_pages.poller import PageState
from support.clock import HandClock
from support.watched import NOW, config, result, service

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
DEEP = {
    "catalog": {"interval": "1m", "timeout": "10s"},
    "generate": {"interval": "6h", "timeout": "10m"},
}
REPORT = PageReport(
    indicator=Indicator.MINOR,
    components={"Video": ComponentStatus.PARTIAL_OUTAGE},
    open_incidents={Impact.MINOR: 1},
    maintenance_start=NOW,
    maintenance_end=NOW + 60,
)


class Source:
    """A source over a state, with everything else in plain sight."""

    def __init__(self, known: Config, clock: HandClock | None = None) -> None:
        self.clock = clock or HandClock()
        self.state = State(self.clock)
        self.state.configure(known)
        self.pages: dict[str, PageState] = {}
        self.costs: dict[str, float] = {}
        self.facts = ExporterFacts(1.0, 0.5, True, NOW, 0, {"relay": NOW}, {"relay": 1}, {"relay": 0})
        self._listeners: list[Callable[[str], None]] = []

    def subjects(self) -> Iterator[Subject]:
        yield exporter_subject(self.facts)
        for service_id in self.state.services:
            subject = self.subject(service_id)
            assert subject is not None
            yield subject
        for name, balance in self.state.balances.items():
            yield balance_subject(name, balance)
        for name, page in self.pages.items():
            yield page_subject(name, page)

    def subject(self, service_id: str) -> Subject | None:
        track = self.state.services.get(service_id)
        if track is None:
            return None
        return service_subject(track, self.state.status_of(service_id), self.costs.get(service_id, 0.0))

    def collect(self) -> Iterator[Metric]:
        """Yield every family with its samples, made anew: a collector for the client library."""
        made = [part.make().by_family for subject in self.subjects() for part in subject.parts()]
        for family, declared in FAMILIES.items():
            metric = Metric(family, declared.help, declared.type)
            for name, labels, value in (sample for samples in made for sample in samples.get(family, ())):
                metric.add_sample(name, dict(labels), value)
            if metric.samples:
                yield metric

    def listen(self, listener: Callable[[str], None]) -> None:
        self._listeners.append(listener)

    def record(self, *arguments: Any, **facts: Any) -> None:
        """Record a result, and say so the way the exporter does."""
        found = result(*arguments, **facts)
        self.state.record(found)
        for listener in self._listeners:
            listener(found.service_id)


def whole(name: str = "", component: str = "Video") -> Source:
    """Return a source in which every family has a sample."""
    sections = [
        service("alpha", name=name, model=name or "m", price_usd={"per_second": 0.1}, objective=99.9, probes=DEEP,
                sunset="2026-09-24", status_page={"page": "official", "component": name or component}),
        service("beta", price_usd={"per_request": 0.1}),
    ]  # fmt: skip
    pages = {"official": {"url": "https://p.example", "format": "statuspage"}}
    named = {"read": {"base_url": "https://read.example/v1", "balance": "new-api"}}
    source = Source(config(*sections, status_pages=pages, providers=named))
    source.state.note_balance("read", BalanceReading(ErrorClass.NONE, NOW, 12.5, "USD"))
    components = {component: ComponentStatus.OPERATIONAL}
    source.pages["official"] = PageState(True, NOW, NOW, replace(REPORT, components=components))
    phases = dict.fromkeys(("resolve", "connect", "tls", "processing", "transfer", "submit", "queue"), 0.1)
    source.record(
        probe=ProbeKind.GENERATE,
        generation_seconds=42.0,
        response_seconds=1.0,
        phases=phases,
        http_status=200,
        depth=Depth.DELIVERED,
    )
    source.record(ErrorClass.RISK_CONTROL, service_id="beta")
    return source
