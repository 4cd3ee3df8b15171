"""A small configuration and results for it, for tests of memory, schedule and metrics."""

from __future__ import annotations

from typing import Any

from sora_exporter.clock import Clock
from sora_exporter.config import Config
from sora_exporter.evidence.state import State
from sora_exporter.result import ErrorClass, ProbeKind, ProbeResult, Status

NOW = 1_769_558_400.0
FREE = {"catalog": {"interval": "1m", "timeout": "10s"}, "canary": {"interval": "5m", "timeout": "30s"}}
DEEP = {**FREE, "generate": {"interval": "6h", "timeout": "10m"}}


def service(service_id: str = "alpha", provider: str = "relay", **more: Any) -> dict[str, Any]:
    """Return a service's section."""
    return {"id": service_id, "product": "video", "access": "reverse", "provider": provider, "model": "m", **more}


def config(*services: dict[str, Any], **more: Any) -> Config:
    """Return a configuration of these services, and of every provider they name."""
    named = {section["provider"]: {"base_url": f"https://{section['provider']}.example/v1"} for section in services}
    return Config.model_validate({"providers": {**named, **more.pop("providers", {})}, "services": services, **more})


def result(
    error_class: ErrorClass = ErrorClass.NONE,
    probe: ProbeKind = ProbeKind.CATALOG,
    service_id: str = "alpha",
    **facts: Any,
) -> ProbeResult:
    """Return an attempt's result."""
    return ProbeResult(service_id, probe, error_class, **{"started_at": NOW, "duration_seconds": 0.25, **facts})


def state_of(clock: Clock, settings: Config) -> State:
    """Return a state that knows a configuration."""
    state = State(clock)
    state.configure(settings)
    return state


def seen(state: State, service_id: str = "alpha") -> tuple[Status, ErrorClass]:
    """Return a service's status and the class behind it."""
    now = state.status_of(service_id)
    return now.status, now.error_class
