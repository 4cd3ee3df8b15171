"""A ledger, its file and its clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.ledgers import HandClock

from sora_exporter.budget.ledger import LEDGER_FILE, Ledger


@pytest.fixture
def unix_clock() -> HandClock:
    """The time of the ledger, at a midnight."""
    return HandClock()


@pytest.fixture
def ledger(tmp_path: Path, unix_clock: HandClock) -> Iterator[Ledger]:
    """A ledger that this process alone uses."""
    with closing(Ledger.open(tmp_path / "storage", exclusive=True, now=unix_clock)) as opened:
        yield opened


@pytest.fixture
def ledger_path(tmp_path: Path, ledger: Ledger) -> Path:
    """The file of the ledger, which is open."""
    assert ledger.spent_usd() == 0
    return tmp_path / "storage" / LEDGER_FILE
