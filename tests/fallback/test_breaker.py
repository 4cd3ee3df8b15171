"""The circuit breaker: when a route is skipped, and when it is tried again."""

from __future__ import annotations

import pytest
from support.clock import HandClock

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
