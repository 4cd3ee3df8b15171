"""The badge: a status, an availability or a response time as an image, and as JSON."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import httpx2
import pytest
from support.html_structure import Structure
from support.remembering import attempt

from sora_exporter.exporter import Exporter
from sora_exporter.history.keeper import History
from sora_exporter.history.prometheus import Access
from sora_exporter.history.service import ServiceHistory
from sora_exporter.result import ErrorClass, ProbeKind, Status
from sora_exporter.web.app import create_app
from sora_exporter.web.pages import badge_of, render_badge, render_service
from sora_exporter.web.pages.document import Document
from sora_exporter.web.wording import wording
from sora_exporter.words import plain_words


def badge(exporter: Exporter, service_id: str, shown: str = "status", language: str = "en") -> Document:
    """Return a badge as an image."""
    return render_badge(badge_of(exporter, service_id, shown, wording(language)))


def test_unknown_service_is_404_everywhere(exporter: Exporter) -> None:
    """A service that is not configured has a page and a badge that say so, and what was asked is escaped."""
    page = render_service(exporter, "<script>", wording("en"))
    assert page.http_status == 404
    assert (
        "No service with this id is configured. It may have been renamed or removed: <script>"
        in Structure(page.content).text
    )
    missing = badge(exporter, "no<body>")
    root = ElementTree.fromstring(missing.content)
    assert (missing.http_status, root.get("aria-label")) == (404, "no<body>: no such service")
    assert missing.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("error_class", list(ErrorClass))
def test_badge_has_words_for_every_status(exporter: Exporter, error_class: ErrorClass) -> None:
    """The badge is an image with name and status in words for those who see it and those who do not."""
    attempt(exporter, "sora-2-official", ProbeKind.CATALOG, error_class)
    drawn = badge(exporter, "sora-2-official")
    root = ElementTree.fromstring(drawn.content)
    word = plain_words().statuses[error_class.status].name.lower()
    assert (root.get("role"), root.get("aria-label")) == ("img", f"Sora 2 官转: {word}")
    assert [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")] == ["Sora 2 官转", word]
    assert (drawn.media_type, drawn.http_status) == ("image/svg+xml", 200)
    assert "max-age=30" in drawn.headers["cache-control"]


def test_a_badge_can_show_availability_and_response_time(exporter: Exporter) -> None:
    """The availability is of 24 hours, or of 30 days with a history; colour and sign follow the figure."""
    exporter.events.note("sora-2-official", Status.OPERATIONAL, ErrorClass.NONE, exporter.clock.now() - 3600)
    attempt(exporter, "sora-2-official", ProbeKind.CATALOG)
    shown = {
        one: badge_of(exporter, "sora-2-official", one, wording("en")) for one in ("availability", "response", "other")
    }
    assert (shown["availability"].label, shown["availability"].message) == ("Sora 2 官转 24 h", "100.00 %")
    assert (shown["response"].label, shown["response"].message) == ("Sora 2 官转 response", "250 ms")
    assert shown["other"].message == "operational"
    history = exporter.history = History(Access("http://prometheus.example:9090"), exporter.clock)
    assert badge_of(exporter, "sora-2-official", "availability", wording("en")).message == "no figure"
    history.services = {"sora-2-official": ServiceHistory([], {"30d": 0.9712})}
    recorded = badge_of(exporter, "sora-2-official", "availability", wording("zh"))
    assert (recorded.label, recorded.message, recorded.sign) == ("Sora 2 官转 30 天", "97.12 %", Status.DEGRADED)


async def test_a_badge_is_json_for_shields(exporter: Exporter) -> None:
    """The endpoint has the members that shields.io reads, in the reader's language; 404 for no such service."""
    attempt(exporter, "sora-2-official", ProbeKind.CATALOG)
    transport = httpx2.ASGITransport(app=create_app(exporter))
    async with httpx2.AsyncClient(transport=transport, base_url="http://exporter.example") as client:
        found = await client.get("/badge/sora-2-official.json?show=status&lang=zh")
        missing = await client.get("/badge/nobody.json")
    assert found.json() == {
        "schemaVersion": 1, "label": "Sora 2 官转", "message": "正常", "color": "009E73", "isError": False
    }  # fmt: skip
    assert (missing.status_code, missing.json()["isError"]) == (404, True)
