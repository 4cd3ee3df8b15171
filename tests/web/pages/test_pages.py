"""The pages for people, read as text and as structure."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.html_structure import Structure
from support.remembering import JANUARY, PROVIDERS, SORA, attempt, configuration, fill_january, page_says, remembering

from sora_exporter.evidence.state import MARKS_KEPT
from sora_exporter.exporter import Exporter, Spending
from sora_exporter.figures import count_of, dollars, moment, seconds_text, span
from sora_exporter.plain_words import languages, plain_words
from sora_exporter.result import JOB_PHASES, PHASES, ErrorClass, ProbeKind, Status
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Incident
from sora_exporter.status_pages.poller import PageState
from sora_exporter.web.app import create_app
from sora_exporter.web.pages import render_badge, render_overview, render_service, service_document
from sora_exporter.web.pages.document import FOLDER, icon_address, neutral
from sora_exporter.web.pages.strip import SHAPES

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


@pytest.fixture
def exporter(tmp_path: Path, clock: Any) -> Iterator[Exporter]:
    """Three services; nothing is known of them yet."""
    with remembering(configuration(JANUARY, budget_usd_per_day=1.0), tmp_path, clock) as exporter:
        yield exporter


def overview(exporter: Exporter) -> Structure:
    return Structure(render_overview(exporter).content)


def of_service(exporter: Exporter, service_id: str) -> Structure:
    return Structure(render_service(exporter, service_id).content)


def replace_services(exporter: Exporter, *services: Any, **more: Any) -> None:
    """Give the exporter another configuration, as a reload does."""
    exporter.config = configuration(services, **more)
    exporter.state.configure(exporter.config)


def test_overview_names_route_and_reason(exporter: Exporter) -> None:
    """The product's route to use now is named with a link and why; a product without evidence says so."""
    fill_january(exporter)
    page = overview(exporter)
    assert "sora-2 Use Sora 2 官转 operational, official access; every other route is worse or unknown" in page.text
    assert "veo-3.1 Use nothing now nothing can be said of any route yet" in page.text
    assert "services/sora-2-official" in page.all("href")
    assert "1 of 3 services operational." in page.text


async def test_overview_tells_status_since_price_objective_and_sunset(exporter: Exporter, clock: Any) -> None:
    """Since when is told by distance and exactly; the price is per video; the end of life counts down or is over."""
    fill_january(exporter)
    await clock.advance(150)
    page = overview(exporter)
    assert "Operational for 2 min 30 s since 2026-01-28 00:00:00 UTC" in page.text
    assert "2026-01-28T00:00:00Z" in page.all("datetime")
    assert "Price per video$0.40 4 s × $0.10/s" in page.text
    assert "Price per video$0.12" in page.text
    assert "99.9 % available" in page.text
    assert "in 238 d 2026-09-24" in page.text
    assert "8 d ago 2026-01-20" in page.text
    assert "Response250 ms" in page.text


def test_price_per_second_stands_alone_where_no_length_is_known(exporter: Exporter) -> None:
    """Of an API whose requests tell no length, the price of a second is shown; without a price, none is."""
    replace_services(exporter, {**JANUARY[1], "price_usd": {"per_second": 0.072}}, JANUARY[2])
    page = overview(exporter)
    assert "Price per second$0.072" in page.text
    assert page.text.count("Price per") == 1


def test_a_fault_is_explained_with_what_to_do_and_its_evidence(exporter: Exporter) -> None:
    """Beside the class stand its meaning, what to do, the provider's own words and the deciding attempt."""
    fill_january(exporter)
    words = plain_words().error_classes[ErrorClass.RISK_CONTROL]
    for page in (overview(exporter), of_service(exporter, "sora-2-reverse")):
        assert f"{words.name} risk_control {words.meaning}" in page.text
        assert f"What to do: {words.advice}" in page.text
        assert "检测到异常活动 unusual activity" in page.text
        assert "canary probe, 0 s ago: HTTP 403, rule risk" in page.text


def test_the_page_saying_operational_while_probes_fail_is_visible(exporter: Exporter) -> None:
    """The official page stands beside our evidence, and both kinds of contradiction are said aloud."""
    fill_january(exporter)
    page = overview(exporter)
    assert page.text.count("Disagreement.") == 1
    assert "says operational; our own probes do not get what they ask for" in page.text
    page_says(exporter, ComponentStatus.MAJOR_OUTAGE)
    page = overview(exporter)
    assert page.text.count("Disagreement.") == 1
    assert "says outage; our own probes get what they ask for" in page.text
    exporter.pages.states.clear()
    assert "Disagreement" not in overview(exporter).text
    assert "not read yet" in overview(exporter).text.lower()


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
    assert "Elevated errors impact critical, for 1 h, since 2026-01-27 23:00:00 UTC, touches Sora" in page.text
    assert "https://status.example/incidents/1" in page.all("href")
    assert not any(href.startswith(("javascript", "http://[")) for href in page.all("href"))
    exporter.pages.states["openai"] = PageState(False, now, now - 60, None, "summary.json: HTTP 503")
    page = overview(exporter)
    assert "Cannot be read read 1 min ago" in page.text
    assert "summary.json: HTTP 503" in page.text
    assert "major outage" not in page.text


def test_what_others_write_is_cut(exporter: Exporter) -> None:
    """However long an incident's name and address or the list of mistakes are, the page stays short."""
    exporter.reload_state.error = "\n".join(f"sora.yml:{line}: unknown key" for line in range(5000))
    long = Incident("n" * 1_000_000, Impact.MINOR, True, url="https://a.example/" + "u" * 1_000_000)
    page_says(exporter, ComponentStatus.OPERATIONAL, *[long] * 20)
    assert len(overview_text := overview(exporter).text) < 6000
    assert "sora.yml:9: unknown key and 4990 more in the log" in overview_text
    assert "and 15 more" in overview_text


def test_budget_and_health_are_told(exporter: Exporter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spend and limit, a failed reload with its reason, overdue probes, an unreadable ledger: each is said."""
    fill_january(exporter)
    page = overview(exporter)
    assert "Spent on probes today $0.25 of $1.00" in page.text
    assert "0 running, none overdue" in page.text
    exporter.spending = Spending(None)
    exporter.reload_state.error = "sora.yml:3: services[0].modle: unknown key"
    monkeypatch.setattr(exporter, "overdue", lambda: [(f"s{n}", ProbeKind.CATALOG) for n in range(12)])
    page = overview(exporter)
    assert "unknown: the ledger cannot be read" in page.text
    assert "the last reload failed" in page.text
    assert "sora.yml:3: services[0].modle: unknown key" in page.text
    assert "12 overdue: catalog of s0," in page.text
    assert page.text.count("catalog of s") == 10


async def test_strip_shows_the_last_attempts_with_words_and_shapes(exporter: Exporter, clock: Any) -> None:
    """A strip holds at most the remembered marks, newest right, and says the same in words; no two shapes are equal."""
    for _ in range(MARKS_KEPT + 5):
        attempt(exporter, "sora-2-official", ProbeKind.CATALOG)
        await clock.advance(60)
    attempt(exporter, "sora-2-official", ProbeKind.CATALOG, ErrorClass.TIMEOUT)
    labels = overview(exporter).all("aria-label")
    assert (
        "catalog: 40 attempts of the last 39 min, 2026-01-28 00:06:00 UTC to 2026-01-28 00:45:00 UTC: "
        "39 as asked, 1 no answer in time; newest 0 s ago: no answer in time"
    ) in labels
    assert "every 1 min, shows 39 min" in overview(exporter).text
    assert "canary: no attempt yet" in labels
    drawn = [path for path in overview(exporter).all("d") if path.startswith("M195 ")]
    assert drawn == ["M195 4h4v12h-4z"]
    assert len(set(SHAPES.values())) == len(Status)


async def test_marks_tell_their_time(exporter: Exporter, clock: Any) -> None:
    """Each fault's mark has its time as a title, successes in a row share theirs; a fault outlasts successes."""
    attempt(exporter, "sora-2-official", ProbeKind.CATALOG, ErrorClass.TIMEOUT)
    for _ in range(MARKS_KEPT + 5):
        await clock.advance(60)
        attempt(exporter, "sora-2-official", ProbeKind.CATALOG)
    titles = re.findall(r"<title>([^<]*)</title></path>", render_overview(exporter).content)
    assert titles == [
        "No answer in time: 2026-01-28 00:00:00 UTC",
        "As asked: 39, 2026-01-28 00:07:00 UTC to 2026-01-28 00:45:00 UTC",
    ]


def test_the_trail_of_a_request_is_shown(exporter: Exporter) -> None:
    """Request, headers and the time to the millisecond stand beside the attempt: what a provider asks for first."""
    attempt(
        exporter, "sora-2-official", ProbeKind.CANARY, ErrorClass.SERVER_ERROR, started_at=exporter.clock.now() + 0.123,
        request="POST /videos, model sora-2", headers="x-request-id: r-1\ncf-ray: 8ab-SIN",
    )  # fmt: skip
    page = of_service(exporter, "sora-2-official")
    assert "2026-01-28 00:00:00.123 UTC" in page.text
    assert "POST /videos, model sora-2" in page.text
    assert "x-request-id: r-1 cf-ray: 8ab-SIN" in page.text


def test_an_empty_balance_beside_a_good_catalogue_is_explained(exporter: Exporter) -> None:
    """What keeps us from using an operational service is explained beside it and counts when routes are chosen."""
    fill_january(exporter)
    attempt(
        exporter, "sora-2-official", ProbeKind.CANARY, ErrorClass.QUOTA_EXHAUSTED, http_status=402, detail="余额不足"
    )
    words = plain_words().error_classes[ErrorClass.QUOTA_EXHAUSTED]
    for page in (overview(exporter), of_service(exporter, "sora-2-official")):
        assert f"{words.name} quota_exhausted {words.meaning} What to do: {words.advice} 余额不足" in page.text
    assert (
        "operational, official access; every other route is worse or unknown; it refuses some"
        in overview(exporter).text
    )
    attempt(exporter, "sora-2-reverse", ProbeKind.CANARY)
    assert "Use Sora 2 官逆 operational, reverse access; the other routes refuse some" in overview(exporter).text


def test_no_open_incident_is_said_of_whoever_tells_incidents(exporter: Exporter) -> None:
    """A page that told its incidents has none open although another document failed; else it is silent."""
    page_says(exporter, ComponentStatus.OPERATIONAL)
    state = exporter.pages.states["openai"]
    exporter.pages.states["openai"] = replace(state, error="components.json: HTTP 503")
    assert "No open incident." in overview(exporter).text
    assert state.report is not None
    silent = replace(state, report=replace(state.report, open_incidents=None))
    exporter.pages.states["openai"] = silent
    assert "No open incident." not in overview(exporter).text


def test_retired_is_less_urgent_than_suspended(exporter: Exporter) -> None:
    """Suspended services stand in full before retired ones, and the tab's icon shows them."""
    replace_services(exporter, *many(90))
    for number in range(90):
        fault = ErrorClass.MODEL_RETIRED if number < 50 else ErrorClass.UNAVAILABLE
        attempt(exporter, f"s{number}", ProbeKind.CATALOG, fault)
    page = overview(exporter)
    in_full = {label for label in page.all("aria-labelledby") if label.startswith("service-")}
    assert in_full == {f"service-s{number}" for number in range(50, 90)}
    assert next(href for href in page.all("href") if href.startswith("data:")) == icon_address(Status.SUSPENDED)


def test_collapsed_rows_show_disagreements(exporter: Exporter) -> None:
    """A service that is one line among many still tells that its official page says otherwise."""
    told = {**JANUARY[0], "id": "told", "product": "told"}
    replace_services(exporter, *many(60), told, providers=PROVIDERS)
    for number in range(60):
        attempt(exporter, f"s{number}", ProbeKind.CATALOG, ErrorClass.UNAVAILABLE)
    attempt(exporter, "told", ProbeKind.CATALOG)
    page_says(exporter, ComponentStatus.MAJOR_OUTAGE)
    page = overview(exporter)
    assert "service-told" not in page.all("aria-labelledby")
    assert page.text.count("Disagreement. The official page says outage") == 1


def test_every_phase_has_a_colour_of_its_own() -> None:
    """No two phases of an attempt look the same."""
    colours = dict(re.findall(r"\.p-(\w+)\{--phase:([^}]+)\}", FOLDER.joinpath("style.css").read_text("utf-8")))
    assert set(colours) == {*PHASES, *JOB_PHASES}
    assert len(set(colours.values())) == len(colours)


def test_the_service_as_json_tells_what_its_page_tells(exporter: Exporter) -> None:
    """Official page, disagreement, plain words, price of a video, intervals, counts and marks are in the document."""
    fill_january(exporter)
    told = json.loads(json.dumps(service_document(exporter, "sora-2-reverse")))
    words = plain_words().error_classes[ErrorClass.RISK_CONTROL]
    assert told["official"]["says"] == "operational"
    assert (told["official"]["component"], "says operational" in told["official"]["disagreement"]) == ("Sora", True)
    assert told["error_explained"] == {"name": words.name, "meaning": words.meaning, "advice": words.advice}
    assert (told["status_explained"]["name"], told["price_per_video_usd"]) == ("Risk control", 0.12)
    canary = told["probes"]["canary"]
    assert (canary["interval_seconds"], canary["attempts"], canary["failures"]) == (300, 1, 1)
    assert canary["marks"] == [
        {"at": "2026-01-28T00:00:00.000Z", "error_class": "risk_control", "status": "risk_control"}
    ]
    assert told["attempts"]["canary"][0]["excerpt"]
    assert service_document(exporter, "nobody") is None


def test_without_evidence_nothing_is_claimed(exporter: Exporter) -> None:
    """At the start every service is unknown with no evidence yet, and no fault is explained."""
    page = overview(exporter)
    assert "3 services, no evidence about any of them." in page.text
    assert page.text.count("no evidence yet") == 3
    assert "What to do" not in page.text
    assert "No attempt yet." in of_service(exporter, "veo-3.1-reverse").text


def test_no_service_at_all(exporter: Exporter) -> None:
    """An empty configuration gives a whole page that says what to do."""
    replace_services(exporter)
    page = overview(exporter)
    assert "No service is configured." in page.text
    assert page.heading_levels()[0] == 1


def test_service_page_keeps_the_evidence(exporter: Exporter) -> None:
    """Each attempt tells time, HTTP status, duration, class, rule, phases as bar and text, and the answer's excerpt."""
    fill_january(exporter)
    page = of_service(exporter, "sora-2-reverse")
    assert "Risk control risk_control 2026-01-28 00:00:00.000 UTC 0 s ago HTTP 403 · 250 ms · rule risk" in page.text
    assert "connect 50 ms tls 50 ms processing 140 ms transfer 10 ms" in page.text
    assert '{"error":{"message":"检测到异常活动"}}' in page.text
    assert page.text.index("canary every 5 min, 1 attempt, 1 without success") < page.text.index("catalog every 1 min")
    bar = [(a["x"], a["width"]) for tag, a in page.elements if tag == "rect" and a["class"].startswith("p-")]
    assert bar[:4] == [("0.0", "200.0"), ("200.0", "200.0"), ("400.0", "560.0"), ("960.0", "40.0")]
    assert "../api/v1/services/sora-2-reverse" in page.all("href")
    assert "../badge/sora-2-reverse.svg" in page.all("href")


def test_failures_outlast_successes_on_the_service_page(exporter: Exporter) -> None:
    """A failure is still shown after many more successes than the page keeps."""
    attempt(exporter, "sora-2-official", ProbeKind.CATALOG, ErrorClass.OVERLOADED, http_status=529)
    for _ in range(50):
        attempt(exporter, "sora-2-official", ProbeKind.CATALOG)
    page = of_service(exporter, "sora-2-official")
    assert "HTTP 529" in page.text
    assert "51 attempts, 1 without success" in page.text


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


def fill_hostile(exporter: Exporter, text: str) -> None:
    """Put one text wherever a text of somebody else can stand; names as if the configuration let everything pass."""
    plain = configuration(JANUARY)
    named = tuple(service.model_copy(update={"name": text[:200], "model": text[:200]}) for service in plain.services)
    exporter.config = plain.model_copy(update={"services": named})
    exporter.state.configure(exporter.config)
    facts = {"detail": text, "excerpt": text, "rule": text or "r"}
    attempt(exporter, "sora-2-official", ProbeKind.CATALOG, ErrorClass.TIMEOUT, **facts)
    exporter.reload_state.error = text or "e"
    page_says(exporter, ComponentStatus.OPERATIONAL, Incident(text, Impact.MINOR, True, url="http://a.example"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    """Whatever names, answers and incidents say, it stands there as text and changes nothing of the structure."""
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
    drawn = ElementTree.fromstring(render_badge(exporter, "sora-2-official").content)
    assert len(list(drawn.iter())) == 11


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200f", "\u061c", "\u200b", "\ud800", "\x00", "\x85"])
def test_hidden_characters_are_replaced(hidden: str) -> None:
    """What turns text around, hides in it or cannot be sent is replaced by a visible sign; the rest stays."""
    assert neutral(f"官a{hidden}b\n") == "官a\ufffdb\n"


@pytest.mark.parametrize("path", ["", "services/sora-2-official", "services/nobody"])
async def test_documents_are_self_contained_and_locked_down(exporter: Exporter, path: str) -> None:
    """Nothing is loaded from anywhere, the policy allows this very style and no script, no address is absolute."""
    fill_january(exporter)
    transport = httpx2.ASGITransport(app=create_app(exporter))
    async with httpx2.AsyncClient(transport=transport, base_url="http://exporter.example") as client:
        answer = await client.get(f"/{path}")
    page = Structure(answer.text)
    assert not {"script", "img", "iframe", "object", "form", "base"} & set(page.tags)
    assert page.all("src") + page.all("style") == []
    style = re.search(r"<style>(.*)</style>", answer.text, re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert f"style-src 'sha256-{digest}';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not [href for href in page.all("href") if href.startswith("/")]


async def test_overview_refreshes_itself_until_told_not_to(exporter: Exporter) -> None:
    """The browser is asked to load the overview again after 30 s, and a link stops and restarts that."""
    transport = httpx2.ASGITransport(app=create_app(exporter))
    async with httpx2.AsyncClient(transport=transport, base_url="http://exporter.example") as client:
        moving, still = await client.get("/"), await client.get("/?refresh=off")
    assert (moving.headers["refresh"], "refresh" in still.headers) == ("30", False)
    assert "?refresh=off" in Structure(moving.text).all("href")
    assert "./" in Structure(still.text).all("href")


def test_structure_helps_who_cannot_see_it(exporter: Exporter) -> None:
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


def many(count: int) -> list[dict[str, Any]]:
    return [
        {"id": f"s{n}", "name": f"Service {n}", "product": f"p{n % 300}", "access": "reverse", "provider": "relay",
         "model": "m"}
        for n in range(count)
    ]  # fmt: skip


def test_a_thousand_services_stay_readable_and_quick(exporter: Exporter) -> None:
    """Of 1,000 services the worst 40 stand in full, each other has a line with a link, and it takes a moment."""
    replace_services(exporter, *many(1000))
    for number in range(1000):
        fault = ErrorClass.UNAVAILABLE if number >= 990 else ErrorClass.NONE
        for _ in range(MARKS_KEPT):
            attempt(exporter, f"s{number}", ProbeKind.CATALOG, fault)
    started = time.process_time()
    document = render_overview(exporter).content
    assert time.process_time() - started < 0.5
    assert len(document) < 500_000
    page = Structure(document)
    links = {href for href in page.all("href") if href.startswith("services/")}
    assert links == {f"services/s{number}" for number in range(1000)}
    in_full = {label for label in page.all("aria-labelledby") if label.startswith("service-")}
    assert len(in_full) == 40
    assert {f"service-s{number}" for number in range(990, 1000)} <= in_full
    assert "990 of 1,000 services operational." in page.text
    assert "Which route now, for 260 more products" in page.text


def test_more_services_than_lines_are_counted(exporter: Exporter) -> None:
    """Beyond the lines of the page, the number of the others stands with a link to the JSON."""
    replace_services(exporter, *many(1200))
    assert "160 more in the JSON" in overview(exporter).text


@pytest.mark.parametrize("language", languages())
def test_every_status_and_class_has_plain_words(language: str) -> None:
    """In each language every member has a short name, a meaning and an advice, each a sentence of its own."""
    words = plain_words(language)
    for each in (*words.statuses.values(), *words.error_classes.values()):
        assert 0 < len(each.name) <= 30
        assert each.meaning[-1] in ".。"
        assert each.advice[-1] in ".。"
    assert set(words.error_classes) == set(ErrorClass)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (150, "2 min 30 s"), (725, "12 min"), (7500, "2 h 5 min"),
     (86400, "1 d"), (90061, "1 d 1 h"), (86400 * 240, "240 d"), (-5, "0 s")],
)  # fmt: skip
def test_spans_read_well(seconds: float, text: str) -> None:
    """A span has one unit, two while the first number is small, and is never negative."""
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0.0, "< 0.1 ms"), (0.0004, "0.4 ms"), (0.3123, "312 ms"), (1.418, "1.42 s"), (123, "2 min 3 s")],
)
def test_measured_times_read_well(seconds: float | None, text: str) -> None:
    """A measured time has the unit that fits it."""
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "$0.00"), (0.4, "$0.40"), (0.072, "$0.072"), (12, "$12.00"), (0.0001, "$0.0001")]
)
def test_dollars_read_well(amount: float, text: str) -> None:
    """Two decimals, and more only where they count."""
    assert dollars(amount) == text


def test_counts_and_moments_read_well() -> None:
    """One is singular; a moment that no calendar has is none."""
    assert (count_of(1, "service"), count_of(1200, "service")) == ("1 service", "1,200 services")
    assert moment(float("inf"), 0.0) is None
    assert moment(-1.0, 0.0) is None
    assert moment(None, 0.0) is None
