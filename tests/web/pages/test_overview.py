"""The overview: routes, services, budget, health, and what it does with many services."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from support.html_structure import Structure
from support.pages import many, of_service, overview, replace_services
from support.remembering import JANUARY, PROVIDERS, attempt, fill_january, page_says

from sora_exporter.evidence.state import MARKS_KEPT
from sora_exporter.exporter import Exporter
from sora_exporter.result import ErrorClass, ProbeKind, Status
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Incident
from sora_exporter.web.app import create_app
from sora_exporter.web.pages import render_overview
from sora_exporter.web.pages.document import icon_address


def test_overview_names_route_and_reason(exporter: Exporter) -> None:
    """The product's route to use now is named with a link and why; a product without evidence says so."""
    fill_january(exporter)
    page = overview(exporter)
    assert "sora-2 Use Sora 2 官转 operational, official access; every other route is worse or unknown" in page.text
    assert "veo-3.1 Use nothing now no evidence about any route yet" in page.text
    assert "services/sora-2-official" in page.all("href")
    assert "1 of 3 services operational." in page.text


async def test_overview_shows_status_since_price_objective_and_sunset(exporter: Exporter, clock: Any) -> None:
    """A status shows its beginning, exactly and as a distance; the price is per video; the end of life counts down."""
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


def test_foreign_texts_are_cut(exporter: Exporter) -> None:
    """With an incident's name and address or a list of mistakes of any length, the page stays short."""
    exporter.reload_state.error = "\n".join(f"sora.yml:{line}: unknown key" for line in range(5000))
    long = Incident("n" * 1_000_000, Impact.MINOR, True, url="https://a.example/" + "u" * 1_000_000)
    page_says(exporter, ComponentStatus.OPERATIONAL, *[long] * 20)
    assert len(overview_text := overview(exporter).text) < 6000
    assert "sora.yml:9: unknown key and 4990 more in the log" in overview_text
    assert "and 15 more" in overview_text


def test_budget_and_health_are_shown(exporter: Exporter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spend and limit, a failed reload with its reason, overdue probes, an unreadable ledger: each is said."""
    fill_january(exporter)
    page = overview(exporter)
    assert "Spent on probes today $0.25 of $1.00" in page.text
    assert "0 running, none overdue" in page.text
    exporter.spending.today = None
    exporter.reload_state.error = "sora.yml:3: services[0].modle: unknown key"
    monkeypatch.setattr(exporter, "overdue", lambda: [(f"s{n}", ProbeKind.CATALOG) for n in range(12)])
    page = overview(exporter)
    assert "unknown: the ledger cannot be read" in page.text
    assert "the last reload failed" in page.text
    assert "sora.yml:3: services[0].modle: unknown key" in page.text
    assert "12 overdue: catalog of s0," in page.text
    assert page.text.count("catalog of s") == 10


def test_the_cost_of_probing_stands_in_one_line(exporter: Exporter) -> None:
    """The most that probes spend is named by day and month, beside the cost of a monitor that orders videos."""
    paid = {"submit": {"interval": "6h", "timeout": "1m"}}
    replace_services(exporter, {**JANUARY[1], "price_usd": {"per_request": 0.5}, "probes": paid}, budget_usd_per_day=2)
    assert (
        "$2.00 a day, $60.00 a month (one video of each service every 5 minutes: $144.00 a day)"
        in overview(exporter).text
    )


def test_retired_is_less_urgent_than_suspended(exporter: Exporter) -> None:
    """Suspended services are shown in full before retired ones, and the tab's icon shows them."""
    replace_services(exporter, *many(90))
    for number in range(90):
        fault = ErrorClass.MODEL_RETIRED if number < 50 else ErrorClass.UNAVAILABLE
        attempt(exporter, f"s{number}", ProbeKind.CATALOG, fault)
    page = overview(exporter)
    in_full = {label for label in page.all("aria-labelledby") if label.startswith("service-")}
    assert in_full == {f"service-s{number}" for number in range(50, 90)}
    assert next(href for href in page.all("href") if href.startswith("data:")) == icon_address(Status.SUSPENDED)


def test_collapsed_rows_show_disagreements(exporter: Exporter) -> None:
    """A service that is one line among many still shows that its official page disagrees."""
    odd = {**JANUARY[0], "id": "odd", "product": "odd"}
    replace_services(exporter, *many(60), odd, providers=PROVIDERS)
    for number in range(60):
        attempt(exporter, f"s{number}", ProbeKind.CATALOG, ErrorClass.UNAVAILABLE)
    attempt(exporter, "odd", ProbeKind.CATALOG)
    page_says(exporter, ComponentStatus.MAJOR_OUTAGE)
    page = overview(exporter)
    assert "service-odd" not in page.all("aria-labelledby")
    assert page.text.count("Disagreement. The official page says outage") == 1


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


async def test_overview_refreshes_itself_unless_switched_off(exporter: Exporter) -> None:
    """The browser is asked to load the overview again after 30 s, and a link stops and restarts that."""
    transport = httpx2.ASGITransport(app=create_app(exporter))
    async with httpx2.AsyncClient(transport=transport, base_url="http://exporter.example") as client:
        moving, still = await client.get("/"), await client.get("/?refresh=off")
    assert (moving.headers["refresh"], "refresh" in still.headers) == ("30", False)
    assert "?refresh=off" in Structure(moving.text).all("href")
    assert "./" in Structure(still.text).all("href")


def test_a_thousand_services_stay_readable(exporter: Exporter) -> None:
    """Of 1,000 services the worst 40 are shown in full, the others in a line with a link, and the page stays small."""
    replace_services(exporter, *many(1000))
    for number in range(1000):
        fault = ErrorClass.UNAVAILABLE if number >= 990 else ErrorClass.NONE
        for _ in range(MARKS_KEPT):
            attempt(exporter, f"s{number}", ProbeKind.CATALOG, fault)
    document = render_overview(exporter).content
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
