"""The samples of each subject: absent when unknown, complete for closed sets."""

from __future__ import annotations

from typing import Any

import pytest
from support.clock import HandClock
from support.watched import NOW, config, result, service

from sora_exporter.evidence.state import State
from sora_exporter.evidence.track import NOT_ASKED
from sora_exporter.metrics.collect import (
    FAULTS,
    JOB_FAULTS,
    ExporterFacts,
    exporter_subject,
    page_subject,
    service_subject,
)
from sora_exporter.metrics.samples import Subject
from sora_exporter.result import PHASES, Depth, ErrorClass, ProbeKind, Status
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Indicator, PageReport
from sora_exporter.status_pages.poller import PageState


def samples(subject: Subject, name: str) -> dict[tuple[str, ...], float]:
    """Return the values of one metric by its labels, but for the subject's own."""
    own = {"service_id", "probe", "page"}
    return {
        tuple(value for label, value in sorted(sample.labels.items()) if label not in own): sample.value
        for part in subject.parts()
        for found in part.make().by_family.values()
        for sample in found
        if sample.name == name
    }


def subject_after(*results: Any, cost_usd: float = 0.0, **section: Any) -> Subject:
    """Return the subject of a service with one catalog probe after these results."""
    state = State(HandClock())
    probes = {"catalog": {"interval": "1m", "timeout": "10s"}, **section.pop("probes", {})}
    state.configure(config(service(probes=probes, **section)))
    for found in results:
        state.record(found)
    return service_subject(state.services["alpha"], state.status_of("alpha"), cost_usd)


@pytest.mark.parametrize("error_class", sorted(NOT_ASKED))
def test_an_attempt_without_a_request_has_no_duration(error_class: ErrorClass) -> None:
    """An attempt that sent no request is counted, but has no part in the distribution of durations."""
    subject = subject_after(result(), result(error_class, duration_seconds=0.0))
    assert samples(subject, "sora_probe_attempts_total") == {(): 2.0}
    assert samples(subject, "sora_probe_duration_seconds_count") == {(): 1.0}


@pytest.mark.parametrize("error_class", ErrorClass)
def test_status_is_a_whole_set(error_class: ErrorClass) -> None:
    """Exactly one of seven statuses is 1, and there is exactly one error class."""
    subject = subject_after(result(error_class))
    assert samples(subject, "sora_service_status") == {
        (status,): float(status is error_class.status) for status in Status
    }
    assert samples(subject, "sora_service_error") == {(error_class,): 1.0}


@pytest.mark.parametrize(
    ("error_class", "up"),
    [
        (ErrorClass.NONE, {(): 1.0}),
        (ErrorClass.MAINTENANCE, {(): 0.0}),
        (ErrorClass.MODEL_RETIRED, {}),
        (ErrorClass.PERMISSION, {}),
    ],
)
def test_up_is_absent_without_a_say(error_class: ErrorClass, up: dict[tuple[str, ...], float]) -> None:
    """Up is 0 in maintenance and absent while the service is unknown or retired."""
    assert samples(subject_after(result(error_class)), "sora_service_up") == up


def test_faults_of_the_service_are_counted_from_zero() -> None:
    """Every fault that a probe can meet is counted from zero, and any other failure once there is one."""
    attempts = result(ErrorClass.DNS), result(ErrorClass.SLOW), result(), result(ErrorClass.AUTHENTICATION)
    counted = samples(subject_after(*attempts), "sora_probe_failures_total")
    met = {ErrorClass.DNS, ErrorClass.AUTHENTICATION}
    assert counted == {(each,): float(each in met) for each in FAULTS - JOB_FAULTS | met}
    paid = samples(subject_after(probes={"submit": {"interval": "6h", "timeout": "1m"}}), "sora_probe_failures_total")
    assert set(paid) == {(each,) for each in FAULTS}
    assert {each for each in ErrorClass if each.status in (Status.RISK_CONTROL, Status.SUSPENDED)} < FAULTS


def test_a_service_has_at_most_eighty_series() -> None:
    """The promised number holds for the default probes, with all phases, depths and facts of a service included."""
    state = State(HandClock())
    state.configure(config(service(price_usd={"per_second": 0.1}, objective=99.9, sunset="2030-09-24")))
    for probe in (ProbeKind.CATALOG, ProbeKind.CANARY):
        facts = {"depth": Depth.ROUTED, "response_seconds": 0.1, "phases": dict.fromkeys(PHASES, 0.1)}
        state.record(result(probe=probe, **facts))
    parts = service_subject(state.services["alpha"], state.status_of("alpha"), 0.0).parts()
    assert sum(len(found) for part in parts for found in part.make().by_family.values()) == 80


def test_unrecognised_answers_are_counted() -> None:
    """A failed attempt that only a default rule explained counts; a recognised one and a success do not."""
    attempts = result(ErrorClass.SERVER_ERROR, recognised=False), result(ErrorClass.DNS), result(recognised=False)
    assert samples(subject_after(*attempts), "sora_probe_unrecognised_total") == {(): 1.0}


def test_last_attempt() -> None:
    """The facts of the last attempt are shown unchanged; a phase that was not measured is absent."""
    subject = subject_after(result(ErrorClass.SERVER_ERROR, http_status=502, phases={"connect": 0.1, "transfer": 0.2}))
    assert samples(subject, "sora_probe_phase_seconds") == {("connect",): 0.1, ("transfer",): 0.2}
    assert samples(subject, "sora_probe_http_status_code") == {(): 502.0}
    assert samples(subject, "sora_probe_success") == {(): 0.0}
    assert samples(subject, "sora_probe_last_attempt_timestamp_seconds") == {(): NOW}
    assert samples(subject_after(result(ErrorClass.DNS)), "sora_probe_http_status_code") == {(): 0.0}


def test_configured_facts() -> None:
    """Price, objective, sunset and page are present if they are configured, and absent otherwise."""
    subject = subject_after(cost_usd=0.5, price_usd={"per_request": 0.12}, objective=99.9, sunset="2026-09-24")
    assert samples(subject, "sora_service_price_usd") == {("request",): 0.12}
    assert samples(subject, "sora_service_objective_ratio") == {(): 0.999}
    assert samples(subject, "sora_service_sunset_timestamp_seconds") == {(): 1_790_208_000.0}
    assert samples(subject, "sora_probe_cost_usd_total") == {(): 0.5}
    for name in ("price_usd", "objective_ratio", "sunset_timestamp_seconds", "response_time_seconds"):
        assert samples(subject_after(), f"sora_service_{name}") == {}


def test_the_histogram_of_generations_needs_their_probe() -> None:
    """The histogram of generations starts at zero for a service that generates, and is absent for others."""
    generate = {"generate": {"interval": "6h", "timeout": "10m"}}
    counts = samples(subject_after(probes=generate), "sora_generation_seconds_bucket")
    assert (len(counts), set(counts.values())) == (14, {0.0})
    assert samples(subject_after(), "sora_generation_seconds_bucket") == {}
    made = subject_after(result(probe=ProbeKind.GENERATE, generation_seconds=10.0), probes=generate)
    assert samples(made, "sora_generation_seconds_bucket")[("10.0",)] == 1.0
    assert samples(made, "sora_generation_seconds_bucket")[("5.0",)] == 0.0


def test_page() -> None:
    """A page's sets are whole while it can be read, and all but its own state is gone while it cannot."""
    report = PageReport(
        indicator=Indicator.MAJOR,
        components={"Video": ComponentStatus.MAJOR_OUTAGE},
        component_names={"Video": "Video API"},
        open_incidents={Impact.MAJOR: 2},
    )
    good, bad = (
        page_subject("official", PageState(up, NOW, None, found)) for up, found in ((True, report), (False, None))
    )
    assert samples(good, "sora_status_page_indicator") == {(word,): float(word == "major") for word in Indicator}
    assert samples(good, "sora_status_page_component_status") == {
        ("Video", word): float(word == "major_outage") for word in ComponentStatus
    }
    assert samples(good, "sora_status_page_component_info") == {("Video", "Video API"): 1.0}
    assert samples(good, "sora_status_page_open_incidents") == {(word,): 2.0 * (word == "major") for word in Impact}
    (part,) = bad.parts()
    assert set(part.make().by_family) == {"sora_status_page_up", "sora_status_page_last_fetch_timestamp_seconds"}


def test_exporter() -> None:
    """Unreadable spend is absent rather than 0, and a failed reload shows."""
    subject = exporter_subject(ExporterFacts(1.0, None, False, NOW, 2, {}, {}, {}))
    assert samples(subject, "sora_probe_budget_spent_usd") == {}
    assert samples(subject, "sora_exporter_config_last_reload_successful") == {(): 0.0}
    assert samples(subject, "sora_exporter_probes_in_flight") == {(): 2.0}
