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

    ``availability`` is the proven one as a ratio, None if none is known. ``is_hindered`` if the provider refuses some
    requests for a reason that says nothing about the service itself. ``rank`` is that of the depth proven lately, -1
    for none; ``price_usd`` that of one video and ``seconds`` the whole ones to answer, infinite if not known;
    ``sunset_at`` the end of life in Unix time.
    """

    service_id: str
    access: str
    status: str
    error_class: str
    availability: float | None
    is_hindered: bool
    rank: int
    price_usd: float
    seconds: float
    sunset_at: float | None

    def standing(self, best: float) -> tuple[bool, bool, int, float, float, str]:
        """Return its value by each of CRITERIA beside the best availability; a lower one is better."""
        is_behind = (self.availability or 0.0) < best - UNNOTICED
        is_unproven_reverse = self.availability is None and self.access != "official"
        return is_behind, is_unproven_reverse, -self.rank, self.price_usd, self.seconds, self.service_id

    @property
    def is_usable(self) -> bool:
        """True if it gives what is asked for, perhaps slowly."""
        return self.status == Status.OPERATIONAL or self.error_class == ErrorClass.SLOW

    def is_ended(self, now: float) -> bool:
        """Return whether it is past its end of life."""
        return self.sunset_at is not None and self.sunset_at <= now

    def is_ending(self, now: float) -> bool:
        """Return whether its end of life is near."""
        return self.sunset_at is not None and self.sunset_at - now <= NEAR_SUNSET_SECONDS


class Choice(NamedTuple):
    """The route of a product, None if none is usable, and the criterion that decided, None if there was no other."""

    route: Candidate | None
    criterion: str | None


CRITERIA = ("record", "access", "proof", "price", "speed", "service_id")
"""The criteria that compare usable routes, in order: those of ``product_service_id:sora_service_recommended:bool``.
Without a record, as in a single check, official access stands for it."""

UNNOTICED = 0.01
"""A difference in availability that a user does not notice."""
PROVEN_SECONDS = 2 * DAY_SECONDS
"""An older proof of a depth does not count."""

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "record": "it was available more than its alternatives",
        "access": "official access goes before reverse",
        "proof": "it is proven further than its alternatives",
        "price": "the cheapest video of its equals",
        "speed": "the fastest of its equals",
        "service_id": "the first by name of its equals",
    }
)
"""Each criterion as the reason for the chosen route."""

NEAR_SUNSET_SECONDS = 7 * DAY_SECONDS


def candidate(track: ServiceTrack, status: ServiceStatus, availability: float | None, now: float) -> Candidate:
    """Return a service as it is known now (Unix time), with its proven availability."""
    return Candidate(
        track.service.id,
        track.service.access,
        status.status,
        status.error_class,
        availability,
        _is_hindered([obstacle.error_class for obstacle in track.obstacles]),
        _rank(track.proven, now),
        math.inf if track.video_price_usd is None else track.video_price_usd,
        _whole(track.latest.response_seconds if track.latest else None),
        track.sunset_at,
    )


def _candidate_of(service: Json, availability: float | None, now: float) -> Candidate:
    """Return a service as its overview shows it."""
    price, sunset, proven = service.get("price_per_video_usd"), service.get("sunset"), service.get("proven", {})
    return Candidate(
        service["service_id"],
        service["access"],
        service["status"],
        service["error_class"],
        availability,
        _is_hindered([obstacle["error_class"] for obstacle in service.get("obstacles", ())]),
        _rank({Depth(depth): datetime.fromisoformat(at).timestamp() for depth, at in proven.items()}, now),
        math.inf if price is None else price,
        _whole(service.get("response_time_seconds")),
        datetime.fromisoformat(sunset).timestamp() if sunset is not None else None,
    )


def _is_hindered(obstacles: Iterable[str]) -> bool:
    return any(error_class not in NOT_ASKED for error_class in obstacles)


def _rank(proven: Mapping[Depth, float], now: float) -> int:
    """Return the rank of the deepest proof of late; those that do not reach the maker of the video are equal."""
    lately = (depth.rank for depth, at in proven.items() if now - at < PROVEN_SECONDS)
    return max((rank for rank in lately if rank >= Depth.ROUTED.rank), default=-1)


def _whole(seconds: float | None) -> float:
    return math.inf if seconds is None else math.floor(seconds)


def choose(offered: Iterable[Candidate], now: float) -> Choice:
    """Return the best of the usable services of a product, none of which is past its end of life."""
    usable = [service for service in offered if service.is_usable and not service.is_ended(now)]
    if len(usable) <= 1:
        return Choice(usable[0] if usable else None, None)
    proven = max(service.availability or 0.0 for service in usable)
    (standing, best), (other, _) = sorted((service.standing(proven), service) for service in usable)[:2]
    compared = zip(CRITERIA, standing, other, strict=True)
    return Choice(best, next((name for name, one, another in compared if one != another), None))


def routes(
    services: Iterable[Json], now: float, availability: Mapping[str, float | None] = MappingProxyType({})
) -> list[Json]:
    """Return per product the service to use now or None, the reason, and the criterion that decided (None: only one).
    ``now`` (Unix time) excludes services past their end of life, and adds a note if it is near. ``availability`` is
    the proven one of each service, absent if none is known.
    """
    products: dict[str, list[Candidate]] = {}
    for service in services:
        known = availability.get(service["service_id"])
        products.setdefault(service["product"], []).append(_candidate_of(service, known, now))
    return [{"product": product, **_route(offered, now)} for product, offered in products.items()]


def _route(offered: Sequence[Candidate], now: float) -> Json:
    best, criterion = choose(offered, now)
    if best is None:
        states = (f"{s.service_id} is {'past its end of life' if s.is_ended(now) else s.status}" for s in offered)
        return {"service_id": None, "why": f"no route is usable: {', '.join(states)}", "criterion": None}
    # A choice by access needs no reason: the access is part of the text.
    reasons = [] if criterion in (None, "access") else [REASONS[criterion]]
    why = "; ".join([f"{best.status} through {best.access} access", *reasons, *_cautions(best, now)])
    return {"service_id": best.service_id, "why": why, "criterion": criterion}


def _cautions(best: Candidate, now: float) -> list[str]:
    """Return the warnings about a route that apply although it is the best one."""
    said = ["it refuses some of our requests"] if best.is_hindered else []
    if best.sunset_at is not None and best.is_ending(now):
        said.append(f"its end of life is near: {day(best.sunset_at)}")
    return said
