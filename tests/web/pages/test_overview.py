"""The status page: the banner, routes, rows with their past, incidents, and what it does with many services."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support.html_structure import Structure
from support.pages import many, overview, replace_services
from support.remembering import JANUARY, PROVIDERS, attempt, fill_january, page_says

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.exporter import Exporter
from sora_exporter.history.keeper import History
from sora_exporter.history.prometheus import Access
from sora_exporter.history.service import DAYS, Day, ServiceHistory
from sora_exporter.result import ErrorClass, ProbeKind, Status
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Incident
from sora_exporter.web.app import create_app
from sora_exporter.web.pages import render_overview
from sora_exporter.web.pages.colours import icon_address
from sora_exporter.web.wording import wording

MIDNIGHT = 1_769_558_400
"""2026-01-28 00:00 UTC, where the clock of the tests begins."""


def history_of(exporter: Exporter, services: Mapping[str, ServiceHistory]) -> History:
    """Give the exporter a history that was just read."""
    history = exporter.history = History(Access("http://prometheus.example:9090"), exporter.clock)
    history.services, history.read_at = services, exporter.clock.now()
    return history


def past(**more: Any) -> ServiceHistory:
    """Return 90 days: the first 30 unobserved, one with a fault, one half lost, the others good."""
    ratios = [None] * 30 + [1.0] * 30 + [0.97, 0.5] + [1.0] * 28
    days = [Day(MIDNIGHT - (DAYS - 1 - n) * DAY_SECONDS, ratio, 1.0) for n, ratio in enumerate(ratios)]
    return ServiceHistory(days, {"24h": 1.0, "7d": 0.9987, "30d": 0.9765}, **more)


def opened(page: Structure, service_id: str) -> dict[str, str]:
    """Return the attributes of a service's row."""
    return next(found for tag, found in page.elements if tag == "details" and found.get("id") == service_id)


def test_the_banner_says_what_works_and_what_to_use(exporter: Exporter) -> None:
    """One sentence counts the working services, the next one names the routes to use."""
    fill_january(exporter)
    page = overview(exporter)
    assert "1 of 3 services work. Use Sora 2 官转 for sora-2." in page.text
    replace_services(exporter, JANUARY[0])
    assert "The service works." in overview(exporter).text


def test_a_product_names_its_route_and_the_reason(exporter: Exporter) -> None:
    """The product's route to use now is named with a link and why; a product without evidence says so."""
    fill_january(exporter)
    page = overview(exporter)
    assert (
        "sora-2 Use now: Sora 2 官转 operational, official access; every other route is worse or unknown" in page.text
    )
    assert "veo-3.1 Use nothing now no evidence about any route yet" in page.text
    assert "#sora-2-official" in page.all("href")


async def test_a_row_shows_status_price_objective_and_sunset(exporter: Exporter, clock: Any) -> None:
    """A status shows its beginning and its length; the price is per video; the end of life counts down."""
    fill_january(exporter)
    await clock.advance(150)
    page = overview(exporter)
    assert "Operational for 2 min 30 s" in page.text
    assert "2026-01-28T00:00:00Z" in page.all("datetime")
    for shown in ("Price per video$0.40", "Price per video$0.12", "Objective99.9 %", "Response250 ms"):
        assert shown in page.text
    assert "End of life2026-09-24, in 238 d" in page.text
    assert "End of life2026-01-20, 8 d ago" in page.text


def test_after_a_day_the_figure_is_of_24_hours(exporter: Exporter, clock: Any) -> None:
    """Once the last 24 hours are observed as a whole, the figure names them."""
    exporter.events.note("sora-2-official", Status.OPERATIONAL, ErrorClass.NONE, clock.now() - 90_000)
    assert "100.00 % 24 h" in overview(exporter).text


async def test_without_a_history_the_bar_is_the_last_24_hours(exporter: Exporter, clock: Any) -> None:
    """Each event is a part of one bar, the figure is of the observed time, and a line adds the history."""
    fill_january(exporter)
    await clock.advance(90)
    attempt(exporter, "sora-2-official", ProbeKind.CANARY, ErrorClass.UNAVAILABLE)
    await clock.advance(30)
    page = overview(exporter)
    assert "Operational: 2026-01-28 00:00 to 2026-01-28 00:01 UTC, 1 min 30 s" in page.titles
    assert "Suspended: 2026-01-28 00:01 to 2026-01-28 00:02 UTC, 30 s" in page.titles
    assert "75.00 % of 2 min" in page.text
    assert "For 90 days, add to the command line of the exporter --prometheus.url=" in page.text


def test_with_a_history_a_row_has_90_days_figures_and_stars(exporter: Exporter) -> None:
    """Bad days stand alone with their figure, others together; four windows, stars and episodes have their figures."""
    fill_january(exporter)
    history_of(exporter, {"sora-2-official": past(stars=4, episodes=2, hours=7.5)})
    page = overview(exporter)
    assert "97.65 % 30 d" in page.text
    assert "24 h7 d30 d90 d 100.00 %99.87 %97.65 %no figure" in page.text.replace("> <", "")
    assert "4 of 5 stars for stability" in page.all("aria-label")
    assert "The last 90 days, of which 60 were observed: 2 with faults" in page.all("aria-label")
    assert "2025-12-30: 97.00 % available" in page.titles
    assert "2025-12-31: 50.00 % available" in page.titles
    assert "2025-10-31 to 2025-11-29: not observed" in page.titles
    assert "Risk control, 30 d2×, 7.5 h" in page.text
    assert "--prometheus.url" not in page.text


async def test_a_prometheus_that_is_away_is_said_since_when(exporter: Exporter, clock: Any) -> None:
    """The page shows the last record, since when it cannot be read, and as of when it is; or that there is none."""
    fill_january(exporter)
    history = history_of(exporter, {"sora-2-official": past()})
    await clock.advance(3600)
    history.away_since, history.error = clock.now() - 60, "cannot be reached"
    page = overview(exporter)
    assert (
        "The history cannot be read since 2026-01-28 00:59 UTC. Shown is the record as of 2026-01-28 00:00 UTC."
        in page.text
    )
    assert "97.65 % 30 d" in page.text
    history.services, history.read_at = {}, None
    assert "No record was read before" in overview(exporter).text


async def test_the_page_knows_of_the_time_before_this_exporter(exporter: Exporter, clock: Any) -> None:
    """A status that lasted when the exporter was restarted keeps its beginning."""
    exporter.events.note("sora-2-official", Status.OPERATIONAL, ErrorClass.NONE, clock.now() - 3 * 86400.0)
    fill_january(exporter)
    assert "Operational for 3 d" in overview(exporter).text


async def test_incidents_of_30_days_are_listed(exporter: Exporter, clock: Any) -> None:
    """Each fault stands with service, status, class, times and length, here and in its row; older ones do not."""
    exporter.events.note("sora-2-official", Status.SUSPENDED, ErrorClass.DNS, clock.now() - 40 * 86400.0)
    exporter.events.note("sora-2-official", Status.OPERATIONAL, ErrorClass.NONE, clock.now() - 39 * 86400.0)
    attempt(exporter, "sora-2-official", ProbeKind.CANARY, ErrorClass.TIMEOUT)
    await clock.advance(300)
    attempt(exporter, "sora-2-official", ProbeKind.CANARY)
    page = overview(exporter)
    listed = "Degraded · No answer in time 2026-01-28 00:00 UTC – 2026-01-28 00:05 UTC · 5 min"
    assert f"Sora 2 官转 {listed}" in page.text
    assert page.text.count(listed) == 2
    assert "Suspended ·" not in page.text


def test_more_incidents_than_fit_are_counted(exporter: Exporter, clock: Any) -> None:
    """Beyond the newest, the number of the others stands with a link to the JSON."""
    for number in range(50):
        status = (Status.SUSPENDED, Status.OPERATIONAL)[number % 2]
        error_class = (ErrorClass.DNS, ErrorClass.NONE)[number % 2]
        exporter.events.note("sora-2-official", status, error_class, clock.now() - 5000.0 + number)
    assert "5 more as JSON" in overview(exporter).text


def test_planned_maintenance_is_shown_ahead(exporter: Exporter) -> None:
    """A window stands on the page before it opens, with its services and the reason; then the status says so."""
    ahead = {"services": ["a"], "from": "2026-02-01T02:00Z", "until": "2026-02-01T04:00Z", "why": "new contract"}
    running = {"from": "2026-01-27T02:00Z", "until": "2026-01-29T04:00Z"}
    service = {**JANUARY[2], "id": "a", "name": "Alpha"}
    replace_services(exporter, service, maintenance=[ahead])
    page = overview(exporter)
    assert "Planned maintenance Alpha 2026-02-01 02:00 UTC – 2026-02-01 04:00 UTC new contract" in page.text
    replace_services(exporter, service, maintenance=[running])
    page = overview(exporter)
    assert "all services 2026-01-27 02:00 UTC – 2026-01-29 04:00 UTC now" in page.text
    assert "What to do: Use another route until the planned end." in page.text


def test_foreign_texts_are_cut(exporter: Exporter) -> None:
    """With an incident's name and address of any length, the page stays short."""
    long = Incident("n" * 1_000_000, Impact.MINOR, True, url="https://a.example/" + "u" * 1_000_000)
    page_says(exporter, ComponentStatus.OPERATIONAL, *[long] * 20)
    assert len(overview_text := overview(exporter).text) < 6000
    assert "and 15 more" in overview_text


def test_retired_is_less_urgent_than_suspended(exporter: Exporter) -> None:
    """Suspended services are shown in full before retired ones, and the tab's icon shows them."""
    replace_services(exporter, *many(120))
    for number in range(120):
        fault = ErrorClass.MODEL_RETIRED if number < 70 else ErrorClass.UNAVAILABLE
        attempt(exporter, f"s{number}", ProbeKind.CATALOG, fault)
    page = overview(exporter)
    in_full = {found["id"] for tag, found in page.elements if tag == "details" and "id" in found}
    assert in_full == {f"s{number}" for number in range(70, 120)}
    assert next(href for href in page.all("href") if href.startswith("data:")) == icon_address(Status.SUSPENDED)


def test_collapsed_lines_show_disagreements(exporter: Exporter) -> None:
    """A service that is one line among many still shows that its official page disagrees."""
    odd = {**JANUARY[0], "id": "odd", "product": "odd"}
    replace_services(exporter, *many(60), odd, providers=PROVIDERS)
    for number in range(60):
        attempt(exporter, f"s{number}", ProbeKind.CATALOG, ErrorClass.UNAVAILABLE)
    attempt(exporter, "odd", ProbeKind.CATALOG)
    page_says(exporter, ComponentStatus.MAJOR_OUTAGE)
    page = overview(exporter)
    assert "odd" not in page.all("id")
    assert page.text.count("The official page says outage") == 1


def test_without_evidence_nothing_is_claimed(exporter: Exporter) -> None:
    """At the start every service is unknown with no evidence yet, and no fault is explained."""
    page = overview(exporter)
    assert "There is no evidence about any service yet." in page.text
    assert page.text.count("Unknown no evidence yet") == 3
    assert "What to do" not in page.text
    assert "no figure 24 h" in page.text


def test_no_service_at_all(exporter: Exporter) -> None:
    """An empty configuration gives a whole page that says what to do."""
    replace_services(exporter)
    page = overview(exporter)
    assert "No service is configured. Services belong in the configuration" in page.text
    assert page.heading_levels()[0] == 1


async def test_the_page_loads_itself_again_unless_switched_off(exporter: Exporter) -> None:
    """With and without scripts the page is loaded again each minute, and a link stops and restarts that."""
    transport = httpx2.ASGITransport(app=create_app(exporter))
    async with httpx2.AsyncClient(transport=transport, base_url="http://exporter.example") as client:
        moving = Structure((await client.get("/")).text)
        still = Structure((await client.get("/?refresh=off")).text)
    assert (moving.all("http-equiv"), still.all("http-equiv")) == (["refresh"], [])
    assert (moving.all("data-refresh"), still.all("data-refresh")) == (["60"], [])
    assert "?refresh=off&lang=en" in moving.all("href")
    assert "?lang=en" in still.all("href")


def test_a_thousand_services_stay_readable(exporter: Exporter) -> None:
    """Of 1,000 services the worst 50 are shown in full, the others in a line with a link, and the page stays small."""
    replace_services(exporter, *many(1000))
    for number in range(1000):
        fault = ErrorClass.UNAVAILABLE if number >= 990 else ErrorClass.NONE
        attempt(exporter, f"s{number}", ProbeKind.CATALOG, fault)
    document = render_overview(exporter, wording("en")).content
    assert len(document) < 500_000
    page = Structure(document)
    links = {href for href in page.all("href") if href.startswith("services/") and not href.endswith("lang=en")}
    assert links == {f"services/s{number}" for number in range(1000)}
    in_full = {found["id"] for tag, found in page.elements if tag == "details" and "id" in found}
    assert len(in_full) == 50
    assert {f"s{number}" for number in range(990, 1000)} <= in_full
    assert "990 of 1,000 services work." in page.text
    assert "Route to use for 250 more products" in page.text


def test_more_services_than_lines_are_counted(exporter: Exporter) -> None:
    """Beyond the lines of the page, the number of the others stands with a link to the JSON."""
    replace_services(exporter, *many(1200))
    assert "150 more as JSON" in overview(exporter).text


def test_fifty_services_with_90_days_weigh_little(exporter: Exporter) -> None:
    """Compressed, the page of 50 services with many faults in their past is at most 60 kB."""
    replace_services(exporter, *many(50))
    days = [Day(MIDNIGHT - n * DAY_SECONDS, (1.0, 0.97, 0.9 - n / 1000)[n % 3], 1.0) for n in reversed(range(DAYS))]
    history_of(exporter, {f"s{number}": ServiceHistory(days, {"30d": 0.9 + number / 1000}) for number in range(50)})
    for number in range(50):
        attempt(exporter, f"s{number}", ProbeKind.CATALOG, ErrorClass.UNAVAILABLE, detail=f"no channel {number}")
    assert len(gzip.compress(render_overview(exporter, wording("en")).content.encode())) <= 60_000


def test_title_logo_and_accent_are_configured(exporter: Exporter, tmp_path: Path) -> None:
    """The heading, the picture beside it and the colour of links come from the configuration."""
    logo = tmp_path / "logo.svg"
    logo.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    look = {"logo": str(logo), "accent": "#0f766e"}
    replace_services(exporter, *JANUARY, title="Acme video", page=look)
    document = render_overview(exporter, wording("en"))
    page = Structure(document.content)
    assert page.all("src")[0].startswith("data:image/svg+xml;base64,")
    assert "--accent:#0f766e" in document.content
    assert "<title>Acme video</title>" in document.content
    logo.unlink()
    replace_services(exporter, *JANUARY, title="Acme video", page={"accent": "#ffff00"})
    assert "--accent:#ffff00}" not in render_overview(exporter, wording("en")).content.partition("@media")[0]


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
