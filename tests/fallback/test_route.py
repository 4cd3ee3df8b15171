"""The request of a route: the length of the video in the member that its API names."""

from __future__ import annotations

import pytest
from support.shop import OFFICIAL, Shop, config_of, service

from sora_exporter.fallback.route import ordered


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("seconds", {"seconds": "9", "input": {"length": 5, "size": "hd"}}),
        ("input.length", {"seconds": "4", "input": {"length": 9, "size": "hd"}}),
        ("nowhere", {"seconds": "4", "input": {"length": 5, "size": "hd"}}),
    ],
)
async def test_the_length_is_in_the_vendors_member(shop: Shop, path: str, expected: dict[str, object]) -> None:
    """Seconds replace the member the API names, inside others too, in the type it has there, and nothing else."""
    api = shop.config.api(shop.config.services[0]).model_dump(exclude_none=True)
    body = {"model": "{model}", "seconds": "4", "input": {"length": 5, "size": "hd"}}
    document = {"own": {**api, "create": {**api["create"], "body": body, "billed_seconds": [path]}}}
    config = config_of("http://relay.example/v1", service(OFFICIAL, api="own"), apis=document)
    found, watched = config.apis["own"], config.services[0]
    ordered_service = ordered(watched, found, 9, {})
    request = found.create_body(watched.model, ordered_service.request, "A paper boat")
    assert request == {"model": "sora-2", **expected}
    assert watched.request == {}


@pytest.mark.parametrize(
    ("api", "own", "expected"),
    [
        ("luma", {"video": {"resolution": "1080p", "duration": "10s"}}, {"resolution": "1080p", "duration": "5s"}),
        ("replicate", {"input": {"text": "{prompt}", "duration": 8}}, {"text": "A boat", "duration": 5}),
        ("replicate", {"input": {"text": "{prompt}"}}, {"text": "A boat"}),
    ],
)
def test_the_length_leaves_what_the_service_orders_beside_it(
    monkeypatch: pytest.MonkeyPatch, api: str, own: dict[str, object], expected: dict[str, object]
) -> None:
    """The members that a service sets beside the length stay, and no length is added where none is ordered."""
    monkeypatch.setenv("SHOP_KEY", "sk-of-the-application")
    config = config_of("http://relay.example/v1", service(OFFICIAL, api=api, request=own))
    watched, shape = config.services[0], config.api(config.services[0])
    request = shape.create_body(watched.model, ordered(watched, shape, 5, {}).request, "A boat")
    assert request[next(iter(own))] == expected
