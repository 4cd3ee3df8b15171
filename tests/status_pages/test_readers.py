"""The contract of every reader: recorded documents, odd ones, unusable ones, addresses and links."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from support.page_documents import (
    DOCUMENTS,
    EXPECTED,
    NOW,
    PLACES,
    SORA,
    VARIANTS,
    VERTEX,
    expected,
    found,
    found_in,
    open_count,
    read_recorded,
    recorded,
    served,
)

from sora_exporter.status_pages.facts import PageError
from sora_exporter.status_pages.readers import READERS


@pytest.mark.parametrize("name", EXPECTED)
def test_recording(name: str) -> None:
    """Each recording yields every fact that expect.json names."""
    expected = {fact: value for fact, value in EXPECTED[name].items() if fact != "why"}
    keyed = ("incidents_by_name", "incidents_by_component", "open_for_product")
    wanted = [expected.get("component", ""), *(key for fact in keyed for key in expected.get(fact, {}))]
    report = read_recorded(name, [key for key in wanted if key])
    if "open_all" in expected:
        # With products configured, only what touches them is counted; without, everything.
        assert open_count(report) == sum(expected["open_for_product"].values())
        assert open_count(read_recorded(name, [])) == expected["open_all"]
    assert {fact: found(report, fact, expected) for fact in expected} == expected


def test_every_recording_is_read() -> None:
    """No recording is left out of the comparison, save the list of products, which says nothing alone."""
    names = {path.name for path in DOCUMENTS.glob("*.json")} - {"expect.json", "google-products.json"}
    assert names == set(EXPECTED) == set(PLACES)


def shortened(value: Any) -> Any:
    """Return a JSON value with at most three items in each list: more of the same would only cost time."""
    if isinstance(value, dict):
        return {key: shortened(part) for key, part in value.items()}
    return [shortened(part) for part in value[:3]] if isinstance(value, list) else value


def spoiled(value: Any) -> Iterator[Any]:
    """Yield a JSON value again and again, each time with one of its parts of a wrong kind, or gone."""
    yield from (None, True, 7, -1e300, "", "\u0000odd", [], {}, [None], {"id": {}, "status": []})
    keys: Iterable[Any] = value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    for key in keys:
        for part in spoiled(value[key]):
            yield {**value, key: part} if isinstance(value, dict) else [*value[:key], part, *value[key + 1 :]]
        yield {k: v for k, v in value.items() if k != key} if isinstance(value, dict) else value[:key]


@pytest.mark.parametrize("name", PLACES)
def test_no_spoiled_part_raises(name: str) -> None:
    """For a wrong type or a gap in any part of a recording there is a report or a one-line PageError."""
    page_format, place = PLACES[name]
    reports, refusals = 0, []
    for variant in spoiled(shortened(json.loads(recorded(name)))):
        try:
            report = READERS[page_format].read({place: json.dumps(variant).encode()}, [SORA, "Sora", VERTEX], 0.0)
        except PageError as error:
            refusals.append(str(error))
        else:
            assert set(report.components).isdisjoint(report.missing_components)
            reports += 1
    assert reports
    assert refusals
    assert not any("\n" in refusal for refusal in refusals)


@pytest.mark.parametrize(("page_format", "case"), VARIANTS)
def test_an_odd_document_yields_its_facts(page_format: str, case: dict[str, Any]) -> None:
    """A document as pages may send it on a bad day yields exactly the facts that it does hold."""
    assert found_in(page_format, case) == expected(case["found"])


@pytest.mark.parametrize(
    ("page_format", "documents", "message"),
    [
        (
            "statuspage",
            {"status.json": b"<html>", "summary.json": b"<html>"},
            "status.json, summary.json: HTML instead of JSON",
        ),
        ("statuspage", {"components.json": b""}, "components.json: empty body"),
        ("statuspage", {"components.json": b"  "}, "components.json: empty body"),
        ("statuspage", {"components.json": b"null"}, "components.json: lists no components"),
        ("statuspage", {"components.json": b'{"error": "not found"}'}, "components.json: lists no components"),
        (
            "statuspage",
            {"status.json": b'{"error": 1}', "summary.json": b"7"},
            "status.json: has no indicator; summary.json: contains no status page",
        ),
        ("statuspage", {"components.json": b"[" * 100_000}, "components.json: JSON nested too deeply"),
        (
            "statuspage",
            {"components.json": b'{"components": ['},
            "components.json: not valid JSON at character 16 of 16",
        ),
        (
            "statuspage",
            {"components.json": b"[" + b"1," * 2_000_001 + b"1]"},
            "components.json: too many values for a status document",
        ),
        ("google-cloud", {"products.json": b"{}"}, "no report without incidents.json"),
        ("google-cloud", {"incidents.json": b"{}"}, "incidents.json is not a list of incidents"),
        ("google-cloud", {"incidents.json": b'["x"]'}, "incidents.json is not a list of incidents"),
        ("google-cloud", {"incidents.json": b"<!DOCTYPE html>"}, "HTML instead of JSON"),
        (
            "incidentio-widget",
            {"summary": b"[]"},
            "no list of incidents or maintenances: is this an incident.io widget document?",
        ),
        ("incidentio-widget", {"summary": b"\xef\xbb\xbf<html>"}, "HTML instead of JSON"),
        ("incidentio-widget", {}, "the widget's document was not fetched"),
        ("better-stack", {}, "the page's document was not fetched"),
        (
            "better-stack",
            {"index.json": b"{}"},
            "no state and no resources: is this the index.json of a Better Stack page?",
        ),
        (
            "better-stack",
            {"index.json": b'{"data": {"attributes": {"aggregate_state": "odd"}}}'},
            "no state and no resources: is this the index.json of a Better Stack page?",
        ),
        ("better-stack", {"index.json": b"<html>"}, "HTML instead of JSON"),
        ("instatus", {}, "no document contains a status page"),
        (
            "instatus",
            {"summary.json": b"{}", "v3/components.json": b"[]"},
            "summary.json: has no status of the page; v3/components.json: lists no components",
        ),
        (
            "instatus",
            {"summary.json": b"<html>", "v3/components.json": b"<html>"},
            "summary.json, v3/components.json: HTML instead of JSON",
        ),
    ],
)
def test_documents_without_a_use_are_one_line(page_format: str, documents: dict[str, bytes], message: str) -> None:
    """When nothing can be used, one line gives the reason."""
    with pytest.raises(PageError) as caught:
        READERS[page_format].read(documents, ["Video"], NOW)
    assert str(caught.value) == message


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
        ("better-stack", "https://b.org", ["https://b.org/index.json"]),
        ("better-stack", "https://b.org/index.json", ["https://b.org/index.json"]),
        ("better-stack", "https://b.org/en/?x=1", ["https://b.org/en/index.json"]),
        ("instatus", "https://i.org", ["https://i.org/summary.json", "https://i.org/v3/components.json"]),
        ("instatus", "https://i.org/summary.json", ["https://i.org/v3/components.json"]),
        ("instatus", "https://i.org/p/", ["https://i.org/p/summary.json"]),
    ],
)
def test_addresses_from_any_form_of_the_url(page_format: str, url: str, addresses: list[str]) -> None:
    """From any configured address of a page its documents are found."""
    assert set(addresses) <= set(READERS[page_format].addresses(url).values())


LINKED: dict[str, Callable[[str], Any]] = {
    "statuspage": lambda url: {"incidents.json": {"incidents": [{"id": "i", "name": "Errors", "shortlink": url}]}},
    "google-cloud": lambda url: {"incidents.json": [{"id": "i", "external_desc": "Errors", "uri": url}]},
    "incidentio-widget": lambda url: {"summary": {"ongoing_incidents": [{"id": "i", "name": "Errors", "url": url}]}},
    "instatus": lambda url: {
        "summary.json": {"page": {"status": "UP"}, "activeIncidents": [{"name": "Errors", "url": url}]}
    },
}
"""The documents of an incident with a link, by format; Better Stack's reports have none."""
NO_LINKS = ("https://[status/incidents/1", "http://\uff03/", "http://\u2100.com/x", "https://a]b/c", "http://:80/")
"""Addresses without a host that can be."""


@pytest.mark.parametrize("url", NO_LINKS)
@pytest.mark.parametrize("page_format", LINKED)
def test_a_link_without_a_host_is_left_out(page_format: str, url: str) -> None:
    """A link without a host that can be is left out, and the incident stays."""
    report = READERS[page_format].read(served(LINKED[page_format](url)), [], NOW)
    assert [(incident.name, incident.url) for incident in report.incidents] == [("Errors", "")]
