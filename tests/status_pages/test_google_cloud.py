"""The reader of Google Cloud's service health."""

from __future__ import annotations

from typing import Any

import pytest
from support.page_documents import BIGQUERY, DURING_MAINTENANCE, NOW, VERTEX, recorded, served

from sora_exporter.status_pages.facts import ComponentStatus, Indicator
from sora_exporter.status_pages.google_cloud import INCIDENTS, KEPT_MEMBERS, read


def test_product_by_id_and_title() -> None:
    """A Google product is found by its id and, through products.json, by its title."""
    documents = {
        "incidents.json": recorded("google-incidents-vertex-ongoing.json"),
        "products.json": recorded("google-products.json"),
    }
    report = read(documents, [VERTEX, "vertex gemini api", BIGQUERY], DURING_MAINTENANCE)
    assert report.components == {
        VERTEX: ComponentStatus.MAJOR_OUTAGE,
        "vertex gemini api": ComponentStatus.MAJOR_OUTAGE,
        BIGQUERY: ComponentStatus.OPERATIONAL,
    }
    assert report.indicator is Indicator.CRITICAL


def incident(**members: Any) -> dict[str, Any]:
    """Return an incident of Vertex that is open."""
    product = {"id": VERTEX, "title": "Vertex Gemini API"}
    return {"id": "g1", "begin": "2026-05-02T11:00:00Z", "affected_products": [product], **members}


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({"status_impact": "SERVICE_INFORMATION", "severity": "high"}, ComponentStatus.MAJOR_OUTAGE),
        ({"status_impact": "SERVICE_OUTAGE", "severity": "low"}, ComponentStatus.MAJOR_OUTAGE),
        ({"status_impact": "SERVICE_DISRUPTION"}, ComponentStatus.PARTIAL_OUTAGE),
        ({"status_impact": "SERVICE_HICCUP"}, ComponentStatus.DEGRADED_PERFORMANCE),
        ({}, ComponentStatus.DEGRADED_PERFORMANCE),
    ],
)
def test_the_worse_word_of_an_incident_counts(words: dict[str, str], status: ComponentStatus) -> None:
    """Of impact and severity the worse one is the status of the products; without a known word it is degraded."""
    report = read(served({INCIDENTS: [incident(**words)]}), [VERTEX], NOW)
    assert report.components == {VERTEX: status}


@pytest.mark.parametrize(
    ("members", "is_open"),
    [
        ({}, True),
        ({"end": " "}, True),
        ({"end": "2026-05-02T11:30:00Z"}, False),
        ({"begin": "2026-05-02T13:00:00Z"}, False),
    ],
)
def test_an_incident_is_open_from_its_beginning_to_its_end(members: dict[str, str], is_open: bool) -> None:
    """A blank end does not count, and an incident that is yet to begin changes no product."""
    report = read(served({INCIDENTS: [incident(**members)]}), [VERTEX], NOW)
    assert [one.is_open for one in report.incidents] == [is_open]
    assert (report.components[VERTEX] is ComponentStatus.OPERATIONAL) is not is_open


def test_the_texts_of_updates_are_not_kept() -> None:
    """Members that are not read, most of the document's size, are dropped while it is parsed."""
    assert {"id", "begin", "end", "affected_products"} <= KEPT_MEMBERS
    assert not {"updates", "most_recent_update", "text"} & KEPT_MEMBERS
