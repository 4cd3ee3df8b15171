"""The status page: the banner, routes, rows with their past, incidents, and what it does with many services."""

from __future__ import annotations

import gzip
import re
from typing import Any

import httpx2
import pytest
from support.clock import MIDNIGHT
from support.html_structure import Structure
from support.pages import history_of, many, overview, past, replace_services
from support.remembering import JANUARY, PROVIDERS, attempt, fill_january, page_says

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.evidence.routes import CRITERIA
from sora_exporter.exporter import Exporter
from sora_exporter.history.service import DAYS, Day, ServiceHistory
from sora_exporter.result import ErrorClass, ProbeKind, Status
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Incident
from sora_exporter.web.app import create_app
from sora_exporter.web.pages import render_overview
from sora_exporter.web.pages.colours import icon_address
from sora_exporter.web.wording import wording
from sora_exporter.words import languages


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


STATED = {"record": "availability", "proof": "proven", "price": "cheapest", "speed": "fastest"}
"""The word of the rule for each criterion; the name of a service decides only between equals."""


@pytest.mark.parametrize("language", languages())
def test_the_rule_of_the_route_is_one_sentence(exporter: Exporter, language: str) -> None:
    """The page states below the products, in its language, by which criteria and in which order it chooses a route."""
    fill_january(exporter)
    rule = wording(language)("route_rule")
    assert rule in overview(exporter, language).text
    assert len(re.findall(r"[.。]", rule)) == 1


def test_the_rule_of_the_route_names_the_criteria_in_order() -> None:
    """The sentence names each criterion in the order in which they decide; the page always has a record."""
    rule = wording("en")("route_rule")
    assert [one for one in CRITERIA if one != "access"] == [*STATED, "service_id"]
    assert sorted(STATED.values(), key=rule.index) == list(STATED.values())


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


@pytest.mark.parametrize(("faults", "earlier", "more"), [(8, None, None), (25, 17, None), (210, 192, 10)])
def test_more_incidents_than_fit_open_in_place(
    exporter: Exporter, clock: Any, faults: int, earlier: int | None, more: int | None
) -> None:
    """Incidents beyond the newest eight open in place; beyond 200 their number stands with a link to the JSON."""
    for number in range(2 * faults):
        status = (Status.SUSPENDED, Status.OPERATIONAL)[number % 2]
        error_class = (ErrorClass.DNS, ErrorClass.NONE)[number % 2]
        exporter.events.note("sora-2-official", status, error_class, clock.now() - 5000.0 + number)
    text = overview(exporter).text
    assert (f"{earlier} earlier" in text, " earlier " in text) == (earlier is not None, earlier is not None)
    assert (f"{more} more as JSON" in text, "more as JSON" in text) == (more is not None, more is not None)


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
    assert in_full == {f"s{number}" for number in range(70, 90)}
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
    """Of 1,000 services the worst 20 are shown in full, the others in a line with a link, and the page stays small."""
    replace_services(exporter, *many(1000))
    for number in range(1000):
        fault = ErrorClass.UNAVAILABLE if number >= 990 else ErrorClass.NONE
        attempt(exporter, f"s{number}", ProbeKind.CATALOG, fault)
    document = render_overview(exporter, wording("en")).content
    assert len(document) < 500_000
    page = Structure(document)
    links = {href for href in page.all("href") if href.startswith("services/") and "feed" not in href}
    assert links == {f"services/s{number}?lang=en" for number in range(1000)}
    in_full = {found["id"] for tag, found in page.elements if tag == "details" and "id" in found}
    assert len(in_full) == 20
    assert {f"s{number}" for number in range(990, 1000)} <= in_full
    assert "990 of 1,000 services work." in page.text
    assert "Route to use for 280 more products" in page.text


def test_more_services_than_lines_are_counted(exporter: Exporter) -> None:
    """Beyond the lines of the page, the number of the others stands with a link to the JSON."""
    replace_services(exporter, *many(1200))
    assert "180 more as JSON" in overview(exporter).text


def test_fifty_services_with_90_days_weigh_little(exporter: Exporter) -> None:
    """Compressed, the page of 50 services with many faults in their past is at most 60 kB."""
    replace_services(exporter, *many(50))
    days = [Day(MIDNIGHT - n * DAY_SECONDS, (1.0, 0.97, 0.9 - n / 1000)[n % 3], 1.0) for n in reversed(range(DAYS))]
    history_of(exporter, {f"s{number}": ServiceHistory(days, {"30d": 0.9 + number / 1000}) for number in range(50)})
    for number in range(50):
        attempt(exporter, f"s{number}", ProbeKind.CATALOG, ErrorClass.UNAVAILABLE, detail=f"no channel {number}")
    assert len(gzip.compress(render_overview(exporter, wording("en")).content.encode())) <= 60_000
