"""Ledgers at a time that is moved by hand."""

from __future__ import annotations

from collections.abc import Callable

from sora_exporter.budget.ledger import Ledger, open_storage
from sora_exporter.budget.reservation import Reservation
from sora_exporter.budget.storage import Place

DAY = 86400.0
START = 20_000 * DAY


class HandClock:
    """Unix time moved by hand."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> float:
        return self.time


def opened(place: Place, now: Callable[[], float]) -> Ledger:
    """Open the ledger of an exporter, in a directory or a database, with this clock for all its users."""
    return Ledger.over(open_storage(place, exclusive=True), now)


def reserve(ledger: Ledger, amount_usd: float = 0.4, service_id: str = "relay") -> Reservation:
    """Reserve money of a day's limit of one dollar."""
    reservation = ledger.reserve(service_id, "generate", amount_usd, 1.0)
    assert reservation is not None
    return reservation
