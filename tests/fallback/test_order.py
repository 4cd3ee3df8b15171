"""The order in which routes are tried, and the routes that are skipped."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from support.clock import HandClock
from support.faults.server import Connection, answer, fixed, serve
from support.shop import OFFICIAL, REVERSE, Shop, config_of, service

from sora_exporter.fallback import AllRoutesFailed
from sora_exporter.fallback.breaker import OPEN_SECONDS, OPENS_AFTER, Breaker
from sora_exporter.fallback.exporter_view import CACHED_SECONDS
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


def status(official: str, reverse: str, recommended: str | None = None) -> dict[str, Any]:
    """Return the document of an exporter at /api/v1/status."""
    return {
        "services": [{"service_id": OFFICIAL, "status": official}, {"service_id": REVERSE, "status": reverse}],
        "products": [{"product": "sora-2", "service_id": recommended}],
    }


def answer_of(document: object) -> bytes:
    """Return an exporter's answer."""
    return answer(json.dumps(document).encode())


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


GARBAGE: list[object] = [None, [], "x", {}, {"services": 1}, {"services": [1], "products": []}]


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[" * 100_000, b"\xff\xfe", json.dumps(status("exploded", "operational")).encode()]
    + [json.dumps(document).encode() for document in GARBAGE],
)
async def test_an_exporter_that_talks_nonsense_changes_nothing(shop: Shop, body: bytes) -> None:
    """With any answer of the exporter, the first route is tried as if there were no exporter."""
    async with serve(fixed(answer(body))) as exporter:
        job = await shop.client(exporter_url=exporter.url).create_video("A paper boat")
    assert (job.service_id, len(job.attempts)) == (OFFICIAL, 1)


@pytest.mark.parametrize(
    "fault", ["silence", "reset at once", "body byte by byte", "header byte by byte", "no listener"]
)
async def test_an_exporter_that_is_slow_or_gone_holds_up_no_call(shop: Shop, fault: str) -> None:
    """The calls go on without an answer of the exporter, and the next ones do not send it a request at once."""
    async with serve("silence" if fault == "no listener" else fault) as exporter:
        url = "http://127.0.0.1:9" if fault == "no listener" else exporter.url
        client = shop.client(exporter_url=url)
        async with asyncio.timeout(60):
            await asyncio.gather(*(client.create_video(f"Boat {number}") for number in range(5)))
            await client.create_video("Another")
        assert exporter.connections == (0 if fault == "no listener" else 1)
    assert shop.tried() == [OFFICIAL] * 6


async def test_the_exporter_is_read_once_in_a_few_seconds(shop: Shop, clock: HandClock) -> None:
    """Many callers share one answer until it is too old; then a new one counts."""
    answers = [answer_of(status("suspended", "operational")), answer_of(status("operational", "operational"))]

    async def behave(connection: Connection) -> None:
        await connection.send(answers.pop(0))

    async with serve(behave) as exporter:
        client = shop.client(exporter_url=exporter.url, clock=clock)
        jobs = await asyncio.gather(*(client.create_video(f"Boat {number}") for number in range(10)))
        assert (len(exporter.requests), {job.service_id for job in jobs}) == (1, {REVERSE})
        await clock.advance(CACHED_SECONDS + 0.1)
        assert (await client.create_video("Another")).service_id == OFFICIAL
        assert len(exporter.requests) == 2


async def test_the_breaker_leaves_a_failing_route_alone(shop: Shop, clock: HandClock) -> None:
    """After three faults in a row it is skipped; after a pause one caller tries, and its success opens it to all."""
    shop.behave(OFFICIAL, "overloaded")
    client = shop.client(clock=clock)
    for _ in range(OPENS_AFTER + 2):
        await client.create_video("A paper boat")
    assert shop.tried().count(OFFICIAL) == OPENS_AFTER
    await clock.advance(OPEN_SECONDS)
    await asyncio.gather(*(client.create_video(f"Boat {number}") for number in range(5)))
    assert shop.tried().count(OFFICIAL) == OPENS_AFTER + 1
    shop.behave(OFFICIAL, "operational")
    await clock.advance(OPEN_SECONDS)
    await client.create_video("A paper boat")
    jobs = [await client.create_video("A paper boat") for _ in range(3)]
    assert {job.service_id for job in jobs} == {OFFICIAL}


@pytest.mark.parametrize("fine", [E.NONE, E.CONTENT_POLICY, E.INVALID_REQUEST])
def test_a_refusal_of_the_request_closes_the_circuit(clock: HandClock, fine: ErrorClass) -> None:
    """A refusal of the request proves that the route works, so faults are counted from zero after it."""
    breaker = Breaker(clock.monotonic)
    for error_class in (*[E.TIMEOUT] * (OPENS_AFTER - 1), fine, *[E.TIMEOUT] * (OPENS_AFTER - 1)):
        breaker.note("one", error_class)
    assert breaker.admits("one")
    breaker.note("one", E.TIMEOUT)
    assert not breaker.admits("one")
    assert breaker.admits("other")


async def test_an_exporter_may_require_a_password(shop: Shop) -> None:
    """User and password in the exporter's address are sent as basic authentication."""
    async with serve(fixed(answer_of(status("suspended", "operational")))) as exporter:
        url = exporter.url.replace("://", "://watcher:secret@")
        job = await shop.client(exporter_url=url).create_video("A paper boat")
    assert b"authorization: basic d2f0y2hlcjpzzwnyzxq=" in exporter.requests[0].lower()
    assert job.service_id == REVERSE
