"""The reader of incident.io's widget document."""

from __future__ import annotations

from typing import Any

import pytest
from support.page_documents import NO_LINKS, NOW, expected, found_in, served, variants

from sora_exporter.status_pages.facts import PageError
from sora_exporter.status_pages.incidentio_widget import DOCUMENT, addresses, read


@pytest.mark.parametrize("case", variants("incidentio-widget"))
def test_an_odd_document_yields_its_facts(case: dict[str, Any]) -> None:
    """An odd document yields exactly the facts that it does hold."""
    assert found_in("incidentio-widget", case) == expected(case["found"])


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        (
            {DOCUMENT: b"[]"},
            "no list of incidents or maintenances: is this an incident.io widget document?",
        ),
        ({DOCUMENT: b"\xef\xbb\xbf<html>"}, "HTML instead of JSON"),
        ({}, "the widget's document was not fetched"),
    ],
)
def test_documents_without_a_use_are_one_line(documents: dict[str, bytes], message: str) -> None:
    """When nothing can be used, one line gives the reason."""
    with pytest.raises(PageError) as caught:
        read(documents, ["Video"], NOW)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("url", "documents"),
    [
        ("https://w.org/", ["https://w.org/api/v1/summary"]),
        ("https://w.org/proxy/x?a=b", ["https://w.org/proxy/x?a=b"]),
    ],
)
def test_addresses_from_any_form_of_the_url(url: str, documents: list[str]) -> None:
    """From any configured address of a page its documents are found."""
    assert set(documents) <= set(addresses(url).values())


@pytest.mark.parametrize("url", NO_LINKS)
def test_a_link_without_a_host_is_left_out(url: str) -> None:
    """A link without a host that can be is left out, and the incident stays."""
    report = read(served({DOCUMENT: {"ongoing_incidents": [{"id": "i", "name": "Errors", "url": url}]}}), [], NOW)
    assert [(incident.name, incident.url) for incident in report.incidents] == [("Errors", "")]
