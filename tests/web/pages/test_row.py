"""A service as one row of the status page, with its past."""

from __future__ import annotations

from typing import Any

from support.pages import history_of, of_service, overview, past, replace_services
from support.remembering import JANUARY, attempt, fill_january

from sora_exporter.exporter import Exporter
from sora_exporter.result import ErrorClass, ProbeKind, Status
from sora_exporter.words import plain_words


async def test_a_row_shows_status_price_objective_and_sunset(exporter: Exporter, clock: Any) -> None:
    """A status shows its beginning and its length; the price is per video; the end of life counts down."""
    fill_january(exporter)
    await clock.advance(150)
    page = overview(exporter)
    assert "Operational for 2 min 30 s" in page.text
    assert "2026-01-28T00:00:00Z" in page.all("datetime")
    for shown in ("Price per video$0.40 (4 s × $0.10/s)", "Price per video$0.12", "Objective99.9 %", "Response250 ms"):
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


async def test_the_page_knows_of_the_time_before_this_exporter(exporter: Exporter, clock: Any) -> None:
    """A status that lasted when the exporter was restarted keeps its beginning."""
    exporter.events.note("sora-2-official", Status.OPERATIONAL, ErrorClass.NONE, clock.now() - 3 * 86400.0)
    fill_january(exporter)
    assert "Operational for 3 d" in overview(exporter).text


def test_price_per_second_stands_alone_without_a_known_length(exporter: Exporter) -> None:
    """For an API whose requests have no length, the price of a second is shown; without a price, none is."""
    replace_services(exporter, {**JANUARY[1], "price_usd": {"per_second": 0.072}}, JANUARY[2])
    page = overview(exporter)
    assert "Price per second$0.072" in page.text
    assert page.text.count("Price per") == 1


def test_a_fault_is_explained_with_advice_and_evidence(exporter: Exporter) -> None:
    """With the class come its meaning, the advice, the provider's own words and the deciding attempt."""
    fill_january(exporter)
    words = plain_words().error_classes[ErrorClass.RISK_CONTROL]
    page = of_service(exporter, "sora-2-reverse")
    assert f"{words.name} risk_control {words.meaning}" in page.text
    assert "canary probe, 0 s ago: HTTP 403, rule risk" in page.text
    public = overview(exporter)
    assert f"{words.name} {words.meaning}" in public.text
    for shown in (page, public):
        assert f"What to do: {words.advice}" in shown.text
        assert "检测到异常活动 unusual activity" in shown.text


def test_an_empty_balance_beside_a_good_catalog_is_explained(exporter: Exporter) -> None:
    """Our own fault met deeper than the catalog is explained with the service."""
    fill_january(exporter)
    attempt(
        exporter, "sora-2-official", ProbeKind.CANARY, ErrorClass.QUOTA_EXHAUSTED, http_status=402, detail="余额不足"
    )
    words = plain_words().error_classes[ErrorClass.QUOTA_EXHAUSTED]
    advice = f"What to do: {words.advice}"
    page = of_service(exporter, "sora-2-official")
    assert f"{words.name} quota_exhausted {words.meaning} {advice} Answer of the provider: 余额不足" in page.text
    assert f"{words.name} {words.meaning} {advice} Answer of the provider: 余额不足" in overview(exporter).text
