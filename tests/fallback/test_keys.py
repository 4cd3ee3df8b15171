"""Keys in memory: the built-in services at one relay."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from support.shop import Shop

from sora_exporter.config import ConfigError
from sora_exporter.fallback import FallbackClient
from sora_exporter.fallback.keys import config_for, keys_by_access

KEY = "sk-of-the-application"


@pytest.mark.parametrize("kinds", [("official",), ("reverse",), ("official", "reverse")])
def test_two_keys_are_enough(shop: Shop, kinds: tuple[str, ...]) -> None:
    """Official and reverse keys at one relay give the built-in services of these kinds of access, and videos."""
    keys = {f"{kind}_key": f"sk-{kind}-0123456789" for kind in kinds}
    base_url = shop.simulator.base_url("videos")
    with FallbackClient.from_keys(base_url=base_url, registry=CollectorRegistry(), **keys) as client:
        job = client.create_video("A boat", seconds=4)
        assert len(client.download(job)) > 64
    assert (job.service_id, job.access) == (f"sora-2-{kinds[0]}", kinds[0])


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({}, ValueError, "no key is given: use official_key, reverse_key or both"),
        ({"official_key": ""}, ValueError, "official_key is empty"),
        ({"reverse_key": f"{KEY}\n"}, ValueError, "reverse_key is empty, or has a space"),
        ({"official_key": 5}, TypeError, "official_key is a text, not int"),
        ({"official_key": KEY, "base_url": "relay.example"}, ConfigError, "from_keys.*base_url"),
    ],
)
def test_wrong_keys_are_refused_without_being_shown(
    arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    """A missing or malformed key, and a wrong address, is one sentence that never quotes a key."""
    with pytest.raises(error, match=words) as raised:
        FallbackClient.from_keys(**{"base_url": "https://relay.example/v1", **arguments})
    assert KEY not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_each_kind_of_access_has_a_provider_of_its_name() -> None:
    """Only services of the given kinds are configured, each kind with its own provider at the one address."""
    config = config_for(keys_by_access(None, KEY), "https://relay.example/v1")
    assert {name: provider.base_url for name, provider in config.providers.items()} == {
        "reverse": "https://relay.example/v1"
    }
    assert {(service.access, service.provider) for service in config.services} == {("reverse", "reverse")}
    assert len(config.services) == 4
