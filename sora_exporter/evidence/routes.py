"""The choice of a route: the service to use for a product now, and the reason."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.evidence.track import NOT_ASKED, ServiceStatus, ServiceTrack
from sora_exporter.figures import day
from sora_exporter.result import Depth, ErrorClass, Status

Json = dict[str, Any]


class Candidate(NamedTuple):
    """A service as the choice of a route sees it.

    ``is_hindered`` if the provider refuses some requests for a reason that says nothing about the service itself.
    ``rank`` is that of the depth proven, -1 for none; ``price_usd`` that of one video, infinite if not known;
    ``sunset_at`` the end of life in Unix time.
    """

    service_id: str
    access: str
    status: str
    error_class: str
    is_hindered: bool
    rank: int
    price_usd: float
    sunset_at: float | None

    @property
    def standing(self) -> tuple[bool, bool, int, bool, float, str]:
        """Its value by each of CRITERIA; a lower one is better."""
        is_imperfect, is_reverse = self.status != Status.OPERATIONAL, self.access != "official"
        return is_imperfect, self.is_hindered, -self.rank, is_reverse, self.price_usd, self.service_id

    @property
    def is_usable(self) -> bool:
        """True if it gives what is asked for, perhaps slowly."""
        return self.status == Status.OPERATIONAL or self.error_class == ErrorClass.SLOW

    def is_ended(self, now: float | None) -> bool:
        """Return whether it is past its end of life."""
        return now is not None and self.sunset_at is not None and self.sunset_at <= now

    def is_ending(self, now: float | None) -> bool:
        """Return whether its end of life is near."""
        return now is not None and self.sunset_at is not None and self.sunset_at - now <= NEAR_SUNSET_SECONDS


class Choice(NamedTuple):
    """The route of a product, None if none is usable, and the criterion that decided, None if there was no other."""

    route: Candidate | None
    criterion: str | None


CRITERIA = ("status", "obstacles", "proof", "access", "price", "service_id")
"""The criteria that compare usable routes, in order."""

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

NEAR_SUNSET_SECONDS = 7 * DAY_SECONDS


def candidate(track: ServiceTrack, status: ServiceStatus) -> Candidate:
    """Return a service as it is known now."""
    return Candidate(
        track.service.id,
        track.service.access,
        status.status,
        status.error_class,
        _is_hindered([obstacle.error_class for obstacle in track.obstacles]),
        track.proof.depth.rank if track.proof and track.proof.depth else -1,
        math.inf if track.video_price_usd is None else track.video_price_usd,
        track.sunset_at,
    )


def _candidate_of(service: Json) -> Candidate:
    """Return a service as its overview shows it."""
    depth, price, sunset = (service.get(key) for key in ("proven_depth", "price_per_video_usd", "sunset"))
    return Candidate(
        service["service_id"],
        service["access"],
        service["status"],
        service["error_class"],
        _is_hindered([obstacle["error_class"] for obstacle in service.get("obstacles", ())]),
        Depth(depth).rank if depth is not None else -1,
        math.inf if price is None else price,
        datetime.fromisoformat(sunset).timestamp() if sunset is not None else None,
    )


def _is_hindered(obstacles: Iterable[str]) -> bool:
    return any(error_class not in NOT_ASKED for error_class in obstacles)


def choose(offered: Iterable[Candidate], now: float | None) -> Choice:
    """Return the best of the usable services of a product, none of which is past its end of life."""
    usable = [service for service in offered if service.is_usable and not service.is_ended(now)]
    if len(usable) <= 1:
        return Choice(usable[0] if usable else None, None)
    best, second = sorted(usable, key=lambda service: service.standing)[:2]
    compared = zip(CRITERIA, best.standing, second.standing, strict=True)
    return Choice(best, next((name for name, one, other in compared if one != other), None))


def routes(services: Iterable[Json], now: float | None = None) -> list[Json]:
    """Return per product the service to use now or None, the reason, and the criterion that decided (None: only one).
    ``now`` (Unix time) excludes services past their end of life, and adds a note if it is near. Long-term availability
    is computed by Prometheus (``product_service_id:sora_service_recommended:bool``).
    """
    products: dict[str, list[Candidate]] = {}
    for service in services:
        products.setdefault(service["product"], []).append(_candidate_of(service))
    return [{"product": product, **_route(offered, now)} for product, offered in products.items()]


def _route(offered: Sequence[Candidate], now: float | None) -> Json:
    best, criterion = choose(offered, now)
    if best is None:
        states = (f"{s.service_id} is {'past its end of life' if s.is_ended(now) else s.status}" for s in offered)
        return {"service_id": None, "why": f"no route is usable: {', '.join(states)}", "criterion": None}
    # A choice by access needs no reason: the access is part of the text.
    reasons = [] if criterion in (None, "access") else [REASONS[criterion]]
    why = "; ".join([f"{best.status} through {best.access} access", *reasons, *_cautions(best, now)])
    return {"service_id": best.service_id, "why": why, "criterion": criterion}


def _cautions(best: Candidate, now: float | None) -> list[str]:
    """Return the warnings about a route that apply although it is the best one."""
    said = ["it refuses some of our requests"] if best.is_hindered else []
    if best.sunset_at is not None and best.is_ending(now):
        said.append(f"its end of life is near: {day(best.sunset_at)}")
    return said
