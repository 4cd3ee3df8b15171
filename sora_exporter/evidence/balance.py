"""A provider's balance: the last readings, the pace of the last day, and the consequences for its services."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.config import Config, Provider
from sora_exporter.result import BalanceReading, ErrorClass, ProbeResult

DAYS_LEFT = 3.0
"""A balance that lasts for fewer days at the pace of the last day is low, unless a level is configured."""
STEP_SECONDS = 600.0
"""Spending is remembered in steps of this length, so that a short interval needs no more memory."""
FRESH_INTERVALS = 2.5
MONEY = "USD"
RULE = "balance"


@dataclass(eq=False, slots=True)
class BalanceTrack:
    """The memory of one provider's balance. ``*_at`` are monotonic.

    ``provider`` is the provider as it was configured, with a description of its balance call. ``cheapest_usd`` is the
    price of the cheapest video of its services, None if none is known. ``spent`` holds the decreases of the balance, by
    the start of their step; a rise is a payment and does not reduce them.
    """

    provider: Provider
    cheapest_usd: float | None = None
    latest: BalanceReading | None = None
    latest_at: float = -math.inf
    good: BalanceReading | None = None
    good_at: float = -math.inf
    revision: int = 0
    spent: deque[tuple[float, float]] = field(default_factory=deque)

    def record(self, reading: BalanceReading, monotonic: float) -> None:
        """Keep one reading; a failed one leaves the value of the last good one."""
        self.latest, self.latest_at = reading, monotonic
        self.revision += 1
        if reading.value is None:
            return
        before, self.good, self.good_at = self.good, reading, monotonic
        if before is None or before.value is None or before.unit != reading.unit:
            self.spent.clear()
            return
        if math.isfinite(before.value) and reading.value < before.value:
            self._spend(before.value - reading.value, monotonic)
        while self.spent and self.spent[0][0] < monotonic - DAY_SECONDS:
            self.spent.popleft()

    def _spend(self, amount: float, monotonic: float) -> None:
        if self.spent and monotonic < self.spent[-1][0] + STEP_SECONDS:
            began, so_far = self.spent.pop()
            self.spent.append((began, so_far + amount))
        else:
            self.spent.append((monotonic, amount))

    @property
    def interval(self) -> float:
        """The configured interval in seconds."""
        return self.provider.balance.interval if self.provider.balance else 0.0

    @property
    def low(self) -> float:
        """The level below which the balance is low: the configured one, or three days at the pace of the last day."""
        configured = self.provider.balance.low if self.provider.balance else None
        if configured is not None:
            return configured
        return round(DAYS_LEFT * sum(amount for _, amount in self.spent), 9)

    @property
    def is_low(self) -> bool:
        """True if the last reading is below the warning level, or not above zero."""
        value = self.good.value if self.good else None
        return value is not None and (value < self.low or value <= 0)

    def can_pay(self, monotonic: float) -> bool | None:
        """Return whether the balance covers the cheapest video, by a reading fresh at a moment; None without one.

        In a unit other than USD, any amount above zero counts as enough.
        """
        if self.good is None or self.good.value is None or monotonic > self.good_at + FRESH_INTERVALS * self.interval:
            return None
        least = self.cheapest_usd if self.good.unit == MONEY else None
        return self.good.value > 0 and self.good.value >= (least or 0.0)

    def unpaid(self, evidence: ProbeResult) -> ProbeResult:
        """Return a service's evidence with an empty balance taken into account: our quota is used up."""
        left = f"{self.good.value:g} {self.good.unit}" if self.good and self.good.value is not None else "nothing"
        detail = f"the provider's balance, {left}, does not cover the cheapest video"
        return replace(evidence, error_class=ErrorClass.QUOTA_EXHAUSTED, rule=RULE, detail=detail)


def balances_of(config: Config, known: Mapping[str, BalanceTrack]) -> dict[str, BalanceTrack]:
    """Return a track for each provider with a described balance; tracks of unchanged providers are kept."""
    tracks = {}
    for name, provider in config.providers.items():
        if provider.balance is None:
            continue
        track = known.get(name)
        tracks[name] = track = track if track is not None and track.provider == provider else BalanceTrack(provider)
        prices = (config.attempt_price_usd(service) for service in config.services if service.provider == name)
        track.cheapest_usd = min((price for price in prices if price is not None), default=None)
    return tracks
