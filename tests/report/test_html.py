"""The report as one self-contained page."""

from __future__ import annotations

import pytest
from support.html_structure import Structure
from support.recorded import Find, Recorded

from sora_exporter.cli.report import render
from sora_exporter.web.pages.document import COLOURS
from sora_exporter.words import languages


@pytest.mark.parametrize("language", languages())
def test_html_is_one_self_contained_file(found: Find, language: str) -> None:
    """The page is well-formed, in its language, draws a chart per service and points nowhere."""
    page = render(found(), language, "html")
    structure = Structure(page)
    assert page.startswith("<!doctype html>")
    assert structure.elements[0] == ("html", {"lang": language})
    assert structure.tags.count("svg") == 3
    assert structure.all("href") == structure.all("src") == []
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page
    assert structure.heading_levels() == [1, *[2] * 8]


def test_html_describes_its_drawings_in_words(found: Find) -> None:
    """Each chart has its figure as a label, each bar its own, and everyone can distinguish the colours."""
    structure = Structure(page := render(found(), "en", "html"))
    assert "Beta: 90.00 %" in structure.all("aria-label")
    assert page.count('<rect class="back"') == 3 * 28
    assert "2026-10-25 06:00: 50.00 %" in page
    assert all(colour in page for colour in COLOURS.values())


def test_a_hostile_name_is_text(recorded: Recorded, found: Find) -> None:
    """A name made of markup and control characters adds no element and no direction of writing."""
    recorded.give_hostile_names()
    page = render(found(), "en", "html")
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
