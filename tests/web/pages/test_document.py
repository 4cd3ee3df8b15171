"""Documents: text stays text, nothing is loaded from elsewhere, the structure is accessible."""

from __future__ import annotations

import base64
import hashlib
import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import httpx2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.html_structure import Structure
from support.pages import of_service, overview
from support.remembering import JANUARY, attempt, configuration, fill_january, page_says

from sora_exporter.exporter import Exporter
from sora_exporter.figures import neutral
from sora_exporter.result import ErrorClass, ProbeKind
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Incident
from sora_exporter.web.app import create_app
from sora_exporter.web.pages import badge_of, render_badge
from sora_exporter.web.wording import wording

ATTACKS = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</style></title><svg onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "&lt;b&gt; &amp;amp; &#x202e;",
    "\u202egnp.exe \u2066\u2069 \u200f\u061c",
    "\ud800 \x00 \x1b[31m \ufffe",
    "官转 🎬 " + "x" * 180,
)


def fill_hostile(exporter: Exporter, text: str) -> None:
    """Put one text in every place of foreign text; names as if the configuration allowed everything."""
    plain = configuration(JANUARY)
    named = tuple(service.model_copy(update={"name": text[:200], "model": text[:200]}) for service in plain.services)
    exporter.config = plain.model_copy(update={"services": named})
    exporter.state.configure(exporter.config)
    facts = {"detail": text, "excerpt": text, "rule": text or "r"}
    attempt(exporter, "sora-2-official", ProbeKind.CATALOG, ErrorClass.TIMEOUT, **facts)
    exporter.reload_state.error = text or "e"
    page_says(exporter, ComponentStatus.OPERATIONAL, Incident(text, Impact.MINOR, True, url="http://a.example"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec=None), min_size=1, max_size=300))
@example(ATTACKS[0])
@example(ATTACKS[1])
@example(ATTACKS[2])
@example(ATTACKS[3])
@example(ATTACKS[4])
@example(ATTACKS[5])
@example(ATTACKS[6])
@example(ATTACKS[7])
@example("\r")
def test_any_text_is_text(exporter: Exporter, text: str) -> None:
    """Any name, answer or incident is shown as text and changes nothing of the structure."""
    fill_hostile(exporter, "plain")
    plain = overview(exporter).tags, of_service(exporter, "sora-2-official").tags
    exporter.state.configure(configuration(()))
    fill_hostile(exporter, text)
    pages = overview(exporter), of_service(exporter, "sora-2-official")
    assert tuple(page.tags for page in pages) == plain
    shown = " ".join(neutral(text[:200]).split())
    for page in pages:
        assert shown in page.text
        "".join(page.texts).encode()
        assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    drawn = ElementTree.fromstring(render_badge(badge_of(exporter, "sora-2-official", "status", wording("en"))).content)
    assert len(list(drawn.iter())) == 11


@pytest.mark.parametrize("path", ["", "internals", "services/sora-2-official", "services/nobody"])
async def test_documents_are_self_contained_and_locked_down(exporter: Exporter, path: str) -> None:
    """Nothing is loaded from anywhere, the policy allows this very style and script alone, no address is absolute."""
    fill_january(exporter)
    transport = httpx2.ASGITransport(app=create_app(exporter))
    async with httpx2.AsyncClient(transport=transport, base_url="http://exporter.example") as client:
        answer = await client.get(f"/{path}")
    page = Structure(answer.text)
    assert not {"img", "iframe", "object", "form", "base"} & set(page.tags)
    assert page.all("src") + page.all("style") == []
    style = re.search(r"<style>(.*)</style>", answer.text, re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    for kind, text in (("style", style[1]), ("script", script)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not [href for href in page.all("href") if href.startswith("/")]


def test_structure_helps_people_who_cannot_see_it(exporter: Exporter) -> None:
    """One h1, no heading level left out, every reference met, ids used once, every drawing named or hidden."""
    fill_january(exporter)
    for page in (overview(exporter), of_service(exporter, "sora-2-reverse")):
        levels = page.heading_levels()
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        ids = page.all("id")
        assert len(ids) == len(set(ids))
        assert set(page.all("aria-labelledby")) <= set(ids)
        assert {href[1:] for href in page.all("href") if href.startswith("#")} <= set(ids)
        drawings = [attributes for tag, attributes in page.elements if tag == "svg"]
        assert all(a.get("aria-hidden") == "true" or (a.get("role") == "img" and a["aria-label"]) for a in drawings)
        assert page.tags.count("main") == page.tags.count("header") == page.tags.count("footer") == 1
