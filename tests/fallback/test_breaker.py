"""The circuit breaker: when a route is skipped, and when it is tried again."""

from __future__ import annotations

import asyncio

import pytest
from support.clock import HandClock
from support.shop import OFFICIAL, Shop

from sora_exporter.fallback.breaker import OPEN_SECONDS, OPENS_AFTER, Breaker
from sora_exporter.result import ErrorClass

E = ErrorClass


async def test_an_open_circuit_admits_one_caller_per_pause(clock: HandClock) -> None:
    """After faults in a row the route is skipped; after the pause one caller tries it, and the next ones wait again."""
    breaker = Breaker(clock.monotonic)
    for _ in range(OPENS_AFTER):
        assert breaker.admits("alpha")
        breaker.note("alpha", E.TIMEOUT)
    assert not breaker.admits("alpha")
    assert breaker.admits("beta")
    await clock.advance(OPEN_SECONDS)
    assert [breaker.admits("alpha"), breaker.admits("alpha")] == [True, False]


@pytest.mark.parametrize("error_class", [E.NONE, E.CONTENT_POLICY, E.INVALID_REQUEST])
def test_an_answer_that_proves_the_route_closes_the_circuit(clock: HandClock, error_class: ErrorClass) -> None:
    """A success and a refusal of the request itself reset the count of faults."""
    breaker = Breaker(clock.monotonic)
    for outcome in (*[E.TIMEOUT] * (OPENS_AFTER - 1), error_class, E.TIMEOUT):
        breaker.note("alpha", outcome)
    assert breaker.admits("alpha")


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
