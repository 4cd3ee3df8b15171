"""The sentences of the pages in the language of the reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import httpx2
import pytest
from support.html_structure import Structure
from support.pages import history_of, internals, of_service, overview, past
from support.remembering import attempt, fill_january, page_says

import sora_exporter.web
from sora_exporter.exporter import Exporter
from sora_exporter.result import ErrorClass, ProbeKind
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Incident
from sora_exporter.web.app import create_app
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


FOREIGN = ("AI video services", "unusual activity", "error_class: quota_exhausted")
"""Words of the configuration and of providers, and a line for the configuration."""
PAGE_LINK = re.compile(r"(\./|\.\./|services/[^/]*|internals)?(\?.*)?$")

PAGES: Mapping[str, Callable[..., Structure]] = {
    "status page": overview,
    "internals": internals,
    "service": partial(of_service, service_id="sora-2-official"),
    "no service": partial(of_service, service_id="nobody"),
}
SENTENCE_WORDS = 3
"""Shorter texts are names, figures and times, which are the same in every language."""


def sentences(page: Structure) -> set[str]:
    """Return what a page says to readers and to listeners, without short texts."""
    said = {text.strip() for text in (*page.texts, *page.titles, *page.all("aria-label"))}
    return {text for text in said if len(re.findall(r"[^\W\d_]{2,}", text.replace("UTC", ""))) >= SENTENCE_WORDS}


@pytest.mark.parametrize("language", ["zh", "id"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_in_another_language_has_no_english_sentence(exporter: Exporter, page: str, language: str) -> None:
    """No text of an English page, apart from names, is left on the page in another language."""
    fill_january(exporter)
    attempt(exporter, "sora-2-official", ProbeKind.CANARY, ErrorClass.QUOTA_EXHAUSTED, recognised=False)
    page_says(exporter, ComponentStatus.PARTIAL_OUTAGE, Incident("官方", Impact.MAJOR, True, 0.0))
    history_of(exporter, {"sora-2-reverse": past(stars=3, episodes=1, hours=2.0)})
    same = sentences(PAGES[page](exporter, language=language)) & sentences(PAGES[page](exporter))
    assert {text for text in same if not any(foreign in text for foreign in FOREIGN)} == set()


@pytest.mark.parametrize("page", PAGES)
def test_links_between_the_pages_keep_the_language(exporter: Exporter, page: str) -> None:
    """Every link to another page carries the language, and the switch offers the others."""
    fill_january(exporter)
    links = PAGES[page](exporter, language="zh").all("href")
    switch = {"?lang=en", "?lang=id"}
    assert switch <= {*links}
    assert {link for link in links if PAGE_LINK.match(link) and not link.endswith("lang=zh")} <= switch


def test_every_text_is_used() -> None:
    """Each key of the pages' texts stands in the source, whole or as the beginning that a member completes."""
    folder = Path(sora_exporter.web.__file__).parent
    files = [*folder.rglob("*.py"), *folder.rglob("*.html")]
    named = {*re.findall(r'f?"([a-z_0-9]+)["{]', "".join(file.read_text("utf-8") for file in files))}
    beginnings = tuple(name for name in named if name.endswith("_"))
    assert [key for key in wording("en").texts if key not in named and not key.startswith(beginnings)] == []
