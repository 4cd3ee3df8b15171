"""Recommendations: rules over figures, the same for every name."""

from __future__ import annotations

import pytest
from support.invented import figures, findings, service
from support.recorded import END

from sora_exporter.report.findings import Figures, Price, ServiceFindings
from sora_exporter.report.recommendations import USES, recommendations
from sora_exporter.result import Status

SECOND, REQUEST = Price(0.1, "second"), Price(0.12, "request")


def chosen(*services: ServiceFindings, video_seconds: float = 8.0) -> dict[str, str | None]:
    """Return the service_id chosen for each use of one product."""
    found = recommendations(findings(*services, video_seconds=video_seconds))
    return {one.use.name: one.service.facts.service_id if one.service else None for one in found}


def test_each_use_has_its_own_route() -> None:
    """Of a steady dear route and a shaky cheap one, only a small purse takes the second."""
    steady = service("steady", found=figures(0.9984), price=SECOND)
    shaky = service("shaky", found=figures(0.85, per_week=2.1, share=0.12), price=REQUEST)
    assert chosen(shaky, steady) == {"production": "steady", "high_volume": "steady", "budget": "shaky"}


def test_a_short_video_turns_the_price_around() -> None:
    """The cheapest route depends on the length of the video, since some charge by the second."""
    both = service("second", found=figures(), price=SECOND), service("request", found=figures(), price=REQUEST)
    assert chosen(*both, video_seconds=1)["budget"] == "second"
    assert chosen(*both, video_seconds=2)["budget"] == "request"


def test_failures_are_paid_for() -> None:
    """A cheaper list price loses when its failures make the finished video dearer."""
    cheap = service("cheap", found=figures(0.61), price=Price(0.8, "request"))
    solid = service("solid", found=figures(0.99), price=Price(1.0, "request"))
    assert chosen(cheap, solid)["budget"] == "solid"


@pytest.mark.parametrize(
    ("use", "good", "bad"),
    [
        ("production", figures(0.99, per_week=1.0), figures(0.9899)),
        ("production", figures(0.99, per_week=1.0), figures(0.99, per_week=1.01)),
        ("high_volume", figures(0.95, share=0.02), figures(0.9499)),
        ("high_volume", figures(0.95, share=0.02), figures(0.95, share=0.021)),
        ("budget", figures(0.60, per_week=9, share=0.4), figures(0.5999)),
    ],
)
def test_each_bound_is_as_stated(use: str, good: Figures, bad: Figures) -> None:
    """A route exactly at a bound fits, and one just beyond it does not."""
    assert chosen(service(found=good, price=REQUEST))[use] == "alpha"
    assert chosen(service(found=bad, price=REQUEST))[use] is None


def test_an_unjudged_route_is_not_recommended() -> None:
    """A retired route, one with too little record, and for a purse one without a price, are never chosen."""
    no_route = dict.fromkeys((use.name for use in USES), None)
    assert chosen(service(status=Status.RETIRED, found=figures(), price=SECOND)) == no_route
    assert chosen(service(found=None, price=SECOND)) == no_route
    assert chosen(service(found=figures())) == {**no_route, "production": "alpha"}


def test_a_route_past_its_end_of_life_is_not_recommended() -> None:
    """A route whose end has come at the end of the window is never chosen; a later end is fine."""
    ended, later = (service(found=figures(), price=SECOND, sunset=END + day) for day in (0, 86400))
    assert set(chosen(ended).values()) == {None}
    assert set(chosen(later).values()) == {"alpha"}


def test_equals_are_settled_by_speed_then_by_name() -> None:
    """Of equally available routes the faster one is taken, and of equal ones the first by id: every run is the same."""
    slow, fast = service("a", found=figures(response=9)), service("b", found=figures(response=1))
    silent = service("c", found=figures(response=None))
    assert chosen(silent, slow, fast)["production"] == "b"
    assert chosen(service("z", found=figures()), service("y", found=figures()))["production"] == "y"


def test_names_do_not_matter() -> None:
    """The same figures under exchanged names give exchanged answers: no brand and no access is preferred."""
    one, other = figures(0.999), figures(0.995)
    assert chosen(service("a", found=one), service("b", found=other))["production"] == "a"
    assert chosen(service("a", found=other), service("b", found=one))["production"] == "b"
