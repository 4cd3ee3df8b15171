"""The badge: a status as an image."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from support.html_structure import Structure
from support.remembering import attempt

from sora_exporter.exporter import Exporter
from sora_exporter.plain_words import plain_words
from sora_exporter.result import ErrorClass, ProbeKind
from sora_exporter.web.pages import render_badge, render_service


def test_unknown_service_is_404_everywhere(exporter: Exporter) -> None:
    """A service that is not configured has a page and a badge that say so, and what was asked is escaped."""
    page = render_service(exporter, "<script>")
    assert page.http_status == 404
    assert "No service with the id <script> is configured." in Structure(page.content).text
    badge = render_badge(exporter, "no<body>")
    root = ElementTree.fromstring(badge.content)
    assert (badge.http_status, root.get("aria-label")) == (404, "no<body>: no such service")
    assert badge.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("error_class", list(ErrorClass))
def test_badge_has_words_for_every_status(exporter: Exporter, error_class: ErrorClass) -> None:
    """The badge is an image with name and status in words for those who see it and those who do not."""
    attempt(exporter, "sora-2-official", ProbeKind.CATALOG, error_class)
    drawn = render_badge(exporter, "sora-2-official")
    root = ElementTree.fromstring(drawn.content)
    word = plain_words().statuses[error_class.status].name.lower()
    assert (root.get("role"), root.get("aria-label")) == ("img", f"Sora 2 官转: {word}")
    assert [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")] == ["Sora 2 官转", word]
    assert (drawn.media_type, drawn.http_status) == ("image/svg+xml", 200)
    assert "max-age=30" in drawn.headers["cache-control"]
