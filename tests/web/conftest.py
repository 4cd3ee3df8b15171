"""The exporter behind the pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.exporting import Served, serving
from support.remembering import JANUARY, configuration, remembering

from sora_exporter.exporter import Exporter


@pytest.fixture
def exporter(tmp_path: Path, clock: Any) -> Iterator[Exporter]:
    """Three services; nothing is known of them yet."""
    with remembering(configuration(JANUARY, budget_usd_per_day=1.0), tmp_path, clock) as exporter:
        yield exporter


@pytest.fixture
async def served(tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    """A started exporter with two services; time stands still."""
    async with serving(tmp_path, clock, monkeypatch) as served:
        yield served
