"""The rest of an invented month: pages, proofs, paid probes, money, requests of applications, alerts and routes."""

from __future__ import annotations

from collections import defaultdict

import pytest
from support.stories import END

from sora_exporter.demo.article import ARTICLE
from sora_exporter.demo.history import ServiceHistory, invent_history
from sora_exporter.demo.series import Series
from sora_exporter.demo.surroundings import BUDGET_USD, LOW_USD, TOP_UP_USD, surroundings
from sora_exporter.demo.tsdb import TARGET

Month = dict[str, list[Series]]


@pytest.fixture(scope="module")
def histories() -> list[ServiceHistory]:
    """Four days of the six services."""
    return [invent_history(one, END, days=4) for one in ARTICLE]


@pytest.fixture(scope="module")
def month(histories: list[ServiceHistory]) -> Month:
    """Everything around these histories, by the name of the series."""
    found: Month = defaultdict(list)
    for one in surroundings(histories, TARGET):
        found[one.name].append(one)
    return found


def test_no_series_is_there_twice(month: Month) -> None:
    """Each set of labels is one series, whose samples are in order."""
    for name, series in month.items():
        labels = [tuple(sorted(one.labels.items())) for one in series]
        assert len(set(labels)) == len(labels), name
        assert all(list(one.times) == sorted(set(one.times)) for one in series), name


def test_paid_probes_stay_within_the_budget(month: Month) -> None:
    """No day spends more than its limit, and the balance falls and is topped up without ever being empty."""
    (today,) = month["sora_probe_budget_spent_usd"]
    (left,) = month["sora_provider_balance"]
    assert 0 < max(today.values) <= BUDGET_USD
    assert LOW_USD / 2 <= min(left.values) <= max(left.values) <= TOP_UP_USD


def test_one_route_of_a_product_is_recommended_at_most(month: Month) -> None:
    """At every moment a product has one route to use, or none if no route works."""
    chosen: dict[tuple[str, int], float] = defaultdict(float)
    for one in month["product_service_id:sora_service_recommended:bool"]:
        for time, value in zip(one.times, one.values, strict=True):
            chosen[one.labels["product"], time] += value
    available = {
        (one.labels["product"], time): value
        for one in month["product:sora_product_routes_available:sum"]
        for time, value in zip(one.times, one.values, strict=True)
    }
    assert chosen == {key: float(value > 0) for key, value in available.items()}


def test_counters_only_grow(month: Month) -> None:
    """Totals of attempts, costs, requests and fallbacks never fall."""
    counters = [one for name, series in month.items() if name.endswith("_total") for one in series]
    assert len(counters) > 10
    assert all(list(one.values) == sorted(one.values) for one in counters)


def test_a_page_is_in_one_state(month: Month) -> None:
    """At every moment one indicator of a page is 1, and no more than one status of a component."""
    for one in month["sora_status_page_indicator"]:
        same = [
            other.values for other in month["sora_status_page_indicator"] if other.labels["page"] == one.labels["page"]
        ]
        assert {sum(values) for values in zip(*same, strict=True)} == {1}


def test_alerts_fire_only_while_their_fault_lasts(month: Month, histories: list[ServiceHistory]) -> None:
    """Every sample of an alert lies in a minute in which its service was not operational."""
    by_id = {history.service.id: history for history in histories}
    assert month["ALERTS"]
    for alert in month["ALERTS"]:
        history = by_id[alert.labels["service_id"]]
        classes = {history.minutes[(time - history.start) // 60] for time in alert.times}
        assert "operational" not in {one.status for one in classes}
