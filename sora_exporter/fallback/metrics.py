"""The client's own metrics, in the application's registry."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from sora_exporter.config import Config
from sora_exporter.fallback.outcome import RouteAttempt
from sora_exporter.result import ErrorClass

BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
SUCCESS = "success"


class ClientMetrics:
    """Requests by outcome, changes of route, and how long a route took to accept or refuse."""

    def __init__(self, registry: CollectorRegistry, config: Config) -> None:
        self._requests = Counter(
            "sora_client_requests",
            "Create requests by route and outcome.",
            ("service_id", "outcome"),
            registry=registry,
        )
        self._fallbacks = Counter(
            "sora_client_fallbacks",
            "Times another route was tried after one failed.",
            ("from_service_id", "to_service_id"),
            registry=registry,
        )
        self._seconds = Histogram(
            "sora_client_request_duration_seconds",
            "Time until a route accepted or refused.",
            ("service_id",),
            buckets=BUCKETS,
            registry=registry,
        )
        for service in config.services:
            for outcome in (SUCCESS, *(error for error in ErrorClass if error is not ErrorClass.NONE)):
                self._requests.labels(service.id, str(outcome))
            self._seconds.labels(service.id)

    def asked(self, attempt: RouteAttempt) -> None:
        """Count one create request."""
        outcome = SUCCESS if attempt.error_class is ErrorClass.NONE else attempt.error_class
        self._requests.labels(attempt.service_id, str(outcome)).inc()
        self._seconds.labels(attempt.service_id).observe(attempt.seconds)

    def fell_back(self, from_service_id: str, to_service_id: str) -> None:
        """Count one change of route."""
        self._fallbacks.labels(from_service_id, to_service_id).inc()
