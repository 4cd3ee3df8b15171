"""What probing will cost, before it costs anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.running import environment, run
from support.watched import config, service

from sora_exporter.budget.estimate import cost_of, dollars, render_text, summary

PAID = {"submit": {"interval": "6h", "timeout": "1m"}, "generate": {"interval": "1d", "timeout": "10m"}}
PRICE = {"per_request": 0.5}
FREE = {"catalog": {"interval": "1m", "timeout": "10s"}}


@pytest.mark.parametrize(
    ("settings", "budget", "usd", "reference"),
    [
        ({"probes": PAID, "price_usd": PRICE}, 10, 2.5, 144.0),
        ({"probes": PAID, "price_usd": PRICE}, 1, 2.5, 144.0),
        ({"probes": PAID, "price_usd": PRICE}, 0, 0, 144.0),
        ({"probes": PAID, "price_usd": PRICE}, 0.4, 0, 144.0),
        ({"probes": FREE, "price_usd": PRICE, "probe_on_scrape": True}, 10, 0, 144.0),
        ({"probes": PAID}, 10, 0, None),
        ({"probes": FREE, "price_usd": PRICE}, 10, 0, 144.0),
        ({"probes": PAID, "price_usd": {"per_second": 0.1}, "request": {"seconds": "4"}}, 10, 2.0, 115.2),
    ],
    ids=["paid", "above the budget in sum", "no budget", "above the budget each", "scraped", "no price", "free",
         "by the second"],
)  # fmt: skip
def test_a_service_costs_its_schedule(
    settings: dict[str, object], budget: float, usd: float, reference: float | None
) -> None:
    """A day costs attempts times price where probes can run; the reference is one order every five minutes."""
    cost = cost_of(config(service(**settings), budget_usd_per_day=budget))
    (only,) = cost.services
    assert only.usd == pytest.approx(usd)
    assert only.reference_usd == (None if reference is None else pytest.approx(reference))
    assert cost.usd == pytest.approx(min(usd, budget))


def test_a_sum_is_told_in_one_line() -> None:
    """The status page's line names day, month and the reference."""
    cost = cost_of(config(service(probes=PAID, price_usd=PRICE), budget_usd_per_day=2))
    assert summary(cost) == "$2.00 a day, $60.00 a month (one video of each service every 5 minutes: $144.00 a day)"
    assert summary(cost_of(config(service(probes=FREE)))) == "$0.00 a day, $0.00 a month"


def test_amounts_are_never_rounded_to_nothing() -> None:
    """Small prices keep their digits, large ones their commas."""
    assert [dollars(usd) for usd in (0.0, 0.0012, 0.01, 12345.678, None)] == [
        "$0.00", "$0.0012", "$0.01", "$12,345.68", "unknown",
    ]  # fmt: skip


CONFIGURATION = """
budget_usd_per_day: 3.00
providers: {relay: {base_url: "http://127.0.0.1:9/v1", api_key_env: OPENAI_API_KEY}}
services:
  - &one
    {id: sora-2, product: sora-2, access: official, provider: relay, model: sora-2, price_usd: {per_request: 0.5},
     probes: {submit: {interval: 6h}, generate: {interval: 12h}}}
  - {<<: *one, id: free, price_usd: null, probes: {catalog: {interval: 1m}}}
"""


def test_scrapes_spend_up_to_the_budget() -> None:
    """Nobody knows how often a service with probe_on_scrape is scraped: it may cost the budget, and words say so."""
    settings = config(service(probes=PAID, price_usd=PRICE, probe_on_scrape=True), budget_usd_per_day=10)
    cost = cost_of(settings)
    assert (cost.usd, cost.scheduled_usd, cost.services[0].is_scraped) == (10, 0, True)
    assert "by scrapes  in budget" in render_text(cost)
    assert "At most $10.00 a day and $300.00 in 30 days" in render_text(cost)
    assert summary(cost).startswith("$10.00 a day, $300.00 a month")


def test_the_named_services_alone_are_counted() -> None:
    """Asked for one of two services, the table holds that one."""
    settings = config(*(service(name, probes=PAID, price_usd=PRICE) for name in ("one", "two")), budget_usd_per_day=10)
    assert [only.service_id for only in cost_of(settings, ["two"]).services] == ["two"]


@pytest.mark.processes
@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_check_prints_the_cost_and_asks_nobody(tmp_path: Path, form: str) -> None:
    """``check --cost`` tells prices, sums, budget and reference, with no ledger made and exit code 0."""
    path = tmp_path / "sora.yml"
    path.write_text(CONFIGURATION, "utf-8")
    ended = run(
        "check", "--cost", f"--format={form}", f"--config.file={path}", f"--storage.path={tmp_path / 's'}",
        env=environment("http://127.0.0.1:9"),
    )  # fmt: skip
    assert (ended.returncode, ended.stderr, (tmp_path / "s").exists()) == (0, "", False)
    if form == "json":
        said = json.loads(ended.stdout)
        assert (said["scheduled_usd_per_day"], said["usd_per_month"], said["reference_usd_per_day"]) == (
            3.0,
            90.0,
            144.0,
        )
    else:
        for word in ("$3.00", "$90.00", "$144.00", "$4,320.00", "unknown", "budget_usd_per_day $3.00"):
            assert word in ended.stdout
