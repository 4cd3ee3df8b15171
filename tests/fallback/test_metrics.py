"""The client's metrics in the application's registry."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from support.shop import OFFICIAL, REVERSE, Shop, config_of, service

from sora_exporter.fallback import AllRoutesFailed, AmbiguousSubmit
from sora_exporter.fallback.metrics import SUCCESS
from sora_exporter.result import Depth, ErrorClass

OUTCOMES = {SUCCESS, *(error_class.value for error_class in ErrorClass)} - {"none"}


def labels(registry: CollectorRegistry, name: str) -> list[dict[str, str]]:
    """Return the labels of every series of that name."""
    return [s.labels for family in registry.collect() for s in family.samples if s.name == name]


async def test_every_request_is_counted_once(shop: Shop) -> None:
    """Success and failure by route and class, the change of route, and how long each took."""
    shop.behave(OFFICIAL, "overloaded")
    client = shop.client()
    await client.create_video("A paper boat")
    shop.behave(OFFICIAL, "hang")
    with pytest.raises(AmbiguousSubmit):
        await shop.client(submit_seconds=0.2).create_video("A paper boat")
    assert shop.counted(OFFICIAL, "overloaded") == shop.counted(OFFICIAL, "timeout") == 1
    assert (shop.counted(REVERSE, SUCCESS), shop.counted(OFFICIAL, SUCCESS)) == (1, 0)
    way = {"from_service_id": OFFICIAL, "to_service_id": REVERSE}
    assert shop.registry.get_sample_value("sora_client_fallbacks_total", way) == 1
    count = "sora_client_request_duration_seconds_count"
    assert shop.registry.get_sample_value(count, {"service_id": OFFICIAL}) == 2


async def test_clients_of_one_process_share_their_metrics(shop: Shop) -> None:
    """Any number of clients on one registry count into the same series; another registry is not touched."""
    for _ in range(3):
        await shop.client().create_video("A paper boat")
    other = CollectorRegistry()
    shop.client(registry=other)
    assert shop.counted(OFFICIAL, SUCCESS) == 3
    assert other.get_sample_value("sora_client_requests_total", {"service_id": OFFICIAL, "outcome": SUCCESS}) == 0


async def test_label_sets_are_closed_and_whole_from_the_start(shop: Shop) -> None:
    """Before the first call every outcome of every route is there as zero, and calls add none; no ``_created``."""
    client = shop.client()
    before = labels(shop.registry, "sora_client_requests_total")
    expected = [(service_id, outcome) for service_id in (OFFICIAL, REVERSE) for outcome in OUTCOMES]
    assert sorted((one["service_id"], one["outcome"]) for one in before) == sorted(expected)
    shop.behave(OFFICIAL, "unavailable")
    await client.create_video("A paper boat with {braces}")
    assert labels(shop.registry, "sora_client_requests_total") == before
    assert len(labels(shop.registry, "sora_client_fallbacks_total")) == 2
    exposed = generate_latest(shop.registry)
    assert (b"paper boat" in exposed, b"_created" in exposed) == (False, False)


@pytest.mark.parametrize(
    ("behaviour", "proven"),
    [
        ("operational", ["reachable", "authenticated", "offered", "routed", "accepted", "delivered"]),
        ("unavailable", ["reachable", "authenticated"]),
        ("captcha", []),
    ],
)
async def test_own_traffic_proves_how_deep_a_route_works(shop: Shop, behaviour: str, proven: list[str]) -> None:
    """An accepted job proves all up to accepted, a whole asset delivered, a refusal after the key the key."""
    shop.behave(OFFICIAL, behaviour)
    client = shop.client(config_of(shop.simulator.base_url("videos"), service(OFFICIAL)))
    try:
        job = await client.create_video("A boat", seconds=4)
        labels = {"service_id": OFFICIAL, "depth": "delivered"}
        assert shop.registry.get_sample_value("sora_client_proven_timestamp_seconds", labels) is None
        await client.download(job)
    except AllRoutesFailed:
        pass
    moments = {
        str(depth): shop.registry.get_sample_value(
            "sora_client_proven_timestamp_seconds", {"service_id": OFFICIAL, "depth": str(depth)}
        )
        for depth in Depth
    }
    assert [depth for depth, at in moments.items() if at is not None] == proven
