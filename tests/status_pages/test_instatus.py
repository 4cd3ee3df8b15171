"""The reader of Instatus' documents."""

from __future__ import annotations

from typing import Any

import pytest
from support.page_documents import NOW, served

from sora_exporter.status_pages.instatus import SUMMARY, read


@pytest.mark.parametrize(
    ("word", "impact", "indicator"),
    [
        ("UP", None, "none"),
        ("HASISSUES", None, "minor"),
        ("HASISSUES", "MAJOROUTAGE", "critical"),
        ("ALLUNDERMAINTENANCE", None, "maintenance"),
        ("SOMEPARTIALOUTAGE", None, "major"),
        ("ONEDEGRADEDPERFORMANCE", None, "minor"),
        ("ODD", None, None),
    ],
)
def test_a_pages_word_is_its_indicator(word: str, impact: str | None, indicator: str | None) -> None:
    """The extent before a word does not count; a page with issues is as bad as its worst open incident."""
    summary: dict[str, Any] = {"page": {"status": word}}
    if impact is not None:
        summary["activeIncidents"] = [{"name": "Errors", "impact": impact, "status": "INVESTIGATING"}]
    assert read(served({SUMMARY: summary}), [], NOW).indicator == indicator


@pytest.mark.parametrize(
    ("row", "window", "running"),
    [
        ({"start": "2026-05-02T11:30:00Z", "duration": "60", "status": "INPROGRESS"}, (-1800, 1800), 1),
        ({"start": "2026-05-02T11:30:00Z", "duration": "60", "status": "NOTSTARTEDYET"}, (-1800, 1800), 1),
        ({"start": "2026-05-02T13:00:00Z", "duration": "60", "status": "NOTSTARTEDYET"}, (3600, 7200), 0),
        ({"start": "Sat May 02 2026 13:30:00 GMT+0200", "duration": "1h", "status": "INPROGRESS"}, (-1800, None), 1),
        ({"start": "2026-05-02T11:30:00Z", "duration": "60", "status": "COMPLETED"}, (None, None), 0),
    ],
)
def test_a_maintenance_lasts_its_minutes(
    row: dict[str, str], window: tuple[float | None, float | None], running: int
) -> None:
    """Start and length give the window, dates as JavaScript writes them too; a completed one is left out."""
    report = read(served({SUMMARY: {"page": {"status": "UP"}, "activeMaintenances": [row]}}), [], NOW)
    found = tuple(moment and moment - NOW for moment in (report.maintenance_start, report.maintenance_end))
    assert (found, report.maintenances_in_progress) == (window, running)
