"""The shares of the day's limit that a configuration gives to providers and services."""

from __future__ import annotations

from sora_exporter.budget.reservation import Share
from sora_exporter.config import Config, Service


def shares_of(config: Config, service: Service) -> tuple[Share, ...]:
    """Return the shares that a paid attempt of this service counts against, besides the day's limit."""
    name, limit = service.provider, config.budget_usd_per_day
    together = frozenset(one.id for one in config.services if one.provider == name)
    shares = (
        (f"provider {name}", together, config.providers[name].budget_share),
        (f"service {service.id}", frozenset({service.id}), service.budget_share),
    )
    return tuple(Share(of, ids, share * limit) for of, ids, share in shares if share is not None)
