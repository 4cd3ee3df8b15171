"""The reader of Google Cloud's service health."""

from __future__ import annotations

from typing import Any

import pytest
from support.page_documents import (
    BIGQUERY,
    DURING_MAINTENANCE,
    NO_LINKS,
    NOW,
    VERTEX,
    expected,
    found_in,
    recorded,
    served,
    variants,
)

from sora_exporter.status_pages.facts import ComponentStatus, Indicator, PageError
from sora_exporter.status_pages.google_cloud import INCIDENTS, PRODUCTS, addresses, read


@pytest.mark.parametrize("case", variants("google-cloud"))
def test_an_odd_document_yields_its_facts(case: dict[str, Any]) -> None:
    """An odd document yields exactly the facts that it does hold."""
    assert found_in("google-cloud", case) == expected(case["found"])


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ({PRODUCTS: b"{}"}, "no report without incidents.json"),
        ({INCIDENTS: b"{}"}, "incidents.json is not a list of incidents"),
        ({INCIDENTS: b'["x"]'}, "incidents.json is not a list of incidents"),
        ({INCIDENTS: b"<!DOCTYPE html>"}, "HTML instead of JSON"),
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
        ("https://g.org", ["https://g.org/incidents.json", "https://g.org/products.json"]),
        ("https://g.org/appsstatus/dashboard/", ["https://g.org/appsstatus/dashboard/incidents.json"]),
        ("https://g.org/a/incidents.json", ["https://g.org/a/incidents.json"]),
    ],
)
def test_addresses_from_any_form_of_the_url(url: str, documents: list[str]) -> None:
    """From any configured address of a page its documents are found."""
    assert set(documents) <= set(addresses(url).values())


@pytest.mark.parametrize("url", NO_LINKS)
def test_a_link_without_a_host_is_left_out(url: str) -> None:
    """A link without a host that can be is left out, and the incident stays."""
    report = read(served({INCIDENTS: [{"id": "i", "external_desc": "Errors", "uri": url}]}), [], NOW)
    assert [(incident.name, incident.url) for incident in report.incidents] == [("Errors", "")]


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
