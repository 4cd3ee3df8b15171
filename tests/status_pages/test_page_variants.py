"""Documents as pages may send them on a bad day: readable parts are read, nothing is invented, nothing raises."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from sora_exporter.status_pages.facts import INCIDENT_LIMIT, Impact, PageError, PageReport
from sora_exporter.status_pages.readers import READERS

NOW = datetime.fromisoformat("2026-05-02T12:00:00Z").timestamp()
VIDEO = b'"components": [{"name": "Video", "status": "operational"}]'
VARIANTS = yaml.safe_load(Path(__file__).with_name("variants.yml").read_text("utf-8"))
SUMMARY, COMPONENTS, INCIDENTS = "summary.json", "components.json", "incidents.json"
STATUS, PRODUCTS, WIDGET = "status.json", "products.json", "summary"


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


CASES = [
    pytest.param(page_format, case, id=f"{page_format}: {case['oddity']}")
    for page_format, cases in VARIANTS.items()
    for case in cases
]


@pytest.mark.parametrize(("page_format", "case"), CASES)
def test_variant(page_format: str, case: dict[str, Any]) -> None:
    """An odd document yields exactly the facts that it does hold."""
    report = READERS[page_format].read(served(case["documents"]), case.get("wanted", ["Video"]), NOW)
    found = facts(report)
    assert {fact: found[fact] for fact in case["found"]} == expected(case["found"])


@pytest.mark.parametrize(
    "body",
    [b'{"x": "\xff", ' + VIDEO + b"}", b'{"x": ' + b"9" * 5000 + b", " + VIDEO + b"}", b'{"x": 1e999, ' + VIDEO + b"}"],
    ids=["broken UTF-8", "a number too long for int()", "a number beyond all floats"],
)
def test_oddities_beside_the_facts(body: bytes) -> None:
    """An unused value of a wrong type does not spoil the rest of a document."""
    report = READERS["statuspage"].read({COMPONENTS: body}, ["Video"], NOW)
    assert report.components == {"Video": "operational"}


def test_endless_title() -> None:
    """A title is cut to a length that a page can show."""
    row = {"id": "i", "name": "x" * 100_000, "status": "investigating"}
    report = READERS["statuspage"].read(served({INCIDENTS: {"incidents": [row]}}), [], NOW)
    assert [incident.name for incident in report.incidents] == ["x" * 200]


UNUSABLE = [
    ("statuspage", {STATUS: b"<html>", SUMMARY: b"<html>"}, "status.json, summary.json: HTML instead of JSON"),
    ("statuspage", {COMPONENTS: b""}, "components.json: empty body"),
    ("statuspage", {COMPONENTS: b"  "}, "components.json: empty body"),
    ("statuspage", {COMPONENTS: b"null"}, "components.json: lists no components"),
    ("statuspage", {COMPONENTS: b'{"error": "not found"}'}, "components.json: lists no components"),
    (
        "statuspage",
        {STATUS: b'{"error": 1}', SUMMARY: b"7"},
        "status.json: has no indicator; summary.json: contains no status page",
    ),
    ("statuspage", {COMPONENTS: b"[" * 100_000}, "components.json: JSON nested too deeply"),
    ("statuspage", {COMPONENTS: b'{"components": ['}, "components.json: not valid JSON at character 16 of 16"),
    (
        "statuspage",
        {COMPONENTS: b"[" + b"1," * 2_000_001 + b"1]"},
        "components.json: too many values for a status document",
    ),
    ("google-cloud", {PRODUCTS: b"{}"}, "no report without incidents.json"),
    ("google-cloud", {INCIDENTS: b"{}"}, "incidents.json is not a list of incidents"),
    ("google-cloud", {INCIDENTS: b'["x"]'}, "incidents.json is not a list of incidents"),
    ("google-cloud", {INCIDENTS: b"<!DOCTYPE html>"}, "HTML instead of JSON"),
    (
        "incidentio-widget",
        {WIDGET: b"[]"},
        "no list of incidents or maintenances: is this an incident.io widget document?",
    ),
    ("incidentio-widget", {WIDGET: b"\xef\xbb\xbf<html>"}, "HTML instead of JSON"),
    ("incidentio-widget", {}, "the widget's document was not fetched"),
]


@pytest.mark.parametrize(("page_format", "documents", "message"), UNUSABLE)
def test_unusable(page_format: str, documents: dict[str, bytes], message: str) -> None:
    """When nothing can be used, one line says why."""
    with pytest.raises(PageError) as caught:
        READERS[page_format].read(documents, ["Video"], NOW)
    assert str(caught.value) == message


def test_incidents_for_people_are_bounded() -> None:
    """Of many incidents all are counted, and the open, the touching and the newest are kept for people."""
    closed = [
        {"id": f"c{n}", "name": f"closed {n}", "status": "resolved", "started_at": f"2026-04-{n % 28 + 1:02}"}
        for n in range(500)
    ]
    touching = {"id": "t", "name": "Video was slow", "status": "resolved", "started_at": "2020-01-01"}
    opened = [{"id": f"o{n}", "name": f"open {n}", "status": "identified", "impact": "minor"} for n in range(3)]
    documents = served({INCIDENTS: {"incidents": [*closed, touching, *opened]}})
    report = READERS["statuspage"].read(documents, ["Video"], NOW)
    names = [item.name for item in report.incidents]
    assert len(names) == INCIDENT_LIMIT
    assert names[:4] == ["open 0", "open 1", "open 2", "Video was slow"]
    assert report.incidents[4].since == datetime.fromisoformat("2026-04-28T00:00:00Z").timestamp()
    assert report.open_incidents == {Impact.NONE: 0, Impact.MINOR: 3, Impact.MAJOR: 0, Impact.CRITICAL: 0}


@pytest.mark.parametrize(
    ("page_format", "url", "addresses"),
    [
        ("statuspage", "https://s.org", ["https://s.org/api/v2/status.json", "https://s.org/api/v2/summary.json"]),
        ("statuspage", "https://s.org/", ["https://s.org/api/v2/status.json"]),
        ("statuspage", "https://s.org/api/v2/", ["https://s.org/api/v2/components.json"]),
        ("statuspage", "https://s.org/a/api/v2/summary.json?x=1#y", ["https://s.org/a/api/v2/incidents.json"]),
        ("statuspage", "http://[::1]:80/p", ["http://[::1]:80/p/api/v2/scheduled-maintenances.json"]),
        ("google-cloud", "https://g.org", ["https://g.org/incidents.json", "https://g.org/products.json"]),
        ("google-cloud", "https://g.org/appsstatus/dashboard/", ["https://g.org/appsstatus/dashboard/incidents.json"]),
        ("google-cloud", "https://g.org/a/incidents.json", ["https://g.org/a/incidents.json"]),
        ("incidentio-widget", "https://w.org/", ["https://w.org/api/v1/summary"]),
        ("incidentio-widget", "https://w.org/proxy/x?a=b", ["https://w.org/proxy/x?a=b"]),
    ],
)
def test_addresses(page_format: str, url: str, addresses: list[str]) -> None:
    """From any configured address of a page its documents are found."""
    assert set(addresses) <= set(READERS[page_format].addresses(url).values())


@pytest.mark.parametrize(
    "url", ["https://[status/incidents/1", "http://\uff03/", "http://\u2100.com/x", "https://a]b/c", "http://:80/"]
)
@pytest.mark.parametrize("page_format", ["statuspage", "google-cloud", "incidentio-widget"])
def test_links_that_are_no_addresses(page_format: str, url: str) -> None:
    """A link without a host that can be is left out, and the incident stays."""
    documents = {
        "statuspage": {INCIDENTS: {"incidents": [{"id": "i", "name": "Errors", "shortlink": url}]}},
        "google-cloud": {INCIDENTS: [{"id": "i", "external_desc": "Errors", "uri": url}]},
        "incidentio-widget": {WIDGET: {"ongoing_incidents": [{"id": "i", "name": "Errors", "url": url}]}},
    }
    report = READERS[page_format].read(served(documents[page_format]), [], NOW)
    assert [(incident.name, incident.url) for incident in report.incidents] == [("Errors", "")]
