"""The client's own metrics, in the application's registry."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from itertools import permutations
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.metrics import MetricWrapperBase

from sora_exporter.config import Config
from sora_exporter.fallback.outcome import RouteAttempt
from sora_exporter.result import Depth, ErrorClass

BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
SUCCESS = "success"


class WithoutCreated(MetricWrapperBase):
    """A metric without the series ``_created``; the library's own switch would change the application's metrics too."""

    def collect(self) -> Iterable[Metric]:
        for metric in super().collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric


class PlainCounter(WithoutCreated, Counter):
    """A counter without ``_created``."""


class PlainHistogram(WithoutCreated, Histogram):
    """A histogram without ``_created``."""


class Families:
    """The metric families of one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = PlainCounter(
            "sora_client_requests",
            "Create requests by route and outcome.",
            ("service_id", "outcome"),
            registry=registry,
        )
        self.proven = Gauge(
            "sora_client_proven_timestamp_seconds",
            "When real traffic last proved each depth of a route.",
            ("service_id", "depth"),
            registry=registry,
            multiprocess_mode="max",
        )
        self.fallbacks = PlainCounter(
            "sora_client_fallbacks",
            "Times another route was tried after one failed.",
            ("from_service_id", "to_service_id"),
            registry=registry,
        )
        self.seconds = PlainHistogram(
            "sora_client_request_duration_seconds",
            "Time until a route accepted or refused.",
            ("service_id",),
            buckets=BUCKETS,
            registry=registry,
        )


_OF_REGISTRY: WeakKeyDictionary[CollectorRegistry, Families] = WeakKeyDictionary()
_LOCK = threading.Lock()


def families_of(registry: CollectorRegistry) -> Families:
    """Return the registry's families: every client of a process counts into the same ones."""
    with _LOCK:
        if registry not in _OF_REGISTRY:
            _OF_REGISTRY[registry] = Families(registry)
        return _OF_REGISTRY[registry]


class ClientMetrics:
    """Requests by outcome, changes of route, and response times; all start at 0, because rates need a first sample."""

    def __init__(self, registry: CollectorRegistry, config: Config) -> None:
        self._families = families_of(registry)
        for service in config.services:
            for outcome in (SUCCESS, *(error for error in ErrorClass if error is not ErrorClass.NONE)):
                self._families.requests.labels(service.id, str(outcome))
            self._families.seconds.labels(service.id)
        for one, other in permutations(config.services, 2):
            if one.product == other.product:
                self._families.fallbacks.labels(one.id, other.id)

    def count(self, attempt: RouteAttempt) -> None:
        """Count one create request."""
        outcome = SUCCESS if attempt.error_class is ErrorClass.NONE else attempt.error_class
        self._families.requests.labels(attempt.service_id, str(outcome)).inc()
        self._families.seconds.labels(attempt.service_id).observe(attempt.seconds)

    def proved(self, service_id: str, depth: Depth, at: float) -> None:
        """Note at a moment (Unix time) a proof of this depth, which is a proof of all shallower ones."""
        for shallower in Depth:
            if shallower.rank <= depth.rank:
                self._families.proven.labels(service_id, str(shallower)).set(at)

    def fell_back(self, from_service_id: str, to_service_id: str) -> None:
        """Count one change of route."""
        self._families.fallbacks.labels(from_service_id, to_service_id).inc()
