"""What is remembered, and what status follows from it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import HandClock
from support.watched import FREE, NOW, config, result, service

from sora_exporter.config import Config
from sora_exporter.evidence.state import ServiceStatus, State
from sora_exporter.evidence.track import (
    FAILURES_KEPT,
    MARKS_KEPT,
    NEWEST_MARKS,
    NO_EVIDENCE,
    SHORT_EXCERPT_CHARACTERS,
    SUCCESSES_KEPT,
    WHOLE_EXCERPTS,
)
from sora_exporter.result import SEVERITY, ErrorClass, ProbeKind, Status

CATALOG, CANARY, SUBMIT, GENERATE = ProbeKind
DEEP = {**FREE, "generate": {"interval": "6h", "timeout": "10m"}}


def state_of(clock: HandClock, settings: Config) -> State:
    """Return a state that knows a configuration."""
    state = State(clock)
    state.configure(settings)
    return state


@pytest.fixture
def state(clock: HandClock) -> State:
    """The memory of one service with a catalog, a canary and a generate probe."""
    return state_of(clock, config(service(probes=DEEP)))


def seen(state: State, service_id: str = "alpha") -> tuple[Status, ErrorClass]:
    """Return a service's status and the class behind it."""
    verdict = state.status_of(service_id)
    return verdict.status, verdict.error_class


def test_nothing_known(state: State) -> None:
    """A service that was never probed is unknown, since the start, and neither up nor down."""
    assert state.status_of("alpha") == ServiceStatus(Status.UNKNOWN, ErrorClass.NOT_PROBED, NOW, None)
    assert state.status_of("alpha").up is None


@pytest.mark.parametrize("error_class", ErrorClass)
def test_each_class_alone(state: State, error_class: ErrorClass) -> None:
    """One answer alone gives the status that its class stands for."""
    state.record(result(error_class))
    assert seen(state) == (error_class.status, error_class)


def test_cheap_success_clears_no_deep_fault(state: State) -> None:
    """A catalog that answers does not excuse a canary that is refused."""
    state.record(result(ErrorClass.UNAVAILABLE, CANARY))
    state.record(result(ErrorClass.NONE, CATALOG))
    assert seen(state) == (Status.SUSPENDED, ErrorClass.UNAVAILABLE)


def test_deeper_of_equals(state: State) -> None:
    """Of equally severe answers the deeper probe's names the reason, whichever came last."""
    state.record(result(ErrorClass.OVERLOADED, GENERATE))
    state.record(result(ErrorClass.SERVER_ERROR, CATALOG))
    assert seen(state) == (Status.DEGRADED, ErrorClass.OVERLOADED)


def test_slow_and_faulty_is_not_only_slow(state: State) -> None:
    """A service that is slow in depth and faulty besides is down: it is not degraded by slowness alone."""
    state.record(result(ErrorClass.SERVER_ERROR, CATALOG))
    state.record(result(ErrorClass.SLOW, GENERATE))
    assert (seen(state)[1], state.status_of("alpha").up) == (ErrorClass.SERVER_ERROR, 0.0)


@pytest.mark.parametrize(
    ("error_class", "up"),
    [
        (ErrorClass.NONE, 1.0),
        (ErrorClass.CONTENT_POLICY, 1.0),
        (ErrorClass.SLOW, 1.0),
        (ErrorClass.SERVER_ERROR, 0.0),
        (ErrorClass.MAINTENANCE, 0.0),
        (ErrorClass.MODEL_RETIRED, None),
        (ErrorClass.AUTHENTICATION, None),
    ],
)
def test_up(state: State, error_class: ErrorClass, up: float | None) -> None:
    """Up is 1 for what works, 0 for what does not, maintenance included, and nothing while unknown or retired."""
    state.record(result(error_class))
    assert state.status_of("alpha").up == up


async def test_age(state: State, clock: HandClock) -> None:
    """Evidence counts for exactly two and a half of its probe's intervals."""
    state.record(result())
    await clock.advance(150)
    assert seen(state)[0] is Status.OPERATIONAL
    await clock.advance(0.001)
    assert seen(state) == (Status.UNKNOWN, ErrorClass.NOT_PROBED)


async def test_since_is_when_it_happened(state: State, clock: HandClock) -> None:
    """A status that ends by age began when the evidence grew too old, not when somebody looked."""
    state.record(result(ErrorClass.UNAVAILABLE, CANARY))
    await clock.advance(700)
    state.record(result())
    await clock.advance(500)
    verdict = state.status_of("alpha")
    assert verdict.status is Status.UNKNOWN
    assert verdict.since == pytest.approx(NOW + 850, abs=1e-6)


async def test_since_counts_gaps_nobody_saw(state: State, clock: HandClock) -> None:
    """An answer after a gap in the evidence begins a new status although nobody looked during the gap."""
    state.record(result())
    await clock.advance(1000)
    state.record(result())
    assert state.status_of("alpha").since == NOW + 1000


async def test_since_stays_while_the_reason_changes(state: State, clock: HandClock) -> None:
    """Another reason for the same status does not begin it anew."""
    state.record(result(ErrorClass.TIMEOUT))
    await clock.advance(60)
    state.record(result(ErrorClass.SERVER_ERROR))
    assert (seen(state)[1], state.status_of("alpha").since) == (ErrorClass.SERVER_ERROR, NOW)


@pytest.mark.parametrize("error_class", sorted(NO_EVIDENCE))
async def test_not_asked_keeps_what_was_known(state: State, clock: HandClock, error_class: ErrorClass) -> None:
    """An attempt that asked nobody leaves the earlier answer standing, but no longer than it would have stood."""
    state.record(result(ErrorClass.UNAVAILABLE, SUBMIT))
    await clock.advance(60)
    state.record(result(error_class, SUBMIT))
    assert seen(state)[1] is ErrorClass.UNAVAILABLE
    await clock.advance(2.5 * 6 * 3600 - 60 + 1)
    assert seen(state) == (Status.UNKNOWN, error_class)


def test_own_faults_name_the_better_reason(state: State) -> None:
    """With no evidence at all, what a provider said of our key is told rather than that the budget is used up."""
    state.record(result(ErrorClass.BUDGET_EXHAUSTED, GENERATE))
    assert seen(state)[1] is ErrorClass.BUDGET_EXHAUSTED
    state.record(result(ErrorClass.AUTHENTICATION, CATALOG))
    assert seen(state)[1] is ErrorClass.AUTHENTICATION


def test_unknown_only_without_evidence(state: State) -> None:
    """A probe that tells nothing does not hide one that does."""
    state.record(result(ErrorClass.QUOTA_EXHAUSTED, GENERATE))
    state.record(result(ErrorClass.NONE, CATALOG))
    assert seen(state) == (Status.OPERATIONAL, ErrorClass.NONE)


def two_providers(clock: HandClock, **more: Any) -> State:
    """Return a state of two services at two providers."""
    return state_of(clock, config(service("alpha", "one"), service("beta", "two"), **more))


@pytest.mark.parametrize("error_class", [ErrorClass.CONNECTION, ErrorClass.DNS, ErrorClass.TIMEOUT])
async def test_network_lost_and_back(clock: HandClock, error_class: ErrorClass) -> None:
    """When no provider can be reached it is our network; once one is, what fails from then on is the service's."""
    state = two_providers(clock)
    state.record(result(error_class, is_reached=False))
    assert seen(state)[1] is error_class
    state.record(result(error_class, service_id="beta", is_reached=False))
    assert seen(state) == seen(state, "beta") == (Status.UNKNOWN, ErrorClass.LOCAL_NETWORK)
    state.record(result(service_id="beta"))
    assert (seen(state)[1], seen(state, "beta")[1]) == (ErrorClass.LOCAL_NETWORK, ErrorClass.NONE)
    await clock.advance(1)
    state.record(result(error_class, is_reached=False))
    assert seen(state)[1] is error_class


async def test_what_fell_into_a_loss_is_never_held_against_a_service(clock: HandClock) -> None:
    """Before, in and after a loss of our network two healthy services are operational or unknown, never suspended."""
    state = two_providers(clock)
    for name in ("alpha", "beta"):
        state.record(result(service_id=name))
        state.record(result(probe=CANARY, service_id=name))
    await clock.advance(60)
    lost: dict[str, Any] = {"is_reached": False, "started_at": clock.now()}
    state.record(result(ErrorClass.CONNECTION, CANARY, **lost))
    state.record(result(ErrorClass.CONNECTION, CATALOG, "beta", **lost))
    assert seen(state) == seen(state, "beta") == (Status.OPERATIONAL, ErrorClass.NONE)
    track = state.services["alpha"].probes[CANARY]
    assert [track.marks[-1].error_class, track.failed[-1].error_class] == [ErrorClass.LOCAL_NETWORK] * 2
    await clock.advance(60)
    for name in ("alpha", "beta"):
        state.record(result(ErrorClass.CONNECTION, service_id=name, **lost))
    await clock.advance(100)
    assert seen(state) == seen(state, "beta") == (Status.UNKNOWN, ErrorClass.LOCAL_NETWORK)
    assert state.services["alpha"].probes[CATALOG].failures == {ErrorClass.LOCAL_NETWORK: 1}
    state.record(result(service_id="beta"))
    await clock.advance(1)
    state.record(result(ErrorClass.TIMEOUT, is_reached=False, duration_seconds=10.0))
    assert (seen(state)[0], seen(state, "beta")[0]) == (Status.OPERATIONAL, Status.OPERATIONAL)
    await clock.advance(20)
    state.record(result(ErrorClass.TIMEOUT, is_reached=False, duration_seconds=10.0))
    assert seen(state) == (Status.DEGRADED, ErrorClass.TIMEOUT)


async def test_an_outage_before_a_loss_outlives_it(clock: HandClock) -> None:
    """A provider that could not be reached while another one could stays suspended when our network goes too."""
    state = two_providers(clock)
    state.record(result(ErrorClass.CONNECTION, CANARY, is_reached=False))
    await clock.advance(10)
    state.record(result(service_id="beta"))
    await clock.advance(10)
    state.record(result(ErrorClass.CONNECTION, CANARY, is_reached=False))
    state.record(result(ErrorClass.CONNECTION, service_id="beta", is_reached=False))
    assert (seen(state), seen(state, "beta")[0]) == ((Status.SUSPENDED, ErrorClass.CONNECTION), Status.OPERATIONAL)


@pytest.mark.parametrize(
    ("excerpt", "error_class"),
    [
        ("gaierror: [Errno -3] Temporary failure in name resolution", ErrorClass.LOCAL_NETWORK),
        ("OSError: [Errno 101] Network is unreachable", ErrorClass.LOCAL_NETWORK),
        ("OSError: [Errno 113] Connect call failed", ErrorClass.LOCAL_NETWORK),
        ("OSError: [Errno 100] Network is down", ErrorClass.LOCAL_NETWORK),
        (
            "OSError: Multiple exceptions: [Errno 111] refused, [Errno 101] Network is unreachable",
            ErrorClass.CONNECTION,
        ),
        ("gaierror: [Errno -2] Name or service not known", ErrorClass.CONNECTION),
        ("refused", ErrorClass.CONNECTION),
    ],
)
def test_what_is_ours_beyond_doubt_needs_no_second_witness(
    state: State, excerpt: str, error_class: ErrorClass
) -> None:  # fmt: skip
    """Without a route or a resolver a single provider is not blamed; where any address refused us, it is."""
    state.record(result(ErrorClass.CONNECTION, excerpt=excerpt, is_reached=False))
    assert seen(state)[1] is error_class


def test_what_looks_ours_is_not_while_others_are_reached(clock: HandClock) -> None:
    """A name that no server answers for is the provider's fault while another provider can be reached."""
    state = two_providers(clock)
    state.record(result(service_id="beta"))
    state.record(result(ErrorClass.DNS, excerpt="gaierror: [Errno -3] Temporary failure", is_reached=False))
    assert seen(state) == (Status.SUSPENDED, ErrorClass.DNS)


async def test_network_lost_is_dated_at_once(clock: HandClock) -> None:
    """The attempt that shows the loss of our network dates it for every service, not the next look at each."""
    state = two_providers(clock)
    state.record(result(ErrorClass.DNS, is_reached=False))
    await clock.advance(30)
    state.record(result(ErrorClass.DNS, service_id="beta", is_reached=False))
    await clock.advance(20)
    assert state.status_of("alpha").since == NOW + 30


async def test_one_witness_is_not_enough(clock: HandClock) -> None:
    """A single provider that cannot be reached is itself to blame, until an official page is unreachable too."""
    state = state_of(clock, config(service(), status_pages={"p": {"url": "https://p.example", "format": "statuspage"}}))
    state.record(result(ErrorClass.CONNECTION, is_reached=False))
    assert not state.is_network_lost()
    state.witness("page:p", False, 60)
    assert seen(state)[1] is ErrorClass.LOCAL_NETWORK
    state.witness("page:p", True, 60)
    await clock.advance(1)
    state.record(result(ErrorClass.CONNECTION, is_reached=False))
    assert seen(state) == (Status.SUSPENDED, ErrorClass.CONNECTION)


async def test_old_witnesses_do_not_count(clock: HandClock) -> None:
    """A provider last reached long ago does not speak for our network any more."""
    state = state_of(clock, config(service("alpha", "one"), service("beta", "two"), service("gone", "three")))
    state.record(result(service_id="gone"))
    await clock.advance(140)
    for name in ("alpha", "beta"):
        state.record(result(ErrorClass.DNS, service_id=name, is_reached=False))
    assert seen(state)[1] is ErrorClass.DNS
    await clock.advance(11)
    assert seen(state)[1] is ErrorClass.LOCAL_NETWORK


def test_broken_handshake_is_not_our_network(clock: HandClock) -> None:
    """Providers whose TLS fails were reached: that is theirs."""
    state = two_providers(clock)
    for name in ("alpha", "beta"):
        state.record(result(ErrorClass.TLS, service_id=name))
    assert seen(state) == (Status.SUSPENDED, ErrorClass.TLS)


def test_sunset_told_by_an_answer(state: State) -> None:
    """A date that an answer announced is remembered, and "not found" after it means retired."""
    state.record(result(sunset_at=NOW + 10))
    state.record(result(ErrorClass.MODEL_NOT_FOUND, started_at=NOW + 9))
    assert seen(state)[0] is Status.SUSPENDED
    state.record(result(ErrorClass.MODEL_NOT_FOUND, rule="404", started_at=NOW + 10))
    decided_by = state.status_of("alpha").decided_by
    assert seen(state) == (Status.RETIRED, ErrorClass.MODEL_RETIRED)
    assert (state.services["alpha"].sunset_at, decided_by and decided_by.rule) == (NOW + 10, "404+sunset")


@pytest.mark.parametrize(
    ("request_line", "http_status", "error_class", "expected"),
    [
        ("POST /videos, model m", 404, ErrorClass.INVALID_REQUEST, ErrorClass.MODEL_RETIRED),
        ("POST /videos, model m", 404, ErrorClass.INVALID_RESPONSE, ErrorClass.MODEL_RETIRED),
        ("POST /videos, model m", 400, ErrorClass.INVALID_REQUEST, ErrorClass.INVALID_REQUEST),
        ("POST /videos, model m", 404, ErrorClass.CAPTCHA, ErrorClass.CAPTCHA),
        ("GET /videos/v1, model m", 404, ErrorClass.INVALID_REQUEST, ErrorClass.INVALID_REQUEST),
        ("GET /models, model m", 404, ErrorClass.INVALID_REQUEST, ErrorClass.INVALID_REQUEST),
    ],
)
def test_a_route_that_ended_with_its_model(
    clock: HandClock, request_line: str, http_status: int, error_class: ErrorClass, expected: ErrorClass
) -> None:
    """After the sunset HTTP 404 to a create request tells that the model is retired; to a poll or a list not."""
    state = state_of(clock, config(service(sunset="2026-01-20", probes=DEEP)))
    state.record(result(error_class, CANARY, http_status=http_status, request=request_line))
    assert seen(state)[1] is expected


def test_configured_sunset_wins(clock: HandClock) -> None:
    """The date in the configuration stands whatever answers announce."""
    state = state_of(clock, config(service(sunset="2026-09-24")))
    state.record(result(sunset_at=NOW))
    assert state.services["alpha"].sunset_at == 1_790_208_000.0


def test_reload_keeps_what_did_not_change(state: State) -> None:
    """Another name, price or interval leaves counters and evidence; a probe that is gone takes its own along."""
    state.record(result(ErrorClass.UNAVAILABLE, CANARY))
    state.record(result())
    before = state.services["alpha"].probes[CATALOG]
    state.configure(config(service(name="other", probes={"catalog": {"interval": "2m", "timeout": "10s"}})))
    track = state.services["alpha"]
    assert (track.probes, before.attempts, before.interval) == ({CATALOG: before}, 1, 120.0)
    assert (track.service.name, seen(state)[0]) == ("other", Status.OPERATIONAL)


async def test_shorter_interval_ages_evidence(state: State, clock: HandClock) -> None:
    """Evidence that would be too old by a new interval stops counting with the reload."""
    state.record(result())
    await clock.advance(100)
    state.configure(config(service(probes={"catalog": {"interval": "30s", "timeout": "10s"}})))
    assert seen(state)[0] is Status.UNKNOWN


@pytest.mark.parametrize(
    "changed",
    [
        config(service(model="other", probes=DEEP)),
        config(service(access="official", probes=DEEP)),
        config(service(api="chat", probes=DEEP)),
        config(service(provider="elsewhere", probes=DEEP)),
        config(service(probes=DEEP), providers={"relay": {"base_url": "https://moved.example/v1"}}),
        config(service(probes=DEEP, request={"seconds": "4"})),
    ],
    ids=["model", "access", "api", "provider", "base_url", "request"],
)
def test_reload_forgets_another_target(state: State, changed: Config) -> None:
    """Evidence about one target proves nothing about another."""
    state.record(result())
    state.configure(changed)
    assert (seen(state)[0], state.services["alpha"].probes[CATALOG].attempts) == (Status.UNKNOWN, 0)


def test_results_of_removed_services_are_dropped(state: State) -> None:
    """An attempt that ends after its service was removed leaves no trace."""
    state.configure(config(service("beta")))
    state.record(result())
    assert list(state.services) == ["beta"]


def test_memory_is_bounded(state: State) -> None:
    """However many attempts there are, a few successes and more failures are kept, the newest with whole excerpts."""
    for number in range(100):
        state.record(result(started_at=NOW + 2 * number))
        state.record(result(ErrorClass.TIMEOUT, started_at=NOW + 2 * number + 1, excerpt="w" * 2000))
    probe = state.services["alpha"].probes[CATALOG]
    kept = probe.kept()
    assert [kept[0].started_at, len(kept), len(probe.marks)] == [NOW + 199, SUCCESSES_KEPT + FAILURES_KEPT, MARKS_KEPT]
    assert kept == sorted(kept, key=lambda attempt: -attempt.started_at)
    excerpts = [len(attempt.excerpt) for attempt in kept if not attempt.is_success]
    assert excerpts == [2000] * WHOLE_EXCERPTS + [SHORT_EXCERPT_CHARACTERS] * (FAILURES_KEPT - WHOLE_EXCERPTS)
    assert (probe.attempts, probe.failures[ErrorClass.TIMEOUT], probe.durations.count) == (200, 100, 200)


def test_failures_outlive_successes(state: State) -> None:
    """A failure is still there to look at after many successes."""
    state.record(result(ErrorClass.TIMEOUT, detail="the one"))
    for _ in range(100):
        state.record(result())
    assert "the one" in [attempt.detail for attempt in state.services["alpha"].probes[CATALOG].kept()]


def test_marks_of_failures_outlive_those_of_successes(state: State) -> None:
    """Of a full strip the oldest success goes first; the newest marks stay whatever they are, and order is kept."""
    for number in range(4 * MARKS_KEPT):
        error_class = ErrorClass.TIMEOUT if number in (1, 2, 80) else ErrorClass.NONE
        state.record(result(error_class, started_at=NOW + number))
    marks = state.services["alpha"].probes[CATALOG].marks
    assert [mark.at - NOW for mark in marks if not mark.is_success] == [1, 2, 80]
    assert (len(marks), sorted(marks, key=lambda mark: mark.at)) == (MARKS_KEPT, list(marks))
    for number in range(MARKS_KEPT):
        state.record(result(ErrorClass.TIMEOUT, started_at=NOW + 1000 + number))
    for number in range(MARKS_KEPT):
        state.record(result(started_at=NOW + 2000 + number))
    assert sum(mark.is_success for mark in marks) == NEWEST_MARKS


async def test_an_obstacle_lasts_as_long_as_it_is_fresh(state: State, clock: HandClock) -> None:
    """An empty balance beside a good catalogue changes no status, is remembered, and is forgotten when too old."""
    state.record(result())
    state.record(result(ErrorClass.QUOTA_EXHAUSTED, CANARY))
    track = state.services["alpha"]
    assert (state.status_of("alpha").status, [each.probe for each in track.obstacles]) == (Status.OPERATIONAL, [CANARY])
    await clock.advance(2.5 * track.probes[CANARY].interval + 1)
    assert (state.status_of("alpha").status, track.obstacles) == (Status.UNKNOWN, ())
    state.record(result(ErrorClass.QUOTA_EXHAUSTED, CANARY))
    state.record(result(probe=CANARY))
    assert track.obstacles == ()


classes = st.sampled_from(sorted(ErrorClass))
answers = st.dictionaries(st.sampled_from(ProbeKind), classes, max_size=4)


@given(answers, st.sampled_from(ProbeKind), classes)
def test_status_is_monotone_in_severity(
    found: dict[ProbeKind, ErrorClass], probe: ProbeKind, worse: ErrorClass
) -> None:
    """The status is the most severe one shown, so that a worse answer never makes it better."""

    def status(said: dict[ProbeKind, ErrorClass]) -> Status:
        state = state_of(HandClock(), config(service(probes=DEEP)))
        for kind, error_class in said.items():
            state.record(result(error_class, kind))
        return seen(state)[0]

    shown = status(found)
    assert SEVERITY[shown] == max((SEVERITY[error_class.status] for error_class in found.values()), default=0)
    if SEVERITY[worse.status] >= SEVERITY[found.get(probe, ErrorClass.NOT_PROBED).status]:
        assert SEVERITY[status({**found, probe: worse})] >= SEVERITY[shown]
