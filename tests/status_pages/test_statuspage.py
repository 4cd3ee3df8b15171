"""The reader of Atlassian Statuspage's documents and of incident.io's form of them."""

from __future__ import annotations

from datetime import datetime

import pytest
from support.page_documents import DURING_MAINTENANCE, NOW, SORA, read_recorded, recorded, served

from sora_exporter.status_pages.facts import INCIDENT_LIMIT, ComponentStatus, Impact
from sora_exporter.status_pages.statuspage import COMPONENTS, INCIDENTS, read

VIDEO = b'"components": [{"name": "Video", "status": "operational"}]'


@pytest.mark.parametrize(
    "body",
    [b'{"x": "\xff", ' + VIDEO + b"}", b'{"x": ' + b"9" * 5000 + b", " + VIDEO + b"}", b'{"x": 1e999, ' + VIDEO + b"}"],
    ids=["broken UTF-8", "a number too long for int()", "a number beyond all floats"],
)
def test_oddities_beside_the_facts(body: bytes) -> None:
    """An unused value of a wrong type does not spoil the rest of a document."""
    report = read({COMPONENTS: body}, ["Video"], NOW)
    assert report.components == {"Video": "operational"}


def test_an_endless_title_is_cut() -> None:
    """A title is cut to a length that a page can show."""
    row = {"id": "i", "name": "x" * 100_000, "status": "investigating"}
    report = read(served({INCIDENTS: {"incidents": [row]}}), [], NOW)
    assert [incident.name for incident in report.incidents] == ["x" * 200]


def test_incidents_for_people_are_bounded() -> None:
    """Of many incidents all are counted, and the open, the touching and the newest are kept for people."""
    closed = [
        {"id": f"c{n}", "name": f"closed {n}", "status": "resolved", "started_at": f"2026-04-{n % 28 + 1:02}"}
        for n in range(500)
    ]
    touching = {"id": "t", "name": "Video was slow", "status": "resolved", "started_at": "2020-01-01"}
    opened = [{"id": f"o{n}", "name": f"open {n}", "status": "identified", "impact": "minor"} for n in range(3)]
    documents = served({INCIDENTS: {"incidents": [*closed, touching, *opened]}})
    report = read(documents, ["Video"], NOW)
    names = [item.name for item in report.incidents]
    assert len(names) == INCIDENT_LIMIT
    assert names[:4] == ["open 0", "open 1", "open 2", "Video was slow"]
    assert report.incidents[4].since == datetime.fromisoformat("2026-04-28T00:00:00Z").timestamp()
    assert report.open_incidents == {Impact.NONE: 0, Impact.MINOR: 3, Impact.MAJOR: 0, Impact.CRITICAL: 0}


def test_component_by_id_and_by_name_are_one() -> None:
    """An id and a name in any case find the same component, each under the key as configured."""
    report = read_recorded("openai-components-sora-outage.json", [SORA, "sORA"])
    assert report.components == {SORA: ComponentStatus.MAJOR_OUTAGE, "sORA": ComponentStatus.MAJOR_OUTAGE}
    assert report.component_names == {SORA: "Sora", "sORA": "Sora"}


def test_whole_set_wins_over_partial_summary() -> None:
    """A component that the summary leaves out is found in components.json and not missing."""
    documents = {
        "summary.json": recorded("openai-summary-operational.json"),
        "components.json": recorded("openai-components.json"),
    }
    report = read(documents, [SORA], DURING_MAINTENANCE)
    assert report.components == {SORA: ComponentStatus.OPERATIONAL}
    assert report.missing_components == ()


def test_maintenance_window_of_recording() -> None:
    """The running maintenance's window comes in Unix seconds."""
    report = read_recorded("openai-scheduled-maintenances.json", [])
    window = (report.maintenance_start, report.maintenance_end)
    assert window == (DURING_MAINTENANCE - 1800, DURING_MAINTENANCE + 1800)
