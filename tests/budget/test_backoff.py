"""The waits of services whose paid attempts make no job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from support.clock import HandClock
from support.ledgers import opened

from sora_exporter.budget.backoff import LONGEST_WAIT_SECONDS, Backoff
from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.storage import Place


@pytest.fixture
def ledger(place: Place, clock: HandClock) -> Iterator[Ledger]:
    """An empty ledger."""
    with closing(opened(place, clock.now)) as ledger:
        yield ledger


def test_each_fruitless_attempt_doubles_the_wait(ledger: Ledger, clock: HandClock) -> None:
    """The wait begins at twice the interval, doubles each time, ends at a day, and survives a restart."""
    backoff = Backoff(ledger, clock.now)
    waits = []
    for _ in range(14):
        backoff.paid("a", is_fruitless=True)
        waits.append(backoff.wait_seconds("a", 60.0))
    assert waits[:4] == [120.0, 240.0, 480.0, 960.0]
    assert waits[-1] == LONGEST_WAIT_SECONDS
    assert Backoff(ledger, clock.now).wait_seconds("a", 60.0) == LONGEST_WAIT_SECONDS
    assert backoff.wait_seconds("b", 60.0) == 0.0


def test_the_wait_passes_with_time(ledger: Ledger, clock: HandClock) -> None:
    """A probe every minute waits two after its first fruitless attempt, counted from its end."""
    backoff = Backoff(ledger, clock.now)
    backoff.paid("a", is_fruitless=True)
    assert backoff.wait_seconds("a", 60.0) == 120.0
    clock.step(119.0)
    assert backoff.wait_seconds("a", 60.0) == 1.0
    clock.step(1.0)
    assert backoff.wait_seconds("a", 60.0) == 0.0


def test_a_clock_that_steps_back_lengthens_no_wait(ledger: Ledger, clock: HandClock) -> None:
    """After the clock stepped back by a year the wait is as long as it was, not a year."""
    backoff = Backoff(ledger, clock.now)
    backoff.paid("a", is_fruitless=True)
    clock.step(-365 * 86400.0)
    assert backoff.wait_seconds("a", 60.0) == 120.0


def test_a_job_ends_the_wait(ledger: Ledger, clock: HandClock) -> None:
    """An attempt that made a job begins anew, in the ledger too."""
    backoff = Backoff(ledger, clock.now)
    backoff.paid("a", is_fruitless=True)
    backoff.paid("a", is_fruitless=False)
    assert (backoff.wait_seconds("a", 60.0), ledger.fruitless()) == (0.0, {})


@pytest.mark.parametrize(
    ("free", "is_over"), [([True], False), ([True, True], False), ([True, False], False), ([False, True], True)]
)
def test_a_free_probe_that_recovers_ends_the_wait(
    ledger: Ledger, clock: HandClock, free: list[bool], is_over: bool
) -> None:
    """Only a success after a failure is a change for the better."""
    backoff = Backoff(ledger, clock.now)
    backoff.paid("a", is_fruitless=True)
    for is_success in free:
        backoff.free("a", "canary", is_success=is_success)
    assert (backoff.wait_seconds("a", 60.0) == 0.0) is is_over
