"""A provider's balance on the pages."""

from __future__ import annotations

import math

from support.pages import internals, of_service

from sora_exporter.config.balance import Balance
from sora_exporter.evidence.balance import BalanceTrack
from sora_exporter.exporter import Exporter
from sora_exporter.result import BalanceReading, ErrorClass


def test_the_balance_stands_beside_its_provider(exporter: Exporter) -> None:
    """A low balance shows amount, unit, mark and age, and a later failed reading is named beside it."""
    now = exporter.clock.now()
    provider = exporter.config.providers["relay"].model_copy(
        update={"balance": Balance.model_validate({"path": "/left", "value": "left", "unit": "USD", "low": 5})}
    )
    exporter.state.balances["relay"] = track = BalanceTrack(provider)
    assert "BalanceNot read yet" in of_service(exporter, "sora-2-official").text
    track.record(BalanceReading(ErrorClass.NONE, now - 60, 1234.5, "USD"), 0.0)
    assert "Balance1,234.5 USD, 1 min ago" in of_service(exporter, "sora-2-official").text
    track.record(BalanceReading(ErrorClass.NONE, now - 60, 4.5, "USD"), 1.0)
    track.record(BalanceReading(ErrorClass.AUTHENTICATION, now, detail="Invalid <key>"), 2.0)
    text = of_service(exporter, "sora-2-official").text
    assert "Balance4.5 USD, low, 1 min ago, Key not accepted Invalid <key>" in text
    assert "Balance of relay4.5 USD, low, 1 min ago, Key not accepted Invalid <key>" in internals(exporter).text
    track.record(BalanceReading(ErrorClass.NONE, now, math.inf, "USD"), 3.0)
    assert "Balance of relayno limit, 0 s ago" in internals(exporter).text
