"""The target of a service: the settings that change it, and a fingerprint without secrets."""

from __future__ import annotations

from typing import Any

import pytest

from sora_exporter.config import Config
from sora_exporter.config.target import Target, fingerprint, target_of


def target(provider: dict[str, Any] | None = None, **service: Any) -> Target:
    """Return the target of the one service of a configuration."""
    base = {"id": "s", "product": "p", "access": "official", "provider": "one", "model": "m", "api": "videos"}
    providers = {"one": {"base_url": "https://relay.example/v1", **(provider or {})}}
    config = Config.model_validate({"providers": providers, "services": [{**base, **service}]})
    return target_of(config, config.services[0])


@pytest.mark.parametrize(
    ("provider", "service"),
    [
        ({"base_url": "https://moved.example/v1"}, {}),
        ({"headers": {"X-Team": "blue"}}, {}),
        ({"proxy": "http://proxy.example:3128"}, {}),
        ({"verify": False}, {}),
        ({}, {"model": "other"}),
        ({}, {"access": "reverse"}),
        ({}, {"api": "chat"}),
        ({}, {"request": {"seconds": "4"}}),
    ],
)
def test_another_way_or_another_request_is_another_target(provider: dict[str, Any], service: dict[str, Any]) -> None:
    """Everything that decides what an attempt reaches and sends is part of the target and of its fingerprint."""
    changed = target(provider, **service)
    assert changed != target()
    assert fingerprint(changed) != fingerprint(target())


@pytest.mark.parametrize(
    ("provider", "service"),
    [
        ({"max_concurrent": 3}, {}),
        ({"budget_share": "30%"}, {}),
        ({}, {"name": "Another name"}),
        ({}, {"objective": 99}),
        ({}, {"slow_after": "20s"}),
        ({}, {"price_usd": {"per_request": 1}}),
        ({}, {"probes": {"catalog": {"interval": "2m"}}}),
    ],
)
def test_names_prices_and_rhythms_leave_the_target(provider: dict[str, Any], service: dict[str, Any]) -> None:
    """Settings that change neither the route nor the request keep the target and its fingerprint."""
    assert (target(provider, **service), fingerprint(target(provider, **service))) == (target(), fingerprint(target()))


def test_a_secret_is_not_in_the_fingerprint() -> None:
    """Two values of a secret header give one fingerprint, which is stored on disk, but two targets in memory."""
    one, other = target({"headers": {"X-Key": "sk-one"}}), target({"headers": {"X-Key": "sk-two"}})
    assert (one == other, fingerprint(one) == fingerprint(other)) == (False, True)
