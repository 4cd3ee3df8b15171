"""Ledgers at a time that is moved by hand."""

from __future__ import annotations

from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.reservation import Reservation

DAY = 86400.0
START = 20_000 * DAY


class HandClock:
    """Unix time moved by hand."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> float:
        return self.time


def reserve(ledger: Ledger, amount_usd: float = 0.4, service_id: str = "relay") -> Reservation:
    """Reserve money of a day's limit of one dollar."""
    reservation = ledger.reserve(service_id, "generate", amount_usd, 1.0)
    assert reservation is not None
    return reservation
