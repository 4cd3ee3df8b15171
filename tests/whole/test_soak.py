"""The soak, short: what many faults leave behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.soak import soak

from sora_exporter.result import ErrorClass


@pytest.mark.programs
async def test_many_faults_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After 3,000 probes over all fault kinds no task and no descriptor is left, and no probe ended by our fault.

    The figure for memory comes from the long run: here histories are not full when it would be measured.
    """
    monkeypatch.setenv("SOAK_KEY", "sk-of-the-soak")
    figures = await soak(3000, tmp_path)
    assert (figures.files, figures.tasks, figures.classes[ErrorClass.INTERNAL]) == (0, 0, 0), figures
    assert sum(figures.classes.values()) == 3000
    assert len(figures.classes) >= 7
