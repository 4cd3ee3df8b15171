"""The soak, short: the remains of many faults."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from support.choice import Choice
from support.soak import LIMIT_BYTES, soak

from sora_exporter.result import ErrorClass


async def test_many_faults_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short_or_long: Choice
) -> None:
    """After many attempts over all fault kinds no task and no descriptor is left, and no attempt ended by our fault.

    Memory is judged in the full form only: in the short one the histories are not yet full.
    """
    count, limit_bytes = short_or_long((300, math.inf), (100_000, LIMIT_BYTES))
    monkeypatch.setenv("SOAK_KEY", "sk-of-the-soak")
    figures = await soak(count, tmp_path)
    assert (figures.files, figures.tasks, figures.classes[ErrorClass.INTERNAL]) == (0, 0, 0), figures
    assert figures.growth < limit_bytes, figures
    assert sum(figures.classes.values()) == count
    assert len(figures.classes) >= 7
