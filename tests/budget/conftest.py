"""A ledger, its place and its clock; what is true of a file holds for a database too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.ledgers import HandClock, opened

from sora_exporter.budget.ledger import LEDGER_FILE, Ledger
from sora_exporter.budget.storage import Place


@pytest.fixture
def unix_clock() -> HandClock:
    """The time of the ledger, at a midnight."""
    return HandClock()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.programs)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty directory, or an empty database."""
    if request.param == "sqlite":
        return tmp_path / "storage"
    empty: Place = request.getfixturevalue("database_server").place()
    return empty


@pytest.fixture
def ledger(place: Place, unix_clock: HandClock) -> Iterator[Ledger]:
    """A ledger that this process alone uses."""
    with closing(opened(place, unix_clock)) as ledger:
        yield ledger


@pytest.fixture
def ledger_path(tmp_path: Path, ledger: Ledger) -> Path:
    """The file of the ledger, which is open."""
    assert ledger.spent_usd() == 0
    return tmp_path / "storage" / LEDGER_FILE
