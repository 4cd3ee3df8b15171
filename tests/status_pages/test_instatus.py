"""The reader of Instatus' documents."""

from __future__ import annotations

from typing import Any

import pytest
from support.page_documents import NO_LINKS, NOW, expected, found_in, served, variants

from sora_exporter.status_pages.facts import PageError
from sora_exporter.status_pages.instatus import COMPONENTS, SUMMARY, addresses, read


@pytest.mark.parametrize("case", variants("instatus"))
def test_an_odd_document_yields_its_facts(case: dict[str, Any]) -> None:
    """An odd document yields exactly the facts that it does hold."""
    assert found_in("instatus", case) == expected(case["found"])


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ({}, "no document contains a status page"),
        (
            {SUMMARY: b"{}", COMPONENTS: b"[]"},
            "summary.json: has no status of the page; v3/components.json: lists no components",
        ),
        ({SUMMARY: b"<html>", COMPONENTS: b"<html>"}, "summary.json, v3/components.json: HTML instead of JSON"),
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
        ("https://i.org", ["https://i.org/summary.json", "https://i.org/v3/components.json"]),
        ("https://i.org/summary.json", ["https://i.org/v3/components.json"]),
        ("https://i.org/p/", ["https://i.org/p/summary.json"]),
    ],
)
def test_addresses_from_any_form_of_the_url(url: str, documents: list[str]) -> None:
    """From any configured address of a page its documents are found."""
    assert set(documents) <= set(addresses(url).values())


@pytest.mark.parametrize("url", NO_LINKS)
def test_a_link_without_a_host_is_left_out(url: str) -> None:
    """A link without a host that can be is left out, and the incident stays."""
    report = read(
        served({SUMMARY: {"page": {"status": "UP"}, "activeIncidents": [{"name": "Errors", "url": url}]}}), [], NOW
    )
    assert [(incident.name, incident.url) for incident in report.incidents] == [("Errors", "")]


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
