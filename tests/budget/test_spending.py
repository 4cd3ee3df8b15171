"""The spend in memory: read after attempts that may cost money, and absent while the ledger cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest
from support.clock import HandClock
from support.exporting import result

from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.spending import NOT_KEPT, Spending
from sora_exporter.budget.storage import StorageError
from sora_exporter.result import ErrorClass, ProbeKind


class Sums:
    """Stands in for the ledger: its sums, how often they were read, and whether reading fails."""

    def __init__(self) -> None:
        self.reads, self.is_broken = 0, False

    def spent_usd(self) -> float:
        self.reads += 1
        if self.is_broken:
            raise StorageError("ledger: is locked")
        return 0.5 * self.reads

    def spent_by_service(self) -> Mapping[str, float]:
        return {"alpha": 0.5 * self.reads}

    def now(self) -> float:
        return 0.0

    def last_attempt(self, *_: Any) -> float | None:
        if self.is_broken:
            raise StorageError("ledger: is locked")
        return None


@pytest.fixture
def sums() -> Sums:
    return Sums()


@pytest.fixture
def spending(sums: Sums) -> Spending:
    return Spending(cast(Ledger, sums), HandClock())


def test_nothing_is_known_before_the_first_reading(spending: Spending) -> None:
    """Before the first reading the spend is absent rather than 0."""
    assert (spending.today, dict(spending.by_service)) == (None, {})
    spending.read()
    assert (spending.today, spending.by_service) == (0.5, {"alpha": 0.5})


@pytest.mark.parametrize(
    ("probe", "facts", "reads"),
    [
        (ProbeKind.CATALOG, {}, 0),
        (ProbeKind.CANARY, {}, 0),
        (ProbeKind.CANARY, {"cost_usd": 0.1}, 1),
        (ProbeKind.GENERATE, {}, 1),
        (ProbeKind.GENERATE, {"error_class": ErrorClass.BUDGET_EXHAUSTED}, 0),
    ],
)
def test_only_attempts_that_may_cost_money_read_the_ledger(
    spending: Spending, sums: Sums, probe: ProbeKind, facts: dict[str, Any], reads: int
) -> None:
    """Orders and accepted canaries read the sums again; free attempts and refused orders do not."""
    spending.note(result("alpha", probe, **facts))
    assert sums.reads == reads


def test_an_unreadable_ledger_has_no_spend(spending: Spending, sums: Sums, caplog: pytest.LogCaptureFixture) -> None:
    """While the ledger cannot be read the spend is absent; the fault is logged at its beginning and its end."""
    spending.read()
    sums.is_broken = True
    spending.refresh()
    spending.refresh()
    assert (spending.today, len(caplog.records)) == (None, 1)
    assert spending.last_paid("alpha", ProbeKind.GENERATE) == HandClock().now()
    sums.is_broken = False
    with caplog.at_level("INFO"):
        spending.refresh()
    assert (spending.today is not None, len(caplog.records)) == (True, 2)
    assert spending.last_paid("alpha", ProbeKind.GENERATE) is None


def test_unrecorded_costs_are_logged_once(spending: Spending, caplog: pytest.LogCaptureFixture) -> None:
    """A paid probe whose cost could not be recorded is logged once, and once more when one can be."""
    refused = result("alpha", ProbeKind.GENERATE, ErrorClass.BUDGET_EXHAUSTED, rule=NOT_KEPT, detail="disk full")
    with caplog.at_level("INFO"):
        spending.note(refused)
        spending.note(refused)
        spending.note(result("alpha", ProbeKind.GENERATE))
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
