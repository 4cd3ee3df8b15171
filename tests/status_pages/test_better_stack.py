"""The reader of Better Stack's page."""

from __future__ import annotations

from typing import Any

import pytest
from support.page_documents import NOW, served

from sora_exporter.status_pages.better_stack import DOCUMENT, read


def page(*reports: dict[str, Any]) -> dict[str, bytes]:
    """Return the document of a page with one resource, and these reports."""
    resource = {
        "id": "1",
        "type": "status_page_resource",
        "attributes": {"public_name": "Video", "status": "operational"},
    }
    rows = [{"id": str(n), "type": "status_report", "attributes": one} for n, one in enumerate(reports)]
    data = {"attributes": {"aggregate_state": "operational"}}
    return served({DOCUMENT: {"data": data, "included": [resource, *rows]}})


@pytest.mark.parametrize(
    ("report", "impact", "is_open"),
    [
        ({"aggregate_state": "downtime"}, "critical", True),
        ({"aggregate_state": "degraded", "ends_at": "2026-05-02T11:59:00Z"}, "minor", False),
        ({"aggregate_state": "degraded", "ends_at": "2026-05-02T12:01:00Z"}, "minor", True),
        (
            {
                "aggregate_state": "resolved",
                "affected_resources": [{"status_page_resource_id": "1", "status": "downtime"}],
            },
            "critical",
            False,
        ),
    ],
)
def test_a_report_is_over_by_its_state_or_by_the_clock(report: dict[str, Any], impact: str, is_open: bool) -> None:
    """A closed report keeps the impact of the resources that it touched."""
    (incident,) = read(page({"title": "Video fails", **report}), ["Video"], NOW).incidents
    assert (incident.impact, incident.is_open, incident.components) == (impact, is_open, ("Video",))


@pytest.mark.parametrize(
    ("start", "end", "running"),
    [("11:00", "13:00", 1), ("13:00", "14:00", 0), ("09:00", "10:00", None)],
)
def test_a_maintenance_runs_between_its_times(start: str, end: str, running: int | None) -> None:
    """A maintenance that is over is left out; one that is to come does not run yet."""
    at = {"starts_at": f"2026-05-02T{start}:00Z", "ends_at": f"2026-05-02T{end}:00Z"}
    report = read(page({"report_type": "maintenance", **at}), [], NOW)
    assert report.maintenances_in_progress == (running or 0)
    assert (report.maintenance_start is None) is (running is None)
    assert report.incidents == ()
