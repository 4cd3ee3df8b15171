"""One service on the pages: fault, price, official page and obstacles in words."""

from __future__ import annotations

from support.pages import internals, of_service, overview, replace_services
from support.remembering import JANUARY, attempt, fill_january, page_says

from sora_exporter.config.balance import Balance
from sora_exporter.evidence.balance import BalanceTrack
from sora_exporter.exporter import Exporter
from sora_exporter.plain_words import plain_words
from sora_exporter.result import BalanceReading, ErrorClass, ProbeKind
from sora_exporter.status_pages.facts import ComponentStatus


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


def test_the_page_saying_operational_while_probes_fail_is_visible(exporter: Exporter) -> None:
    """The official page stands beside our evidence, and both kinds of contradiction are said aloud."""
    fill_january(exporter)
    page = overview(exporter)
    assert page.text.count("The official page says operational, but our own probes fail.") == 1
    page_says(exporter, ComponentStatus.MAJOR_OUTAGE)
    page = overview(exporter)
    assert page.text.count("The official page says outage, but our own probes succeed.") == 1
    exporter.pages.states.clear()
    assert "official page says" not in overview(exporter).text
    assert "not read yet" in overview(exporter).text.lower()


def test_an_empty_balance_beside_a_good_catalog_is_explained(exporter: Exporter) -> None:
    """Our own fault met deeper than the catalog is explained with the service."""
    fill_january(exporter)
    attempt(
        exporter, "sora-2-official", ProbeKind.CANARY, ErrorClass.QUOTA_EXHAUSTED, http_status=402, detail="余额不足"
    )
    words = plain_words().error_classes[ErrorClass.QUOTA_EXHAUSTED]
    advice = f"What to do: {words.advice}"
    page = of_service(exporter, "sora-2-official")
    assert f"{words.name} quota_exhausted {words.meaning} {advice} 余额不足" in page.text
    assert f"{words.name} {words.meaning} {advice} Answer of the provider: 余额不足" in overview(exporter).text


def test_the_balance_stands_beside_its_provider(exporter: Exporter) -> None:
    """A low balance shows amount, unit, mark and age, and a later failed reading is named beside it."""
    now = exporter.clock.now()
    provider = exporter.config.providers["relay"].model_copy(
        update={"balance": Balance.model_validate({"path": "/left", "value": "left", "unit": "USD", "low": 5})}
    )
    exporter.state.balances["relay"] = track = BalanceTrack(provider)
    assert "Balancenot read" in of_service(exporter, "sora-2-official").text
    track.record(BalanceReading(ErrorClass.NONE, now - 60, 1234.5, "USD"), 0.0)
    assert "Balance1,234.5 USD 1 min ago" in of_service(exporter, "sora-2-official").text
    track.record(BalanceReading(ErrorClass.NONE, now - 60, 4.5, "USD"), 1.0)
    track.record(BalanceReading(ErrorClass.AUTHENTICATION, now, detail="Invalid <key>"), 2.0)
    text = of_service(exporter, "sora-2-official").text
    assert "Balance4.5 USD low 1 min ago authentication: Invalid <key>" in text
    assert "Balance of relay4.5 USD low 1 min ago authentication: Invalid <key>" in internals(exporter).text
