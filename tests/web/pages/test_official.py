"""The official status pages on the overview."""

from __future__ import annotations

from dataclasses import replace

from support.pages import of_service, overview
from support.remembering import SORA, fill_january, page_says

from sora_exporter.exporter import Exporter
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Incident
from sora_exporter.status_pages.poller import PageState


def test_official_pages_show_components_incidents_and_faults(exporter: Exporter) -> None:
    """A page's component, open incident and link stand on the overview; of a page that is down, why."""
    now = exporter.clock.now()
    page_says(
        exporter,
        ComponentStatus.MAJOR_OUTAGE,
        Incident("Elevated errors", Impact.CRITICAL, True, now - 3600, url="incidents/1", components=(SORA,)),
        Incident("Odd", Impact.MINOR, True, url="javascript:alert(1)"),
        Incident("Broken", Impact.MINOR, True, url="http://["),
    )
    page = overview(exporter)
    assert "Sora major outage" in page.text
    assert "Elevated errors impact critical · 2026-01-27 23:00 UTC · touches Sora" in page.text
    assert "https://status.example/incidents/1" in page.all("href")
    assert not any(href.startswith(("javascript", "http://[")) for href in page.all("href"))
    exporter.pages.states["openai"] = PageState(False, now, now - 60, None, "summary.json: HTTP 503")
    page = overview(exporter)
    assert "Cannot be read 2026-01-27 23:59 UTC" in page.text
    assert "summary.json: HTTP 503" in page.text
    assert "major outage" not in page.text


def test_no_open_incident_is_shown_only_if_incidents_are_reported(exporter: Exporter) -> None:
    """A page that reports no open incident says so, also if another document failed; otherwise it is silent."""
    page_says(exporter, ComponentStatus.OPERATIONAL)
    state = exporter.pages.states["openai"]
    exporter.pages.states["openai"] = replace(state, error="components.json: HTTP 503")
    assert "No open incident." in overview(exporter).text
    assert state.report is not None
    silent = replace(state, report=replace(state.report, open_incidents=None))
    exporter.pages.states["openai"] = silent
    assert "No open incident." not in overview(exporter).text


def test_the_page_saying_operational_while_probes_fail_is_visible(exporter: Exporter) -> None:
    """The official page stands beside our evidence, and both kinds of contradiction are said aloud."""
    fill_january(exporter)
    page = overview(exporter)
    assert page.text.count("The official page says operational, but our own probes fail.") == 1
    page_says(exporter, ComponentStatus.MAJOR_OUTAGE)
    page = overview(exporter)
    assert page.text.count("The official page says outage, but our own probes succeed.") == 1
    exporter.pages.states.clear()
    assert "official page says" not in overview(exporter).text
    assert "not read yet" in overview(exporter).text.lower()


def test_a_service_shows_its_component_of_the_official_page(exporter: Exporter) -> None:
    """The page of a service names the official page, the component and its word for it, or that it has none."""
    assert "Official pagenot reported (openai," in of_service(exporter, "sora-2-official").text
    page_says(exporter, ComponentStatus.PARTIAL_OUTAGE)
    assert "Official pagepartial outage (openai, Sora)" in of_service(exporter, "sora-2-official").text


def test_a_component_that_the_page_leaves_out_has_its_known_name(exporter: Exporter) -> None:
    """A watched component of a built-in page that is not reported has a name; an unknown one has a description."""
    page_says(exporter, ComponentStatus.OPERATIONAL)
    state = exporter.pages.states["openai"]
    assert state.report is not None
    missing = ("01JQ7EKW990MSPSWVXC7VPV2ZJ", "01ZZZZZZZZZZZZZZZZZZZZZZZZ")
    exporter.pages.states["openai"] = replace(state, report=replace(state.report, missing_components=missing))
    text = overview(exporter).text
    assert "Image Generation not reported" in text
    assert "A component of the configuration not reported" in text
