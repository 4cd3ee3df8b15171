"""Makers and relays: a maker makes the videos itself, a relay sells those of others."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import resources
from urllib.parse import urlsplit

from sora_exporter.config.provider import Provider
from sora_exporter.documents import shipped


def is_relay(provider: Provider) -> bool:
    """Return whether the provider is a relay: as configured, else by whether its host is a maker's."""
    if provider.relay is not None:
        return provider.relay
    return not _is_makers(str(provider.base_url))


@lru_cache(maxsize=4096)
def _is_makers(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return any(host == maker or host.endswith(f".{maker}") for maker in _makers())


@cache
def _makers() -> tuple[str, ...]:
    return tuple(shipped(resources.files("sora_exporter.config").joinpath("makers.yml")))
