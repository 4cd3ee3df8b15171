"""The recorded documents over real HTTP: served by the simulator, polled, on /metrics and on the page for people."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.html_structure import Structure
from support.over_http import over_http
from support.page_documents import DOCUMENTS, DURING_MAINTENANCE, EXPECTED, PLACES, found, open_count
from support.remembering import configuration, remembering

from sora_exporter.exporter import Exporter
from sora_exporter.simulator import create_app as create_provider
from sora_exporter.web.app import create_app

KEYED = ("incidents_by_name", "incidents_by_component", "open_for_product")
BELOW = {"statuspage": "api/v2/"}
ADDRESSED = {"incidentio-widget": "/summary"}
"""The path below a page's directory in its configured address."""


def page_name(recording: str) -> str:
    return recording.removesuffix(".json")


def wanted(expected: Mapping[str, Any]) -> list[str]:
    """The components to configure so that every expected fact can be seen."""
    named = [expected.get("component", ""), *(key for fact in KEYED for key in expected.get(fact, {}))]
    return [name for name in named if name]


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[str]:
    """A simulated provider that serves each recording as a separate page."""
    for recording, (page_format, place) in PLACES.items():
        file = tmp_path / "documents" / page_name(recording) / (BELOW.get(page_format, "") + place)
        file.parent.mkdir(parents=True)
        shutil.copy(DOCUMENTS / recording, file)
    with over_http(create_provider(status_documents=tmp_path / "documents")) as url:
        yield url


async def read_pages(exporter: Exporter, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Return when every page was polled once."""
    polled = asyncio.Semaphore(0)

    async def sleep(_seconds: float) -> None:
        polled.release()
        await asyncio.Event().wait()

    monkeypatch.setattr(clock, "sleep", sleep)
    exporter.pages.apply(exporter.config)
    async with asyncio.timeout(60):
        for _ in exporter.config.status_pages:
            await polled.acquire()


def samples(text: str, name: str, page: str) -> dict[tuple[str, ...], float]:
    """A metric's values of one page by its other labels."""
    return {
        tuple(value for label, value in sample.labels.items() if label != "page"): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and sample.labels.get("page") == page
    }


async def test_every_recording_arrives(
    provider: str, tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The facts in expect.json for each document are in the report, on /metrics, and in words on the overview."""
    clock.step(DURING_MAINTENANCE - clock.now())
    pages = {
        page_name(recording): {
            "url": f"{provider}/status/{page_name(recording)}{ADDRESSED.get(page_format, '')}",
            "format": page_format,
            "components": wanted(EXPECTED[recording]),
        }
        for recording, (page_format, _) in PLACES.items()
    }
    with remembering(configuration((), status_pages=pages), tmp_path, clock) as exporter:
        await read_pages(exporter, clock, monkeypatch)
        transport = httpx2.ASGITransport(app=create_app(exporter))
        async with httpx2.AsyncClient(transport=transport, base_url="http://exporter.example") as client:
            metrics, overview = (await client.get("/metrics")).text, (await client.get("/")).text
        await exporter.pages.stop()
    for recording, all_expected in EXPECTED.items():
        page, expected = page_name(recording), {k: v for k, v in all_expected.items() if k != "why"}
        report = exporter.pages.states[page].report
        assert report is not None, exporter.pages.states[page].error
        assert {fact: found(report, fact, expected) for fact in expected} == expected
        assert samples(metrics, "sora_status_page_up", page) == {(): 1.0}
        statuses = samples(metrics, "sora_status_page_component_status", page)
        assert {labels for labels, value in statuses.items() if value} == {
            (key, status.value) for key, status in report.components.items()
        }
        if report.open_incidents is not None:
            assert sum(samples(metrics, "sora_status_page_open_incidents", page).values()) == open_count(report)
        if "indicator" in expected:
            indicators = samples(metrics, "sora_status_page_indicator", page)
            assert [name for (name,), value in indicators.items() if value] == [expected["indicator"]]
        shown = Structure(
            overview[overview.index(f'<article aria-labelledby="page-{page}"') :].partition("</article>")[0]
            + "</article>"
        )
        if "component" in expected:
            said = (expected["status"] or "not reported").replace("_", " ")
            assert f"{expected['component']} {said}" in shown.text
        for incident in report.incidents[:5]:
            assert (incident.name in shown.text) is incident.is_open
