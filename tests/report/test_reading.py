"""The reading of Prometheus' answers: the findings about one service, and the reasons for missing ones."""

from __future__ import annotations

import math

import pytest
from support.recorded import END, FIRST, Find, Recorded, each, info, minutes

from sora_exporter.history.prometheus import Series
from sora_exporter.report.findings import Facts, Incident, Price
from sora_exporter.report.reading import has_ended, numbers
from sora_exporter.result import ErrorClass, Status


def test_a_service_is_found_as_it_was_recorded(found: Find) -> None:
    """Every answer about a service arrives where it belongs."""
    beta = found().services[1]
    assert beta.facts == Facts("beta", "Beta", "film", "reverse", "relay", "m-1", "videos")
    assert (beta.status, beta.error_class, beta.is_recommended) == (Status.RISK_CONTROL, ErrorClass.CAPTCHA, False)
    assert (beta.coverage, beta.price, beta.sunset) == (0.99, Price(0.2, "request"), END + 86400)
    figures = beta.figures
    assert figures
    assert (figures.availability, figures.episodes, figures.stars, figures.response_seconds) == (0.9, 3, 3, 0.75)
    assert figures.episodes_per_week == pytest.approx(3 / 0.99)
    assert figures.risk_control_share == pytest.approx(10 / 168 / 0.99)


def test_incidents_have_their_prevailing_class(found: Find) -> None:
    """An incident is an unbroken stretch with its commonest class; it is marked if the window cuts it."""
    assert found().services[1].incidents == [
        Incident(FIRST, FIRST + 1800, ErrorClass.CAPTCHA, is_cut=True),
        Incident(FIRST + 300000, FIRST + 300180, ErrorClass.OVERLOADED),
        Incident(END - 540, END + 60, None, is_open=True),
    ]


def test_a_service_hardly_seen_has_no_figures(found: Find) -> None:
    """Below half of the window there are no figures at all, however good they look; the record's age is shown."""
    gamma = found().services[2]
    assert (gamma.figures, gamma.coverage, gamma.recorded_since) == (None, 0.1, END - 2 * 86400)
    assert (gamma.status, gamma.error_class) == (Status.UNKNOWN, ErrorClass.QUOTA_EXHAUSTED)
    assert gamma.price_per_success is None


@pytest.mark.parametrize(("coverage", "has_figures"), [(0.4999, False), (0.5, True)])
def test_half_of_the_window_is_the_least(recorded: Recorded, found: Find, coverage: float, has_figures: bool) -> None:
    """Figures begin at a coverage of exactly one half."""
    recorded.answers["coverage"] = each(alpha=1, beta=coverage)
    assert (found().services[1].figures is not None) is has_figures


def test_a_young_record_has_figures_of_its_own_time(recorded: Recorded, found: Find) -> None:
    """Three days of data in a week give a table of three days, whose coverage says so; minutes of data give none."""
    recorded.answers["recorded_since"] = each(alpha=END - 3 * 86400, beta=END - 1800)
    recorded.answers["coverage"] = each(alpha=2.9 / 7, beta=0.5 / 24 / 7)
    alpha, beta = found().services[:2]
    assert alpha.figures
    assert (alpha.figures.availability, alpha.coverage) == (0.99999, pytest.approx(2.9 / 7))
    assert (beta.figures, beta.recorded_since) == (None, END - 1800)


def test_half_an_hour_makes_nothing_operational(recorded: Recorded, found: Find) -> None:
    """A service that was observed for less than an hour is unknown, not operational; a fault is shown at once."""
    recorded.answers["coverage"] = each(alpha=1, beta=0.9 / 24 / 7, gamma=1)
    recorded.answers["severity"] = each(alpha=0, beta=0)
    assert [one.status for one in found().services[:2]] == [Status.OPERATIONAL, Status.UNKNOWN]
    recorded.answers["severity"] = each(alpha=0, beta=2)
    assert found().services[1].status is Status.RISK_CONTROL


def test_what_has_ended_is_not_for_use_now(recorded: Recorded, found: Find) -> None:
    """A recorded recommendation of a service past its end of life does not count."""
    recorded.answers["recommended"], recorded.answers["sunset"] = each(alpha=1, beta=1), each(alpha=END, beta=END + 1)
    assert [service.is_recommended for service in found().services[:2]] == [False, True]


def test_stars_need_their_own_thirty_days(recorded: Recorded, found: Find) -> None:
    """Stars of a month that was hardly seen are not shown, though the week was seen."""
    recorded.answers["coverage_of_stars"] = each(alpha=0.2)
    assert [service.figures and service.figures.stars for service in found().services] == [None, None, None]


def test_the_last_description_counts(recorded: Recorded, found: Find) -> None:
    """A renamed service has its newest name; one that is only in the record keeps its id."""
    recorded.answers["info"] = [
        info("beta", "official", seen=END, name="New"),
        info("beta", "reverse", seen=END - 3600, name="Old"),
    ]
    names = {service.facts.service_id: service.facts.name for service in found().services}
    assert names == {"alpha": "alpha", "beta": "New", "gamma": "gamma"}


def test_a_service_that_is_gone_has_no_status(recorded: Recorded, found: Find) -> None:
    """A service that is exported no more has no status now, which differs from unknown."""
    recorded.answers["severity"], recorded.answers["known"] = each(alpha=0), each(alpha=1)
    assert [service.status for service in found().services] == [Status.OPERATIONAL, None, None]


def test_the_chart_shows_unobserved_parts(found: Find) -> None:
    """A bar has the availability of its observed part, and none without any."""
    bars = found().services[0].bars
    assert len(bars) == 28
    assert [(bars[0].availability, bars[0].coverage), (bars[-1].availability, bars[1].availability)] == [
        (0.5, 1.0),
        (1.0, None),
    ]


@pytest.mark.parametrize("value", ["NaN", "+Inf"])
def test_a_value_that_is_not_finite_is_missing(recorded: Recorded, found: Find, value: str) -> None:
    """A value that is not finite counts as missing."""
    recorded.answers["availability"] = [({"service_id": "alpha"}, 1), ({"service_id": "beta"}, value)]
    assert found().services[1].figures is None


def test_an_unknown_class_is_no_class(recorded: Recorded, found: Find) -> None:
    """A class of a newer exporter is not guessed at."""
    recorded.answers["unavailable"] = [minutes("beta", 10, 2)]
    recorded.answers["error_classes"] = [minutes("beta", 10, 2, error_class="haunted")]
    assert [incident.error_class for incident in found().services[1].incidents] == [None]


@pytest.mark.parametrize(("sunset", "ended"), [(None, False), (END, True), (END - 1.0, True), (END + 1.0, False)])
def test_an_end_of_life_has_come_at_its_moment(sunset: float | None, ended: bool) -> None:
    """The moment itself counts as past; without an end of life nothing ends."""
    assert has_ended(sunset, END) is ended


def test_numbers_are_finite_and_belong_to_a_service() -> None:
    """A value that is not finite and a series without a service are left out."""
    answer = [
        Series({"service_id": "a"}, ((0.0, 1.5),)),
        Series({"service_id": "b"}, ((0.0, math.nan),)),
        Series({}, ((0.0, 3.0),)),
    ]
    assert numbers(answer) == {"a": 1.5}
