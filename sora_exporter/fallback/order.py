"""The order in which a product's routes are tried."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sora_exporter.config import Config, Service
from sora_exporter.fallback.route import ordered
from sora_exporter.http.reply import Upload


@dataclass(frozen=True, slots=True)
class Order:
    """An order: the members of the create request and its files, and the route that the exporter recommends."""

    product: str
    seconds: int
    members: dict[str, Any]
    recommended: str | None = None
    files: Mapping[str, Upload] = field(default_factory=dict)


def order_routes(config: Config, order: Order, prefer: str | Sequence[str]) -> list[Service]:
    """Return the product's services in the order to try them; ties keep the order of the configuration.

    ``prefer`` is ``official``, ``reverse``, ``cheapest``, ``recommended`` or a list of service ids. Raises ValueError.
    """
    offered = [service for service in config.services if service.product == order.product]
    if not offered:
        known = ", ".join(sorted({service.product for service in config.services})) or "(none)"
        raise ValueError(f"no service offers the product {order.product!r}: configured are {known}")
    if not isinstance(prefer, str):
        return _named(offered, order.product, prefer)
    if prefer not in PREFERENCES:
        raise ValueError(f"prefer={prefer!r} is not known: use {', '.join(PREFERENCES)} or a list of service ids")
    rank = PREFERENCES[prefer]
    return sorted(offered, key=lambda service: rank(config, order, service))


def _named(offered: list[Service], product: str, ids: Sequence[str]) -> list[Service]:
    by_id = {service.id: service for service in offered}
    unknown = [name for name in ids if name not in by_id]
    if unknown or not ids:
        wrong = ", ".join(map(repr, unknown)) or "an empty list"
        raise ValueError(f"{wrong} names no service of {product!r}: use {', '.join(by_id)}")
    return [by_id[name] for name in dict.fromkeys(ids)]


def _price(config: Config, order: Order, service: Service) -> tuple[float, ...]:
    """Rank by the price of the ordered video; a route without a price comes last."""
    price = config.attempt_price_usd(ordered(service, config.api(service), order.seconds, order.members))
    return (math.inf if price is None else price,)


PREFERENCES: Mapping[str, Callable[[Config, Order, Service], tuple[float, ...]]] = {
    "official": lambda _config, _order, service: (service.access != "official",),
    "reverse": lambda _config, _order, service: (service.access != "reverse",),
    "cheapest": _price,
    "recommended": lambda _config, order, service: (service.id != order.recommended, service.access != "official"),
}
"""The rank of a service under each preference, lowest first."""
