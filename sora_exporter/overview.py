"""What is known now, as plain JSON-able data: the report of ``check`` and the answer of /api/v1/status are this."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sora_exporter.result import ProbeResult, Status
from sora_exporter.state import ServiceTrack, State, Verdicts

Json = dict[str, Any]


def iso(moment: float | None) -> str | None:
    """Return a moment (Unix time) as ISO 8601 in UTC, or None."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def services_overview(state: State) -> list[Json]:
    """Return one object per service, in the order of the configuration."""
    return [service_overview(track, state.verdict(service_id)) for service_id, track in state.services.items()]


def service_overview(track: ServiceTrack, verdict: Verdicts) -> Json:
    """Return a service's identity, status, the reason for it and its prices."""
    service, decided_by = track.service, verdict.decided_by
    price = service.price_usd
    return {
        "service_id": service.id,
        "name": service.title,
        "product": service.product,
        "access": service.access,
        "provider": service.provider,
        "model": service.model,
        "api": service.api,
        "status": verdict.status.value,
        "status_since": iso(verdict.since),
        "error_class": verdict.error_class.value,
        "why": decided_by.detail if decided_by else "",
        "rule": decided_by.rule if decided_by else "",
        "decided_by_probe": decided_by.probe.value if decided_by else None,
        "response_time_seconds": track.latest.response_seconds if track.latest else None,
        "last_attempt": iso(track.latest.started_at if track.latest else None),
        "price_usd": price.model_dump(exclude_none=True) if price else None,
        "objective_percent": service.objective,
        "sunset": iso(track.sunset_at),
    }


def result_overview(result: ProbeResult) -> Json:
    """Return one attempt with everything an operator may want to show a provider."""
    return {
        "probe": result.probe.value,
        "started_at": iso(result.started_at),
        "success": result.is_success,
        "error_class": result.error_class.value,
        "status": result.error_class.status.value,
        "rule": result.rule,
        "why": result.detail,
        "http_status": result.http_status,
        "duration_seconds": round(result.duration_seconds, 6),
        "response_time_seconds": result.response_seconds,
        "generation_seconds": result.generation_seconds,
        "phases_seconds": {phase: round(seconds, 6) for phase, seconds in result.phases.items()},
        "cost_usd": result.cost_usd,
        "excerpt": result.excerpt,
    }


def routes(services: Iterable[Json]) -> list[Json]:
    """Return per product the service to use now, or None: operational ones first, then official, then cheap.

    Long-term availability is Prometheus' to know (``product_service_id:sora_service_recommended:bool``).
    """
    products: dict[str, list[Json]] = {}
    for service in services:
        products.setdefault(service["product"], []).append(service)
    return [{"product": product, **_route(offered)} for product, offered in products.items()]


def _route(offered: list[Json]) -> Json:
    usable = [s for s in offered if s["status"] == Status.OPERATIONAL or s["error_class"] == "slow"]
    if not usable:
        statuses = ", ".join(f"{service['service_id']} is {service['status']}" for service in offered)
        return {"service_id": None, "why": f"no route is usable: {statuses}"}
    best = min(usable, key=lambda s: (s["status"] != Status.OPERATIONAL, s["access"] != "official", s["service_id"]))
    return {"service_id": best["service_id"], "why": f"{best['status']} through {best['access']} access"}
