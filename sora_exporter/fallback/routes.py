"""Which routes are tried, in which order, and which are left alone for a while."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sora_exporter.config import Config, Service
from sora_exporter.result import ErrorClass, Status

OPENS_AFTER = 3
OPEN_SECONDS = 30.0
SKIPPED_STATUSES = frozenset({Status.SUSPENDED, Status.RETIRED})
"""What the exporter must say of a route for it not to be tried at all."""

NOT_THE_ROUTES_FAULT = frozenset({ErrorClass.CONTENT_POLICY, ErrorClass.INVALID_REQUEST})


def order_routes(
    config: Config, product: str, prefer: str | Sequence[str], recommended: str | None, body_of: Mapping[str, object]
) -> list[Service]:
    """Return the product's services in the order to try them; ties keep the order of the configuration.

    ``prefer`` is ``official``, ``reverse``, ``cheapest``, ``recommended`` or a list of service ids; ``body_of`` are
    the members of the create request that the caller sets, which a price per second depends on. Raises ValueError.
    """
    offered = [service for service in config.services if service.product == product]
    if not offered:
        known = ", ".join(sorted({service.product for service in config.services})) or "(none)"
        raise ValueError(f"no service offers the product {product!r}: configured are {known}")
    if not isinstance(prefer, str):
        return _named(offered, product, prefer)
    if prefer not in PREFERENCES:
        raise ValueError(f"prefer={prefer!r} is not known: use {', '.join(PREFERENCES)} or a list of service ids")
    return sorted(offered, key=PREFERENCES[prefer](config, recommended, body_of))


def _named(offered: list[Service], product: str, ids: Sequence[str]) -> list[Service]:
    by_id = {service.id: service for service in offered}
    unknown = [name for name in ids if name not in by_id]
    if unknown or not ids:
        raise ValueError(
            f"{', '.join(unknown) or 'an empty list'} names no service of {product!r}: use {', '.join(by_id)}"
        )
    return [by_id[name] for name in ids]


Key = Callable[[Service], object]
Preference = Callable[[Config, str | None, Mapping[str, object]], Callable[[Service], tuple[float, ...]]]


def _price(config: Config, service: Service, body: Mapping[str, object]) -> float:
    ordered = service.model_copy(update={"request": {**service.request, **body}})
    return config.attempt_price_usd(ordered) or math.inf


PREFERENCES: Mapping[str, Preference] = {
    "official": lambda _c, _r, _b: lambda service: (service.access != "official",),
    "reverse": lambda _c, _r, _b: lambda service: (service.access != "reverse",),
    "cheapest": lambda config, _r, body: lambda service: (_price(config, service, body),),
    "recommended": lambda _c, recommended, _b: (
        lambda service: (
            service.id != recommended,
            service.access != "official",
        )
    ),
}


@dataclass
class Circuit:
    """One route's recent luck: after OPENS_AFTER faults in a row it is left alone, then tried once."""

    faults: int = 0
    open_until: float = 0.0


class Breaker:
    """A circuit per route, on the monotonic clock given."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._circuits: dict[str, Circuit] = {}

    def is_open(self, service_id: str) -> bool:
        """Whether the route is left alone now; the first caller after the pause gets through as the one trial."""
        circuit = self._circuits.get(service_id)
        if circuit is None or circuit.faults < OPENS_AFTER:
            return False
        if self._monotonic() < circuit.open_until:
            return True
        circuit.open_until = self._monotonic() + OPEN_SECONDS
        return False

    def note(self, service_id: str, error_class: ErrorClass) -> None:
        """Take in how an attempt ended."""
        circuit = self._circuits.setdefault(service_id, Circuit())
        if error_class is ErrorClass.NONE or error_class in NOT_THE_ROUTES_FAULT:
            circuit.faults = 0
            return
        circuit.faults += 1
        if circuit.faults >= OPENS_AFTER:
            circuit.open_until = self._monotonic() + OPEN_SECONDS
