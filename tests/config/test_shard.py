"""Dividing the services among exporters: each exactly once, and none moved without need."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sora_exporter.config import Config, PageComponent
from sora_exporter.config.shard import WHOLE, Shard, digest, parse_shard, shard_of

PROVIDERS = [f"relay-{number}" for number in range(60)]


def config(*providers: str, **more: Any) -> Config:
    """Return a configuration with two services at each of these providers."""
    services = [
        {"id": f"{name}-{letter}", "product": "p", "access": "official", "provider": name, "model": "m"}
        for name in providers
        for letter in "ab"
    ]
    described = {name: {"base_url": f"https://{name}.example/v1", "api_key_env": "PATH"} for name in providers}
    return Config.model_validate({"providers": described, "services": services, **more})


@pytest.mark.parametrize("count", range(1, 11))
def test_every_service_is_in_one_shard(count: int) -> None:
    """The shards together have each service and provider once, and a provider's services are in the same one."""
    whole = config(*PROVIDERS)
    parts = [Shard(number, count).part(whole) for number in range(1, count + 1)]
    services = Counter(service.id for part in parts for service in part.services)
    assert services == Counter(service.id for service in whole.services)
    assert sorted(name for part in parts for name in part.providers) == sorted(PROVIDERS)
    assert all({service.provider for service in part.services} == part.providers.keys() for part in parts)


def test_shards_are_of_similar_size() -> None:
    """No shard of five has more than twice its part of a thousand providers."""
    sizes = Counter(shard_of(f"provider {number}", 5) for number in range(1000))
    assert sorted(sizes) == [1, 2, 3, 4, 5]
    assert max(sizes.values()) < 400


def test_the_division_is_the_same_everywhere() -> None:
    """It depends on the names alone, and not on the process; these are the shards of earlier releases."""
    assert [shard_of(name, 5) for name in ("apiyi", "openai", "google", "fal")] == [3, 2, 2, 2]


def test_a_new_provider_moves_no_other() -> None:
    """Services keep their shard when a provider joins, wherever it stands in the file."""
    for number in (1, 2, 3):
        before = {service.id for service in Shard(number, 3).part(config(*PROVIDERS)).services}
        after = {service.id for service in Shard(number, 3).part(config("newcomer", *PROVIDERS)).services}
        assert {name for name in after if not name.startswith("newcomer")} == before


def test_one_more_shard_takes_only_its_own_part() -> None:
    """From five shards to six, a provider stays where it is or goes to the sixth."""
    moved = {(shard_of(name, 5), shard_of(name, 6)) for name in PROVIDERS}
    assert all(before == after or after == 6 for before, after in moved)


def test_pages_follow_their_services() -> None:
    """A page is watched where a service names it; one that no service names is watched once."""
    pages = {"openai": None, "google-cloud": None, "spare": {"url": "https://spare.example", "format": "statuspage"}}
    whole = config("one", "two", status_pages=pages)
    component = PageComponent(page="openai", component="01K9G527YRPY1EFRMHTKB5BKT5")
    first = whole.services[0].model_copy(update={"status_page": component})
    whole = whole.model_copy(update={"services": (first, *whole.services[1:])})
    shards = [Shard(number, 7) for number in range(1, 8)]
    watched = Counter(name for shard in shards for name in shard.part(whole).status_pages)
    assert watched == {"openai": 1, "google-cloud": 1, "spare": 1}
    assert "openai" in Shard(shard_of("one", 7), 7).part(whole).status_pages


def test_maintenance_of_other_services_is_left_out() -> None:
    """Planned work on services of other shards alone is none of this shard's."""
    work = {"from": "2026-12-01T02:00Z", "until": "2026-12-01T04:00Z", "why": "new contract"}
    whole = config("one", "two", maintenance=[{**work, "services": ["one-a"]}, work])
    there = Shard(shard_of("one", 2), 2)
    elsewhere = Shard(3 - there.number, 2)
    assert [len(shard.part(whole).maintenance) for shard in (there, elsewhere)] == [2, 1]


def test_the_whole_is_untouched() -> None:
    """Without shards the configuration is the very same."""
    whole = config("one")
    assert WHOLE.part(whole) is whole


@pytest.mark.parametrize(
    ("text", "host", "shard"),
    [("2/5", "any", Shard(2, 5)), ("/5", "sora-exporter-0", Shard(1, 5)), ("/5", "sora-exporter-4", Shard(5, 5))],
)
def test_a_shard_is_read(text: str, host: str, shard: Shard) -> None:
    """Two numbers name a shard; in a StatefulSet the first comes from the pod's name, which counts from 0."""
    assert parse_shard(text, host) == shard
    assert str(shard) == f"{shard.number}/5"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0/5", "there is no shard 0 of 5: the first is 1, the last 5"),
        ("6/5", "there is no shard 6 of 5"),
        ("/5", "there is no shard 8 of 5"),
        ("1/0", "the number of shards is from 1 to 1000"),
        ("5", "is not a shard such as 2/5"),
        ("-1/5", "is not a shard"),
    ],
)
def test_a_wrong_shard_is_one_line(text: str, words: str) -> None:
    """A number out of range, and a text that is none, name what is possible."""
    with pytest.raises(ValueError, match=words) as refused:
        parse_shard(text, "sora-exporter-7")
    assert "\n" not in str(refused.value)


def test_a_host_without_a_number_is_named() -> None:
    """Outside of a StatefulSet the shard's number must be written."""
    with pytest.raises(ValueError, match=r"the name of this host, laptop, has no number at its end: write e\.g\. 1/5"):
        parse_shard("/5", "laptop")


def test_the_digest_is_of_the_whole_configuration() -> None:
    """Equal configurations have equal digests, other ones others, and a key is not part of it."""
    assert digest(config("one")) == digest(config("one"))
    assert digest(config("one")) != digest(config("one", budget_usd_per_day=1.0))
