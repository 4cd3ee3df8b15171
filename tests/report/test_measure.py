"""From Prometheus' answers to findings, and every reason for which there are none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.recorded import END, FIRST, NAMES, Recorded, each, info, minutes

from sora_exporter.history.prometheus import PrometheusError
from sora_exporter.report.findings import Facts, Findings, Incident, Price
from sora_exporter.report.measure import NoReport
from sora_exporter.result import ErrorClass, Status

Find = Callable[..., Findings]


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


def test_services_and_products_can_be_chosen(found: Find) -> None:
    """Only what is named is reported; a name that nothing is recorded of is a mistake that lists what there is."""
    assert [one.facts.service_id for one in found(service_ids=["beta"]).services] == ["beta"]
    assert [one.facts.service_id for one in found(products=["film"]).services] == ["alpha", "beta"]
    with pytest.raises(NoReport, match=r"nothing is recorded of delta: there are alpha, beta, gamma"):
        found(service_ids=["delta"])


def test_warnings_are_passed_on_once(recorded: Recorded, found: Find) -> None:
    """Each warning of Prometheus is shown once."""
    recorded.warnings = ["a store did not answer"]
    assert found().warnings == ("a store did not answer",)


MISSING = {
    "coverage": "service_id:sora_service_coverage:ratio7d",
    "availability": "service_id:sora_service_availability:ratio7d",
    "episodes": "service_id:sora_service_risk_control_episodes:sum7d",
    "hours": "service_id:sora_service_risk_control_hours:sum7d",
    "stars": "service_id:sora_service_stability:stars",
}


@pytest.mark.parametrize("question", sorted(MISSING))
def test_a_missing_rule_is_named(recorded: Recorded, found: Find, question: str) -> None:
    """Without a rule that the figures need there is no report, but its name and the file to load."""
    del recorded.answers[question]
    with pytest.raises(NoReport, match=r"alerting-rules/sora-recording\.rules\.yml") as refused:
        found()
    assert MISSING[question] in str(refused.value)


def test_a_prometheus_without_us_is_said_plainly(recorded: Recorded, found: Find) -> None:
    """If nothing of the exporter is recorded, the message says so."""
    recorded.answers.clear()
    with pytest.raises(NoReport, match="holds nothing of sora_exporter in the last 7d"):
        found()


def test_too_little_of_everything_is_no_report(recorded: Recorded, found: Find) -> None:
    """If no service was observed enough, there is no report, and the best one is named."""
    recorded.answers["coverage"] = each(alpha=0.3, beta=0.1)
    with pytest.raises(NoReport, match=r"at most 30\.0 % of the last 7d \(alpha\), and a figure needs 50 %"):
        found()


@pytest.mark.parametrize("value", ["NaN", "+Inf"])
def test_a_value_that_is_not_finite_is_missing(recorded: Recorded, found: Find, value: str) -> None:
    """A value that is not finite counts as missing."""
    recorded.answers["availability"] = [({"service_id": "alpha"}, 1), ({"service_id": "beta"}, value)]
    assert found().services[1].figures is None


def test_minutes_are_queried_in_pieces_that_prometheus_answers(recorded: Recorded, found: Find) -> None:
    """No range query exceeds the 11,000 samples of a series that Prometheus returns."""
    found()
    spans = [
        (float(asked.query_params["end"]) - float(asked.query_params["start"])) / float(asked.query_params["step"])
        for asked in recorded.requests
        if "step" in asked.query_params
    ]
    assert spans
    assert max(spans) < 11_000


def test_an_unknown_class_is_no_class(recorded: Recorded, found: Find) -> None:
    """A class of a newer exporter is not guessed at."""
    recorded.answers["unavailable"] = [minutes("beta", 10, 2)]
    recorded.answers["error_classes"] = [minutes("beta", 10, 2, error_class="haunted")]
    assert [incident.error_class for incident in found().services[1].incidents] == [None]


def test_nothing_listening_is_an_error(recorded: Recorded, found: Find) -> None:
    """An address without a listener is an error with the address and the fix."""
    recorded.url = "http://127.0.0.1:9"
    with pytest.raises(PrometheusError, match=r"http://127\.0\.0\.1:9 cannot be reached: .*--prometheus-url"):
        found()


def test_names_are_those_of_the_fixture(found: Find) -> None:
    """Services come by product and id."""
    assert [service.facts.name for service in found().services] == list(NAMES.values())
