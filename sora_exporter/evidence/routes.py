"""The choice of a route: the service to use for a product now, and the reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sora_exporter.evidence.track import NOT_ASKED
from sora_exporter.result import Depth, Status

Json = dict[str, Any]
Measure = Callable[[Json], Any]

CRITERIA: Sequence[tuple[str, Measure]] = (
    ("status", lambda service: service["status"] != Status.OPERATIONAL),
    ("obstacles", lambda service: is_hindered(service)),
    ("proof", lambda service: -_rank(service)),
    ("access", lambda service: service["access"] != "official"),
    ("price", lambda service: _dollars(service)),
    ("service_id", lambda service: service["service_id"]),
)
"""The criteria that compare usable routes, in order; a lower value is better."""

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "status": "the other usable routes are slow",
        "obstacles": "the other routes refuse some of our requests",
        "proof": "it is proven further than its alternatives",
        "access": "official access goes before reverse",
        "price": "the cheapest video of its equals",
        "service_id": "the first by name of its equals",
    }
)
"""Each criterion as the reason for the chosen route."""

NEAR_SUNSET = timedelta(days=7)


def routes(services: Iterable[Json], now: float | None = None) -> list[Json]:
    """Return per product the service to use now or None, the reason, and the criterion that decided (None: only one).
    ``now`` (Unix time) excludes services past their end of life, and adds a note if it is near. Long-term availability
    is computed by Prometheus (``product_service_id:sora_service_recommended:bool``).
    """
    products: dict[str, list[Json]] = {}
    for service in services:
        products.setdefault(service["product"], []).append(service)
    return [{"product": product, **_route(offered, now)} for product, offered in products.items()]


def _route(offered: list[Json], now: float | None) -> Json:
    ended = [s["service_id"] for s in offered if is_ended(s, now)]
    usable = [s for s in offered if s["status"] == Status.OPERATIONAL or s["error_class"] == "slow"]
    usable = [s for s in usable if s["service_id"] not in ended]
    if not usable:
        states = {s["service_id"]: "past its end of life" if s["service_id"] in ended else s["status"] for s in offered}
        statuses = ", ".join(f"{service_id} is {state}" for service_id, state in states.items())
        return {"service_id": None, "why": f"no route is usable: {statuses}", "criterion": None}
    best, criterion = _best(usable)
    # A choice by access needs no reason: the access is part of the text.
    reasons = [] if criterion in (None, "access") else [REASONS[criterion]]
    why = "; ".join([f"{best['status']} through {best['access']} access", *reasons, *cautions(best, now)])
    return {"service_id": best["service_id"], "why": why, "criterion": criterion}


def _best(usable: list[Json]) -> tuple[Json, str | None]:
    """Return the best route and the criterion that singled it out; None if it was the only one."""
    if len(usable) == 1:
        return usable[0], None
    measured = [([measure(service) for _, measure in CRITERIA], service) for service in usable]
    (best, chosen), (second, _) = sorted(measured, key=lambda one: one[0])[:2]
    differing = (name for (name, _), one, other in zip(CRITERIA, best, second, strict=True) if one != other)
    return chosen, next(differing, None)


def is_hindered(service: Json) -> bool:
    """Return whether the provider refuses some requests for a reason that says nothing about the service itself."""
    return any(obstacle["error_class"] not in NOT_ASKED for obstacle in service.get("obstacles", ()))


def is_ended(service: Json, now: float | None) -> bool:
    """Return whether a service is past its end of life."""
    sunset = service.get("sunset")
    return now is not None and sunset is not None and datetime.fromisoformat(sunset).timestamp() <= now


def cautions(service: Json, now: float | None) -> list[str]:
    """Return the warnings about a route that apply although it is the best one."""
    said = ["it refuses some of our requests"] if is_hindered(service) else []
    return [*said, f"its end of life is near: {service['sunset'][:10]}"] if is_ending(service, now) else said


def is_ending(service: Json, now: float | None) -> bool:
    """Return whether the end of life of a service is near."""
    sunset = service.get("sunset")
    if now is None or sunset is None:
        return False
    return datetime.fromisoformat(sunset) - datetime.fromtimestamp(now, UTC) <= NEAR_SUNSET


def _rank(service: Json) -> int:
    depth = service.get("proven_depth")
    return -1 if depth is None else Depth(depth).rank


def _dollars(service: Json) -> float:
    price = service.get("price_per_video_usd")
    return math.inf if price is None else price
