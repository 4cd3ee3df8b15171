"""Which of a product's services to use now, and why."""

from __future__ import annotations

from typing import Any

import pytest
from support.watched import NOW

from sora_exporter.evidence.routes import routes

EMPTY = [{"probe": "canary", "error_class": "quota_exhausted", "why": "余额不足"}]
LATELY, OLD = {"routed": "2026-01-28T00:00:00Z"}, {"delivered": "2026-01-20T00:00:00Z"}
SHALLOW = {"offered": "2026-01-28T00:00:00Z"}
OVER_BUDGET = [{"probe": "submit", "error_class": "budget_exhausted", "why": "would pass today's limit"}]


def offered(service_id: str, status: str = "operational", **more: Any) -> dict[str, Any]:
    """Return what the choice of a route looks at."""
    return {
        "product": "p",
        "service_id": service_id,
        "status": status,
        "error_class": "none",
        "access": "reverse",
        **more,
    }


@pytest.mark.parametrize(
    ("services", "chosen"),
    [
        ([offered("b"), offered("a")], "a"),
        ([offered("a"), offered("b", access="official")], "b"),
        ([offered("a", response_time_seconds=9.5), offered("b", response_time_seconds=1.5)], "b"),
        ([offered("a", response_time_seconds=1.8), offered("b", response_time_seconds=1.2)], "a"),
        ([offered("a", "degraded", error_class="slow"), offered("b", "suspended")], "a"),
        ([offered("a", "degraded", error_class="timeout"), offered("b", "unknown")], None),
        ([offered("a", price_per_video_usd=0.4), offered("b", price_per_video_usd=0.12), offered("c")], "b"),
        ([offered("a", proven=OLD), offered("b", proven=LATELY)], "b"),
        ([offered("b", proven=SHALLOW), offered("a")], "a"),
    ],
    ids=[
        "by name", "official first", "fastest", "as fast for a user", "slow is usable", "none is usable",
        "cheapest of equals", "an old proof", "a proof that does not reach the maker",
    ],
)  # fmt: skip
def test_route(services: list[dict[str, Any]], chosen: str | None) -> None:
    """Without a record, official access goes first, then proof, price and speed; without a usable route it says why."""
    (route,) = routes(services, NOW)
    assert (route["product"], route["service_id"]) == ("p", chosen)
    assert route["why"]


@pytest.mark.parametrize(
    ("reverse", "chosen", "criterion"),
    [(0.992, "reverse", "price"), (0.985, "official", "record"), (None, "official", "record")],
)
def test_the_record_goes_before_access_and_price(reverse: float | None, chosen: str, criterion: str) -> None:
    """A route more than one point less available than the best is not used; within that point the price decides."""
    services = [
        offered("official", access="official", price_per_video_usd=0.4),
        offered("reverse", price_per_video_usd=0.1),
    ]
    (route,) = routes(services, NOW, {"official": 0.999, "reverse": reverse})
    assert (route["service_id"], route["criterion"]) == (chosen, criterion)


@pytest.mark.parametrize(
    ("services", "criterion", "words"),
    [
        ([offered("a"), offered("b")], "service_id", "first by name"),
        ([offered("a", access="official"), offered("b")], "access", "through official access"),
        ([offered("a", price_per_video_usd=0.4), offered("b", price_per_video_usd=0.12)], "price", "cheapest"),
        ([offered("a", proven=SHALLOW), offered("b", proven=LATELY)], "proof", "proven further"),
        ([offered("a", response_time_seconds=3.0), offered("b")], "speed", "fastest"),
        ([offered("a"), offered("b", "suspended")], None, "operational through reverse access"),
        ([offered("a", obstacles=EMPTY)], None, "it refuses some of our requests"),
        ([offered("a", obstacles=OVER_BUDGET)], None, "operational through reverse access"),
    ],
)
def test_route_names_its_criterion(services: list[dict[str, Any]], criterion: str | None, words: str) -> None:
    """The deciding criterion is named, for programs and for people; obstacles are listed."""
    (route,) = routes(services, NOW)
    assert (route["criterion"], words in route["why"]) == (criterion, True)


def test_a_service_past_its_end_of_life_is_never_recommended() -> None:
    """Another route is used instead, and without one it is said why there is none."""
    ended = offered("a", sunset="2026-01-20T00:00:00Z", access="official")
    assert [route["service_id"] for route in routes([ended, offered("b")], NOW)] == ["b"]
    (route,) = routes([ended], NOW)
    assert (route["service_id"], route["why"]) == (None, "no route is usable: a is past its end of life")


@pytest.mark.parametrize(
    ("sunset", "words"),
    [("2026-02-03", "near: 2026-02-03"), ("2026-02-05", None), (None, None)],
)
def test_route_mentions_an_end_of_life(sunset: str | None, words: str | None) -> None:
    """An end of life within a week is named beside the route, a later one is not."""
    (route,) = routes([offered("a", sunset=f"{sunset}T00:00:00Z" if sunset else None)], NOW)
    assert ("end of life" in route["why"], (words or "") in route["why"]) == (words is not None, True)
