"""Money in micro-dollars and days as the ledger counts them."""

from __future__ import annotations

from datetime import date

import pytest

from sora_exporter.budget.reservation import ceil_micro, date_of, day_of, floor_micro


@pytest.mark.parametrize(
    ("usd", "up", "down"), [(1.1, 1_100_000, 1_100_000), (0.1234567, 123_457, 123_456), (0.0, 0, 0), (1e-7, 1, 0)]
)
def test_costs_are_rounded_up_and_limits_down(usd: float, up: int, down: int) -> None:
    """No fraction of a micro-dollar is ever in favour of spending, and binary fractions add nothing."""
    assert (ceil_micro(usd), floor_micro(usd)) == (up, down)


@pytest.mark.parametrize("day", [0, 20_480, 2_932_896])
def test_days_are_counted_from_1970(day: int) -> None:
    """A day and its date are the same in both directions."""
    assert (day_of(date_of(day)), date_of(0)) == (day, date(1970, 1, 1))
