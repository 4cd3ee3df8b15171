"""The exporter behind the pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.remembering import JANUARY, configuration, remembering

from sora_exporter.exporter import Exporter


@pytest.fixture
def exporter(tmp_path: Path, clock: Any) -> Iterator[Exporter]:
    """Three services; nothing is known of them yet."""
    with remembering(configuration(JANUARY, budget_usd_per_day=1.0), tmp_path, clock) as exporter:
        yield exporter
