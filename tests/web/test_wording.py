"""The sentences of the pages in the language of the reader."""

from __future__ import annotations

import httpx2
import pytest
from support.html_structure import Structure
from support.pages import history_of, past
from support.remembering import attempt, fill_january, page_says

from sora_exporter.exporter import Exporter
from sora_exporter.result import ErrorClass, ProbeKind
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Incident
from sora_exporter.web.app import create_app
from sora_exporter.web.pages import render_overview
from sora_exporter.web.wording import wording


@pytest.mark.parametrize(
    ("accepted", "asked", "language"),
    [
        ("", "", "en"), ("de,fr;q=0.5", "", "en"), ("zh-TW,zh;q=0.9,en;q=0.8", "", "zh"), ("en;q=0.5, id", "", "id"),
        ("zh;q=0, en;q=0.1", "", "en"), ("zh", "id", "id"), ("zh", "xx", "zh"), ("zh;q=x, id;q=0.2", "", "id"),
    ],
)  # fmt: skip
async def test_the_reader_gets_a_language(exporter: Exporter, accepted: str, asked: str, language: str) -> None:
    """The address goes before the browser's preferences, and English stands for every other language."""
    fill_january(exporter)
    transport = httpx2.ASGITransport(app=create_app(exporter))
    async with httpx2.AsyncClient(transport=transport, base_url="http://exporter.example") as client:
        answer = await client.get("/", params={"lang": asked} if asked else {}, headers={"accept-language": accepted})
    page = Structure(answer.text)
    assert page.elements[0][1]["lang"] == language
    assert wording(language)("works_some", working=1, count=3) in page.text
    assert "accept-language" in answer.headers["vary"]


@pytest.mark.parametrize("language", ["zh", "id"])
def test_a_page_in_another_language_has_no_english_sentence(exporter: Exporter, language: str) -> None:
    """No text of the English page, apart from names, is left on the page in another language."""
    fill_january(exporter)
    attempt(exporter, "sora-2-official", ProbeKind.CANARY, ErrorClass.QUOTA_EXHAUSTED)
    page_says(exporter, ComponentStatus.PARTIAL_OUTAGE, Incident("官方", Impact.MAJOR, True, 0.0))
    history_of(exporter, {"sora-2-reverse": past(stars=3, episodes=1, hours=2.0)})
    shown = Structure(render_overview(exporter, wording(language)).content)
    english = Structure(render_overview(exporter, wording("en")).content)
    sentences = {text.strip() for text in english.texts if len(text.split()) > 3}
    assert {text.strip() for text in shown.texts} & sentences == set()
    assert {text for text in shown.all("aria-label") if len(text.split()) > 3} & {*english.all("aria-label")} == set()
