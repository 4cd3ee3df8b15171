"""The state as plain JSON-able data, for the report of ``check`` and for /api/v1/status."""

from __future__ import annotations

import math
from typing import Any

from sora_exporter.config.maintenance import windows
from sora_exporter.evidence.balance import BalanceTrack
from sora_exporter.evidence.state import ServiceStatus, ServiceTrack, State
from sora_exporter.figures import iso
from sora_exporter.result import ProbeResult, Status
from sora_exporter.words import plain_words

Json = dict[str, Any]
PASSED_KEY = "passed-key"
"""The classifier's rule for a refused key in an answer that a relay passed on."""


def services_overview(state: State) -> list[Json]:
    """Return one object per service, in the order of the configuration."""
    return [service_as_known(state, service_id) for service_id in state.services]


def service_as_known(state: State, service_id: str) -> Json:
    """Return the overview of one configured service now."""
    track = state.services[service_id]
    status, balance = state.status_of(service_id), state.balances.get(track.service.provider)
    planned = windows(track.maintenance, state.now()) if track.maintenance else []
    return {
        **service_overview(track, status, balance),
        "planned_maintenance": [
            {"start": iso(window.start), "end": iso(window.end), "why": window.why} for window in planned
        ],
    }


def service_overview(track: ServiceTrack, status: ServiceStatus, balance: BalanceTrack | None) -> Json:
    """Return a service's identity, status, the reason for it, its prices and its provider's balance."""
    service, decided_by = track.service, status.decided_by
    price, proof = service.price_usd, track.proof
    words = plain_words().explained(status.error_class, status.rule)
    is_operational = status.status is Status.OPERATIONAL
    return {
        "service_id": service.id,
        "name": service.title,
        "product": service.product,
        "access": service.access,
        "provider": service.provider,
        "model": service.model,
        "api": service.api,
        "status": status.status.value,
        "status_since": iso(status.since),
        "error_class": status.error_class.value,
        "why": reason(status) or ("" if is_operational else words.meaning),
        "what_to_do": "" if is_operational else words.advice,
        "rule": status.rule,
        "decided_by_probe": decided_by.probe.value if decided_by else None,
        "proven_depth": proof.depth.value if proof and proof.depth else None,
        "proven_at": iso(proof.started_at + proof.duration_seconds if proof else None),
        "proven": {depth.value: iso(at) for depth, at in sorted(track.proven.items(), key=lambda item: item[0].rank)},
        "response_time_seconds": track.latest.response_seconds if track.latest else None,
        "last_attempt": iso(track.latest.started_at if track.latest else None),
        "obstacles": [
            {
                "probe": obstacle.probe.value,
                "error_class": obstacle.error_class.value,
                "why": obstacle.detail,
                "at": iso(obstacle.started_at),
            }
            for obstacle in track.obstacles
        ],
        "price_usd": price.model_dump(exclude_none=True) if price else None,
        "price_per_video_usd": track.video_price_usd,
        "balance": balance_overview(balance) if balance else None,
        "objective_percent": service.objective,
        "sunset": iso(track.sunset_at),
    }


def balance_overview(track: BalanceTrack) -> Json:
    """Return a provider's balance by its last good reading, and the reason if the latest one failed."""
    good, latest = track.good, track.latest
    amount = good.value if good else None
    is_unlimited = amount == math.inf
    failed = latest if latest is not None and latest.value is None else None
    return {
        "amount": None if is_unlimited else amount,
        "is_unlimited": is_unlimited,
        "unit": good.unit if good else "",
        "read_at": iso(good.at if good else None),
        "low": track.low,
        "is_low": track.is_low,
        "error_class": failed.error_class.value if failed else "none",
        "why": failed.detail if failed else "",
    }


def reason(status: ServiceStatus) -> str:
    """Return the answer's own words, and name the relay's own key if the refusal that it passed on concerns it."""
    return f"the relay's own key is refused: {status.detail}" if status.rule == PASSED_KEY else status.detail


def result_overview(result: ProbeResult) -> Json:
    """Return one attempt with everything that an operator needs in a report to the provider."""
    return {
        "probe": result.probe.value,
        "started_at": iso(result.started_at, milliseconds=True),
        "success": result.is_success,
        "error_class": result.error_class.value,
        "status": result.error_class.status.value,
        "rule": result.rule,
        "why": result.detail,
        "depth": result.depth.value if result.depth else None,
        "refused_by": result.refused_by,
        "request": result.request,
        "http_status": result.http_status,
        "headers": dict(line.split(": ", 1) for line in result.headers.splitlines()),
        "duration_seconds": round(result.duration_seconds, 6),
        "response_time_seconds": result.response_seconds,
        "generation_seconds": result.generation_seconds,
        "phases_seconds": {phase: round(seconds, 6) for phase, seconds in result.phases.items()},
        "cost_usd": result.cost_usd,
        "excerpt": result.excerpt,
    }
