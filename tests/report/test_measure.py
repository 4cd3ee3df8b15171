"""A report from Prometheus: its questions, and every reason for which there is none."""

from __future__ import annotations

import pytest
from support.recorded import NAMES, Find, Recorded, each

from sora_exporter.history.prometheus import PrometheusError
from sora_exporter.report.measure import NoReport


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


def test_nothing_listening_is_an_error(recorded: Recorded, found: Find) -> None:
    """An address without a listener is an error with the address and the fix."""
    recorded.url = "http://127.0.0.1:9"
    with pytest.raises(PrometheusError, match=r"http://127\.0\.0\.1:9 cannot be reached: .*--prometheus-url"):
        found()


def test_names_are_those_of_the_fixture(found: Find) -> None:
    """Services come by product and id."""
    assert [service.facts.name for service in found().services] == list(NAMES.values())
