"""The cost of probing, known before any probe runs."""

from __future__ import annotations

import pytest
from support.watched import config, service

from sora_exporter.budget.estimate import cost_of

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


def test_scrapes_spend_up_to_the_budget() -> None:
    """A service with probe_on_scrape may be scraped at any rate, so it may cost the whole budget."""
    settings = config(service(probes=PAID, price_usd=PRICE, probe_on_scrape=True), budget_usd_per_day=10)
    cost = cost_of(settings)
    assert (cost.usd, cost.scheduled_usd, cost.services[0].is_scraped) == (10, 0, True)


def test_the_named_services_alone_are_counted() -> None:
    """For one named service of two, the table holds that one."""
    settings = config(*(service(name, probes=PAID, price_usd=PRICE) for name in ("one", "two")), budget_usd_per_day=10)
    assert [only.service_id for only in cost_of(settings, ["two"]).services] == ["two"]
