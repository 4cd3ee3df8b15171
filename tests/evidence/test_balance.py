"""The consequences of a balance: its pace and warning level, and the services that it does not cover."""

from __future__ import annotations

import math
from typing import Any

import pytest
from support.clock import HandClock
from support.configured import SERVICE, loaded

from sora_exporter.config import Config
from sora_exporter.evidence.balance import BalanceTrack, balances_of
from sora_exporter.evidence.state import State
from sora_exporter.result import BalanceReading, ErrorClass, ProbeKind, ProbeResult, Status

HOUR = 3600.0


def config_of(price: float | None = None, **balance: Any) -> Config:
    """Return a configuration of one service, priced per request, whose provider's balance is described."""
    described = {"path": "/left", "value": "left", "unit": "USD", **balance}
    relay = {"base_url": "https://relay.example/v1", "balance": described}
    own = {} if price is None else {"price_usd": {"per_request": price}}
    return loaded({"providers": {"relay": relay}, "services": [{**SERVICE, **own}]})


def track_of(**balance: Any) -> BalanceTrack:
    """Return the track of a balance that was never read."""
    return balances_of(config_of(**balance), {})["relay"]


def left(value: float | None, unit: str = "USD", at: float = 0.0) -> BalanceReading:
    """Return a reading; without a value, a failed one."""
    return BalanceReading(ErrorClass.NONE if value is not None else ErrorClass.SERVER_ERROR, at, value, unit)


def test_the_level_is_three_days_at_the_pace_of_the_last_day() -> None:
    """The spend of a day counts three times; a payment does not reduce it, and older spending is forgotten."""
    track = track_of()
    for hour, value in enumerate((20.0, 19.0, 50.0, 48.0)):
        track.record(left(value), hour * HOUR)
    assert (track.low, track.is_low) == (9.0, False)
    track.record(left(8.5), 4 * HOUR)
    assert track.is_low
    track.record(left(8.5), 40 * HOUR)
    assert (track.low, track.is_low) == (0.0, False)


def test_a_configured_level_goes_before_the_pace() -> None:
    """The level of the configuration holds for any spending, and equality is not low."""
    track = track_of(low=5)
    track.record(left(100.0), 0.0)
    track.record(left(5.0), HOUR)
    assert (track.low, track.is_low) == (5.0, False)
    track.record(left(4.99), 2 * HOUR)
    assert track.is_low


def test_another_unit_begins_a_new_pace() -> None:
    """A difference between two currencies is not money spent."""
    track = track_of()
    track.record(left(700.0, "CNY"), 0.0)
    track.record(left(100.0, "USD"), HOUR)
    assert track.low == 0.0


def test_many_readings_keep_little_memory() -> None:
    """A day of readings each second keeps no more entries than a day has steps of ten minutes, and the same sum."""
    track = track_of()
    for second in range(0, 20_000):
        track.record(left(100_000.0 - second), float(second))
    assert len(track.spent) <= 34
    assert track.low == pytest.approx(3 * 19_999)


def test_a_failed_reading_keeps_the_last_amount_until_it_is_too_old() -> None:
    """A failure changes no amount; after 2.5 intervals nothing is known any more."""
    track = track_of()
    track.record(left(-2.0), 0.0)
    track.record(left(None), 600.0)
    assert track.good is not None
    assert (track.good.value, track.can_pay(1500.0), track.can_pay(1501.0)) == (-2.0, False, None)


@pytest.mark.parametrize(
    ("value", "unit", "can_pay"),
    [(0.0, "USD", False), (-1.0, "credits", False), (0.11, "USD", False), (0.12, "USD", True), (0.01, "CNY", True),
     (math.inf, "USD", True)],
)  # fmt: skip
def test_the_cheapest_video_is_the_least_a_balance_must_pay(value: float, unit: str, can_pay: bool) -> None:
    """Dollars are compared with the cheapest price, any other unit only with nothing."""
    track = track_of(price=0.12)
    track.record(left(value, unit), 0.0)
    assert track.can_pay(0.0) is can_pay


def attempt(clock: HandClock, error_class: ErrorClass = ErrorClass.NONE) -> ProbeResult:
    """Return a catalog attempt of now."""
    return ProbeResult("a", ProbeKind.CATALOG, error_class, clock.now(), 0.1)


def state_of(clock: HandClock, config: Config) -> State:
    """Return a state that knows a configuration."""
    state = State(clock)
    state.configure(config)
    return state


def test_an_empty_balance_makes_a_working_service_unknown() -> None:
    """The class is quota_exhausted by the rule ``balance``, with the amount; once paid, it is operational again."""
    clock = HandClock()
    state = state_of(clock, config_of())
    state.record(attempt(clock))
    state.note_balance("relay", left(0.0, at=clock.now()))
    status = state.status_of("a")
    assert (status.status, status.error_class) == (Status.UNKNOWN, ErrorClass.QUOTA_EXHAUSTED)
    assert status.decided_by is not None
    assert (status.decided_by.rule, "0 USD" in status.decided_by.detail) == ("balance", True)
    state.note_balance("relay", left(10.0, at=clock.now()))
    assert state.status_of("a").status is Status.OPERATIONAL


def test_another_key_has_a_balance_of_its_own() -> None:
    """An empty balance that was read with the former key decides nothing once another key is in use."""
    clock = HandClock()
    state = state_of(clock, config_of())
    state.record(attempt(clock))
    state.note_balance("relay", left(0.0, at=clock.now()))
    state.renew_key("relay")
    assert (state.status_of("a").status, state.balances["relay"].latest) == (Status.OPERATIONAL, None)


def test_a_real_failure_stays_one_beside_an_empty_balance() -> None:
    """A suspended service is suspended, paid or not."""
    clock = HandClock()
    state = state_of(clock, config_of())
    state.record(attempt(clock, ErrorClass.UNAVAILABLE))
    state.note_balance("relay", left(0.0, at=clock.now()))
    assert state.status_of("a").error_class is ErrorClass.UNAVAILABLE


async def test_money_withdraws_an_older_used_up_quota_and_no_newer_one() -> None:
    """A reading that can pay proves an older refusal outdated; a refusal after it counts."""
    clock = HandClock()
    state = state_of(clock, config_of())
    state.record(attempt(clock, ErrorClass.QUOTA_EXHAUSTED))
    await clock.advance(10)
    state.note_balance("relay", left(10.0, at=clock.now()))
    assert (state.status_of("a").error_class, state.services["a"].obstacles) == (ErrorClass.NOT_PROBED, ())
    await clock.advance(10)
    state.record(attempt(clock, ErrorClass.QUOTA_EXHAUSTED))
    assert state.status_of("a").error_class is ErrorClass.QUOTA_EXHAUSTED


def test_a_reload_keeps_unchanged_providers() -> None:
    """The readings of an unchanged provider stay, those of a changed one and of a removed one go."""
    clock = HandClock()
    state = state_of(clock, config_of())
    state.note_balance("relay", left(3.0))
    state.configure(config_of(price=1.0))
    assert state.balances["relay"].good == left(3.0)
    state.configure(config_of(interval="20m"))
    assert state.balances["relay"].good is None
    state.configure(loaded({"providers": {}, "services": []}))
    state.note_balance("relay", left(3.0))
    assert state.balances == {}
