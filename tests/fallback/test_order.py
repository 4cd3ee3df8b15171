"""The order in which routes are tried, and the routes that are skipped."""

from __future__ import annotations

import pytest
from support.exporter_document import answer_of, status
from support.faults.server import fixed, serve
from support.shop import OFFICIAL, REVERSE, Shop, config_of, service

from sora_exporter.fallback import AllRoutesFailed
from sora_exporter.fallback.order import Order, order_routes
from sora_exporter.result import ErrorClass, Status

E = ErrorClass
OFFERED = (
    service("dear", access="reverse", price_usd={"per_request": 1.0}),
    service("per-second", price_usd={"per_second": 0.10}),
    service("unpriced", price_usd=None),
    service("mid", access="reverse", price_usd={"per_request": 0.5}),
    service("cheap", access="reverse", price_usd={"per_request": 0.05}),
)


@pytest.mark.parametrize(
    ("prefer", "seconds", "expected"),
    [
        ("official", 8, ["per-second", "unpriced", "dear", "mid", "cheap"]),
        ("reverse", 8, ["dear", "mid", "cheap", "per-second", "unpriced"]),
        ("cheapest", 4, ["cheap", "per-second", "mid", "dear", "unpriced"]),
        ("cheapest", 8, ["cheap", "mid", "per-second", "dear", "unpriced"]),
        ("cheapest", 12, ["cheap", "mid", "dear", "per-second", "unpriced"]),
        ("recommended", 8, ["mid", "per-second", "unpriced", "dear", "cheap"]),
        (["cheap", "dear", "cheap"], 8, ["cheap", "dear"]),
    ],
)
def test_preference_decides_the_order(
    monkeypatch: pytest.MonkeyPatch, prefer: str | list[str], seconds: int, expected: list[str]
) -> None:
    """Official, reverse, cheapest for the length ordered, recommended, or exactly the routes named; ties as listed."""
    monkeypatch.setenv("SHOP_KEY", "sk-of-the-application")
    order = Order("sora-2", seconds, {}, recommended="mid")
    found = order_routes(config_of("http://relay.example/v1", *OFFERED), order, prefer)
    assert [one.id for one in found] == expected


@pytest.mark.parametrize("known", Status)
async def test_only_suspended_and_retired_routes_are_skipped(shop: Shop, known: Status) -> None:
    """Routes of every other status are tried; a skipped route is listed with its reason."""
    is_skipped = known in (Status.SUSPENDED, Status.RETIRED)
    async with serve(fixed(answer_of(status(known, "operational")))) as exporter:
        job = await shop.client(exporter_url=exporter.url).create_video("A paper boat")
    assert shop.tried() == [REVERSE if is_skipped else OFFICIAL]
    assert [attempt.was_skipped for attempt in job.attempts] == ([True, False] if is_skipped else [False])
    assert not is_skipped or str(job.attempts[0]) == f"{OFFICIAL}: skipped (the exporter says {known})"


async def test_no_request_is_sent_if_every_route_is_suspended(shop: Shop) -> None:
    """If all routes are skipped, the error names each with its reason, and no request is sent."""
    async with serve(fixed(answer_of(status("suspended", "retired")))) as exporter:
        with pytest.raises(AllRoutesFailed, match=r"official: skipped \(the exporter says suspended\).*retired"):
            await shop.client(exporter_url=exporter.url).create_video("A paper boat")
    assert shop.tried() == []


async def test_the_recommended_route_comes_first(shop: Shop) -> None:
    """``recommended`` follows the exporter, and is ``official`` where it recommends nothing."""
    for recommended, expected in ((REVERSE, REVERSE), (OFFICIAL, OFFICIAL), (None, OFFICIAL)):
        async with serve(fixed(answer_of(status("operational", "operational", recommended)))) as exporter:
            job = await shop.client(exporter_url=exporter.url).create_video("A paper boat", prefer="recommended")
        assert job.service_id == expected
