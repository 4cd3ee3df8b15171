"""Events for other programs: /api/v1/events and the Atom feeds."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import feedparser  # type: ignore[import-untyped]
import httpx2
import pytest
from support.remembering import attempt, fill_january, page_says

from sora_exporter.exporter import Exporter
from sora_exporter.result import Depth, ErrorClass, ProbeKind
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Incident
from sora_exporter.web.app import AppSettings, create_app

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
async def client(exporter: Exporter, clock: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """A site whose official route was suspended for five minutes; an official page has one open incident."""
    fill_january(exporter)
    await clock.advance(60)
    attempt(exporter, "sora-2-official", ProbeKind.CANARY, ErrorClass.UNAVAILABLE, detail="no <channel>",
            depth=Depth.OFFERED)  # fmt: skip
    await clock.advance(300)
    attempt(exporter, "sora-2-official", ProbeKind.CANARY)
    page_says(exporter, ComponentStatus.OPERATIONAL,
              Incident("Videos & images fail", Impact.MAJOR, True, clock.now() - 600, url="/incidents/1"))  # fmt: skip
    transport = httpx2.ASGITransport(app=create_app(exporter, AppSettings(external_url="https://status.example/sora")))
    async with httpx2.AsyncClient(transport=transport, base_url="http://exporter.example") as client:
        yield client


async def test_events_as_json_name_class_probe_depth_and_times(client: httpx2.AsyncClient) -> None:
    """Each event has what a person needs for a report, the newest first, beside official open incidents."""
    document = (await client.get("/api/v1/events?service_id=sora-2-official")).json()
    assert [event["status"] for event in document["events"]] == ["operational", "suspended", "operational"]
    suspended = document["events"][1]
    facts = ("error_class", "probe", "depth", "why", "began_at", "ended_at", "duration_seconds")
    assert [suspended[name] for name in facts] == [
        "unavailable", "canary", "offered", "no <channel>", "2026-01-28T00:01:00Z", "2026-01-28T00:06:00Z", 300.0
    ]  # fmt: skip
    (incident,) = document["official"]
    assert (incident["page"], incident["url"]) == ("openai", "https://status.example/incidents/1")


async def test_events_can_be_chosen_by_age(client: httpx2.AsyncClient, clock: Any) -> None:
    """Events that ended before the chosen number of days are left out; those that last are not."""
    await clock.advance(3 * 86400.0)
    for days, statuses in ((1, {"operational", "risk_control"}), (30, {"operational", "risk_control", "suspended"})):
        document = (await client.get(f"/api/v1/events?days={days}")).json()
        assert {event["status"] for event in document["events"]} == statuses


@pytest.mark.parametrize("query", ["service_id=nobody", "days=0", "days=x", "days=99999", "days=" + "9" * 5000])
async def test_a_wrong_question_gets_its_mistake(client: httpx2.AsyncClient, query: str) -> None:
    """An unknown service is 404 and an impossible number 400, each with the mistake in one line."""
    answer = await client.get(f"/api/v1/events?{query}")
    assert answer.status_code == (404 if "service" in query else 400)
    assert query.partition("=")[2][:30] in answer.json()["error"]


@pytest.mark.parametrize("path", ["/feed.atom", "/services/sora-2-official/feed.atom"])
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_feeds_are_read_by_a_feed_reader(client: httpx2.AsyncClient, path: str, language: str) -> None:
    """A reader that is not ours finds nothing to complain about, the language, and every part of every entry."""
    answer = await client.get(path, params={"lang": language})
    read = feedparser.parse(answer.content, response_headers={"content-type": answer.headers["content-type"]})
    assert (read.bozo, read.version, read.feed.language) == (0, "atom10", language)
    assert read.entries
    for one in (read.feed, *read.entries):
        assert urlsplit(one.link).scheme == "https"
        assert one.title.strip()
        assert one.updated_parsed is not None
    assert all(one.content[0].type == "text/plain" and one.content[0].value for one in read.entries)


@pytest.mark.parametrize("path", ["/feed.atom", "/services/sora-2-official/feed.atom"])
async def test_feeds_keep_the_rules_of_atom(client: httpx2.AsyncClient, path: str) -> None:
    """The rules of RFC 4287 hold: each element as often as it may be, dates, names, links, and text without markup."""
    answer = await client.get(path)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.text)
    entries = feed.findall(f"{ATOM}entry")
    assert entries
    assert all(element.tag.startswith(ATOM) for element in feed.iter())
    # Sections 4.1.1 and 4.1.2: what is there once, what at most once; an author of the feed stands for its entries.
    for element in (feed, *entries):
        counts = Counter(child.tag.removeprefix(ATOM) for child in element)
        assert [counts[name] for name in ("id", "title", "updated")] == [1, 1, 1]
        once = ("generator", "icon", "logo", "rights", "subtitle", "published", "content", "summary", "source")
        assert max(counts[name] for name in once) <= 1
        kinds = [(link.get("rel"), link.get("type"), link.get("hreflang")) for link in element.findall(f"{ATOM}link")]
        assert len(kinds) == len(set(kinds))
        assert "alternate" in {kind[0] for kind in kinds}
    assert (feed.findtext(f"{ATOM}author/{ATOM}name") or "").strip()
    # Section 4.2.6: ids are absolute IRIs that never change; no two entries are the same.
    ids = [found.text or "" for found in feed.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids)
    assert all(one.startswith("urn:uuid:") for one in ids)
    # Section 3.3: dates are those of RFC 3339, with an uppercase T and Z.
    dates = [found.text or "" for name in ("updated", "published") for found in feed.iter(f"{ATOM}{name}")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", date) for date in dates)
    moments = [datetime.fromisoformat(found.text or "") for found in feed.iter(f"{ATOM}updated")]
    assert moments[1:] == sorted(moments[1:], reverse=True)
    assert moments[0] == max(moments)
    # Sections 3.1.1.1 and 4.1.3.3: text of the type text has no child elements; 4.2.2: a category has a term.
    assert not any(len(found) for name in ("title", "content") for found in feed.iter(f"{ATOM}{name}"))
    assert all(found.get("term") for found in feed.iter(f"{ATOM}category"))
    # Section 4.2.7: links are IRIs; the feed names its own address.
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == f"https://status.example/sora{path}?lang=en"
    assert all((link.get("href") or "").startswith("https://") for link in feed.iter(f"{ATOM}link"))


async def test_the_feed_shows_what_happened_in_words(client: httpx2.AsyncClient) -> None:
    """An entry has status, length, meaning and advice in words; an official incident is an entry too."""
    feed = ElementTree.fromstring((await client.get("/feed.atom")).text)
    said = {
        entry.findtext(f"{ATOM}title"): entry.findtext(f"{ATOM}content") or "" for entry in feed.iter(f"{ATOM}entry")
    }
    assert "Official page openai: Videos & images fail" in said
    text = said["Sora 2 官转: Suspended"]
    assert "From 2026-01-28 00:01 to 2026-01-28 00:06 UTC, 5 min." in text
    assert "What to do: Use another route" in text
    assert "no <channel>" in text


async def test_a_feed_of_nobody_is_missing(client: httpx2.AsyncClient) -> None:
    """A service that is not configured has no feed."""
    assert (await client.get("/services/nobody/feed.atom")).status_code == 404


async def test_the_same_event_keeps_its_id(client: httpx2.AsyncClient) -> None:
    """Readers know an entry again, in the feed of its service too."""
    ids = []
    for path in ("/feed.atom", "/services/sora-2-official/feed.atom"):
        feed = ElementTree.fromstring((await client.get(path)).text)
        entries = {entry.findtext(f"{ATOM}title"): entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")}
        ids.append(entries["Sora 2 官转: Suspended"])
    assert ids[0] == ids[1]
