"""Documents of official status pages: the recorded ones with their facts, and odd ones by format of page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sora_exporter.documents import shipped
from sora_exporter.status_pages.facts import Impact, PageReport
from sora_exporter.status_pages.readers import READERS

TESTS = Path(__file__).parents[1] / "status_pages"
DOCUMENTS = TESTS / "documents"
EXPECTED: dict[str, dict[str, Any]] = json.loads((DOCUMENTS / "expect.json").read_text("utf-8"))
SORA, VERTEX, BIGQUERY = "01K9G527YRPY1EFRMHTKB5BKT5", "Z0FZJAMvEB4j3NbCJs6B", "9CcrhHUcFevXPSVaSxkf"
DURING_MAINTENANCE = datetime.fromisoformat("2026-08-01T08:30:00Z").timestamp()
NOW = datetime.fromisoformat("2026-05-02T12:00:00Z").timestamp()
VARIANTS = [
    pytest.param(page_format, case, id=f"{page_format}: {case['oddity']}")
    for page_format, cases in shipped(TESTS / "variants.yml").items()
    for case in cases
]
"""The odd documents by format, as parameters of a test."""

PLACES = {
    "openai-components.json": ("statuspage", "components.json"),
    "openai-components-sora-outage.json": ("statuspage", "components.json"),
    "openai-status.json": ("statuspage", "status.json"),
    "openai-summary-operational.json": ("statuspage", "summary.json"),
    "openai-summary-sora-outage.json": ("statuspage", "summary.json"),
    "openai-incidents.json": ("statuspage", "incidents.json"),
    "openai-incidents-native.json": ("statuspage", "incidents.json"),
    "openai-scheduled-maintenances.json": ("statuspage", "scheduled-maintenances.json"),
    "statuspage-classic-summary.json": ("statuspage", "summary.json"),
    "incidentio-widget.json": ("incidentio-widget", "summary"),
    "better-stack-index.json": ("better-stack", "index.json"),
    "instatus-summary.json": ("instatus", "summary.json"),
    "instatus-components.json": ("instatus", "v3/components.json"),
    "google-incidents.json": ("google-cloud", "incidents.json"),
    "google-incidents-vertex-ongoing.json": ("google-cloud", "incidents.json"),
}
WORST = {"SERVICE_OUTAGE": Impact.CRITICAL, "SERVICE_DISRUPTION": Impact.MAJOR, "SERVICE_INFORMATION": Impact.MINOR}


def recorded(name: str) -> bytes:
    """Return a recorded document."""
    return (DOCUMENTS / name).read_bytes()


def read_recorded(name: str, wanted: Sequence[str]) -> PageReport:
    """Return the report on one recording as if it were the only document that came."""
    page_format, place = PLACES[name]
    return READERS[page_format].read({place: recorded(name)}, wanted, DURING_MAINTENANCE)


def open_count(report: PageReport) -> int:
    """Return how many incidents are open."""
    assert report.open_incidents is not None
    return sum(report.open_incidents.values())


def touching(report: PageReport, component: str) -> int:
    return sum(component in incident.components for incident in report.incidents)


def found(report: PageReport, fact: str, expected: dict[str, Any]) -> object:
    """Return what the report holds for one fact of ``expect.json``, in that file's words."""
    component = expected.get("component", "")
    facts: dict[str, Any] = {
        "component": lambda: component if component in (*report.components, *report.missing_components) else None,
        "status": lambda: report.components.get(component),
        "indicator": lambda: report.indicator,
        "open_incidents": lambda: open_count(report),
        "open_all": lambda: sum(incident.is_open for incident in report.incidents),
        "in_progress": lambda: report.maintenances_in_progress,
        "incidents_by_name": lambda: {key: touching(report, key) for key in expected["incidents_by_name"]},
        "incidents_by_component": lambda: {key: touching(report, key) for key in expected["incidents_by_component"]},
        "open_for_product": lambda: {
            key: (report.component_incidents or {})[key] for key in expected["open_for_product"]
        },
        "worst_impact": lambda: next(
            word for word, impact in WORST.items() if report.open_incidents and report.open_incidents[impact]
        ),
    }
    return facts[fact]()


def facts(report: PageReport) -> dict[str, Any]:
    """Return the report in the words of the table, with only those counts of incidents that are not zero."""
    counts = report.open_incidents
    return {
        "indicator": report.indicator,
        "components": report.components,
        "names": report.component_names,
        "missing": list(report.missing_components),
        "open": None if counts is None else {impact: count for impact, count in counts.items() if count},
        "touching": report.component_incidents,
        "running": report.maintenances_in_progress,
        "start": report.maintenance_start,
        "end": report.maintenance_end,
        "problems": report.problems,
        "titles": [incident.name for incident in report.incidents],
        "links": [incident.url for incident in report.incidents],
    }


def expected(found: dict[str, Any]) -> dict[str, Any]:
    """Return the table's facts with its dates as Unix seconds."""
    dates = {fact: datetime.fromisoformat(found[fact]).timestamp() for fact in ("start", "end") if found.get(fact)}
    return {**found, **dates}


def served(documents: dict[str, Any]) -> dict[str, bytes]:
    """Return the table's documents as they would come from a page."""
    return {
        name: (value if isinstance(value, str) else json.dumps(value)).encode() for name, value in documents.items()
    }


def found_in(page_format: str, case: dict[str, Any]) -> dict[str, Any]:
    """Return the facts that the format's reader finds in an odd document, of those that the case names."""
    report = READERS[page_format].read(served(case["documents"]), case.get("wanted", ["Video"]), NOW)
    all_facts = facts(report)
    return {fact: all_facts[fact] for fact in case["found"]}
