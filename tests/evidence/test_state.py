"""The status that follows from the remembered attempts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.clock import HandClock
from support.watched import DEEP, NOW, config, result, seen, service, state_of

from sora_exporter.config import Config
from sora_exporter.evidence.state import ServiceStatus, State
from sora_exporter.evidence.track import NO_EVIDENCE, WHOSE_KEY
from sora_exporter.result import SEVERITY, Depth, ErrorClass, ProbeKind, RefusedBy, Status

CATALOG, CANARY, SUBMIT, GENERATE = ProbeKind


def test_nothing_known(state: State) -> None:
    """A service that was never probed is unknown, since the start, and neither up nor down."""
    assert state.status_of("alpha") == ServiceStatus(Status.UNKNOWN, ErrorClass.NOT_PROBED, NOW, None)
    assert state.status_of("alpha").up is None


@pytest.mark.parametrize("error_class", ErrorClass)
def test_each_class_alone(state: State, error_class: ErrorClass) -> None:
    """One answer alone gives the status that its class stands for."""
    state.record(result(error_class))
    assert seen(state) == (error_class.status, error_class)


@pytest.mark.parametrize("error_class", [ErrorClass.AUTHENTICATION, ErrorClass.PERMISSION, ErrorClass.QUOTA_EXHAUSTED])
async def test_another_key_withdraws_the_refusals_of_the_former(clock: HandClock, error_class: ErrorClass) -> None:
    """Refusals from before the change stop counting at that provider alone; a refusal of the new key counts."""
    state = state_of(clock, config(service(probes=DEEP), service("beta", "other", probes=DEEP)))
    for service_id in ("alpha", "beta"):
        state.record(result(ErrorClass.NONE, CANARY, service_id, started_at=clock.now()))
        state.record(result(error_class, GENERATE, service_id, started_at=clock.now()))
    await clock.advance(1)
    state.renew_key("relay")
    assert (seen(state)[0], seen(state, "beta")[1]) == (Status.OPERATIONAL, error_class)
    assert state.services["alpha"].obstacles == ()
    state.record(result(error_class, GENERATE, started_at=clock.now()))
    assert seen(state)[1] is error_class


def test_cheap_success_clears_no_deep_fault(state: State) -> None:
    """A catalog that answers does not excuse a canary that is refused."""
    state.record(result(ErrorClass.UNAVAILABLE, CANARY))
    state.record(result(ErrorClass.NONE, CATALOG))
    assert seen(state) == (Status.SUSPENDED, ErrorClass.UNAVAILABLE)


def test_deeper_of_equals(state: State) -> None:
    """Among equally severe answers the deeper probe's names the reason, in any order of arrival."""
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
    """A status that ends by age began when the evidence grew too old, not at the next reading."""
    state.record(result(ErrorClass.UNAVAILABLE, CANARY))
    await clock.advance(700)
    state.record(result())
    await clock.advance(500)
    verdict = state.status_of("alpha")
    assert verdict.status is Status.UNKNOWN
    assert verdict.since == pytest.approx(NOW + 850, abs=1e-6)


async def test_since_counts_unobserved_gaps(state: State, clock: HandClock) -> None:
    """An answer after a gap in the evidence begins a new status although the gap was never read."""
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
async def test_no_request_keeps_the_evidence(state: State, clock: HandClock, error_class: ErrorClass) -> None:
    """An attempt that sent no request leaves the earlier answer in force, but no longer than before."""
    state.record(result(ErrorClass.UNAVAILABLE, SUBMIT))
    await clock.advance(60)
    state.record(result(error_class, SUBMIT))
    assert seen(state)[1] is ErrorClass.UNAVAILABLE
    await clock.advance(2.5 * 6 * 3600 - 60 + 1)
    assert seen(state) == (Status.UNKNOWN, error_class)


def test_own_faults_name_the_better_reason(state: State) -> None:
    """Without evidence, a provider's answer about our key is shown rather than the used-up budget."""
    state.record(result(ErrorClass.BUDGET_EXHAUSTED, GENERATE))
    assert seen(state)[1] is ErrorClass.BUDGET_EXHAUSTED
    state.record(result(ErrorClass.AUTHENTICATION, CATALOG))
    assert seen(state)[1] is ErrorClass.AUTHENTICATION


def test_a_probe_that_sent_nothing_hides_no_evidence(state: State) -> None:
    """A probe without a word of the provider leaves the status to one that has it."""
    state.record(result(ErrorClass.BUDGET_EXHAUSTED, GENERATE))
    state.record(result(ErrorClass.NONE, CATALOG))
    assert seen(state) == (Status.OPERATIONAL, ErrorClass.NONE)


@pytest.mark.parametrize(
    ("error_class", "probe", "is_seen"),
    [
        (ErrorClass.QUOTA_EXHAUSTED, CANARY, True),
        (ErrorClass.PERMISSION, GENERATE, True),
        (ErrorClass.AUTHENTICATION, GENERATE, True),
        (ErrorClass.INVALID_REQUEST, GENERATE, True),
        (ErrorClass.INVALID_REQUEST, CANARY, False),
        (ErrorClass.CONTENT_POLICY, GENERATE, False),
    ],
)
def test_our_own_fault_met_deeper_goes_before_a_shallower_success(
    state: State, error_class: ErrorClass, probe: ProbeKind, is_seen: bool
) -> None:
    """The catalog's success does not make a route usable that refuses our orders; a success of the same probe does."""
    state.record(result(error_class, probe, refused_by="gateway"))
    state.record(result(ErrorClass.NONE, CATALOG))
    assert (seen(state) == (Status.UNKNOWN, error_class)) is is_seen
    state.record(result(ErrorClass.NONE, probe))
    assert seen(state) == (Status.OPERATIONAL, ErrorClass.NONE)


def test_our_own_fault_met_shallower_yields_to_a_deeper_success(state: State) -> None:
    """A canary refused for a used-up quota does not undo a video that was made within its probe's freshness."""
    state.record(result(ErrorClass.NONE, GENERATE))
    state.record(result(ErrorClass.QUOTA_EXHAUSTED, CANARY))
    assert seen(state) == (Status.OPERATIONAL, ErrorClass.NONE)


@pytest.mark.parametrize("catalog_first", [True, False])
@pytest.mark.parametrize(
    ("refused_by", "error_class"), [("", ErrorClass.UNAVAILABLE), ("gateway", ErrorClass.AUTHENTICATION)]
)
def test_a_key_refused_behind_a_catalog_that_took_ours_is_the_relays(
    state: State, catalog_first: bool, refused_by: RefusedBy, error_class: ErrorClass
) -> None:
    """In either order, unless the relay refused by its own rules: a catalog may be open to everyone."""
    attempts = [result(probe=CATALOG), result(ErrorClass.AUTHENTICATION, CANARY, refused_by=refused_by)]
    for attempt in attempts if catalog_first else reversed(attempts):
        state.record(attempt)
    decided_by = state.status_of("alpha").decided_by
    assert seen(state) == (error_class.status, error_class)
    assert (decided_by is not None and decided_by.rule == WHOSE_KEY) is (error_class is ErrorClass.UNAVAILABLE)


def test_a_key_that_the_catalog_refuses_too_is_ours(state: State) -> None:
    """Without a catalog that accepts the key, a refusal means our own."""
    state.record(result(ErrorClass.AUTHENTICATION, CATALOG))
    state.record(result(ErrorClass.AUTHENTICATION, CANARY))
    assert seen(state) == (Status.UNKNOWN, ErrorClass.AUTHENTICATION)


async def test_a_depth_proves_all_shallower_ones(state: State, clock: HandClock) -> None:
    """Each depth keeps when it was last proven; the deepest fresh one is the proof, until it is too old."""
    track = state.services["alpha"]
    state.record(result(probe=CANARY, depth=Depth.ROUTED, duration_seconds=1.0))
    state.record(result(probe=CATALOG, depth=Depth.OFFERED, started_at=NOW + 60, duration_seconds=1.0))
    assert track.proven == {
        Depth.REACHABLE: NOW + 61, Depth.AUTHENTICATED: NOW + 61, Depth.OFFERED: NOW + 61, Depth.ROUTED: NOW + 1,
    }  # fmt: skip
    assert (track.proof and track.proof.probe) == CANARY
    await clock.advance(2.5 * track.probes[CANARY].interval + 1)
    state.status_of("alpha")
    assert track.proof is None


def test_sunset_announced_by_an_answer(state: State) -> None:
    """A date that an answer announced is remembered, and "not found" after it means retired."""
    state.record(result(sunset_at=NOW + 10))
    state.record(result(ErrorClass.MODEL_NOT_FOUND, started_at=NOW + 9))
    assert seen(state)[0] is Status.SUSPENDED
    state.record(result(ErrorClass.MODEL_NOT_FOUND, rule="404", started_at=NOW + 10))
    decided_by = state.status_of("alpha").decided_by
    assert seen(state) == (Status.RETIRED, ErrorClass.MODEL_RETIRED)
    assert (state.services["alpha"].sunset_at, decided_by and decided_by.rule) == (NOW + 10, "404+sunset")


def test_a_past_sunset_is_forgotten_once_answers_stop_announcing_it(state: State) -> None:
    """One forged answer with a past date retires nothing for good; a date announced ahead outlasts "not found"."""
    state.record(result(ErrorClass.MODEL_NOT_FOUND, sunset_at=NOW - 10, http_status=404))
    assert seen(state)[0] is Status.RETIRED
    state.record(result(ErrorClass.UNAVAILABLE, CANARY, http_status=503))
    assert state.services["alpha"].sunset_at == NOW - 10
    state.record(result(ErrorClass.MODEL_NOT_FOUND, http_status=404))
    assert (seen(state)[0], state.services["alpha"].sunset_at) == (Status.SUSPENDED, None)
    state.record(result(sunset_at=NOW + 10))
    state.record(result(ErrorClass.MODEL_NOT_FOUND, http_status=404, started_at=NOW + 20))
    assert seen(state)[0] is Status.RETIRED
    state.record(result(http_status=200, started_at=NOW + 30))
    assert state.services["alpha"].sunset_at is None


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
    """After the sunset HTTP 404 to a create request means that the model is retired; to a poll or a list not."""
    state = state_of(clock, config(service(sunset="2026-01-20", probes=DEEP)))
    state.record(result(error_class, CANARY, http_status=http_status, request=request_line))
    assert seen(state)[1] is expected


def test_configured_sunset_wins(clock: HandClock) -> None:
    """The date in the configuration wins over any date in an answer."""
    state = state_of(clock, config(service(sunset="2026-09-24")))
    state.record(result(sunset_at=NOW))
    assert state.services["alpha"].sunset_at == 1_790_208_000.0


def test_reload_keeps_unchanged_evidence(state: State) -> None:
    """Another name, price or interval keeps counters and evidence; a removed probe takes its own along."""
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


async def test_an_obstacle_lasts_as_long_as_it_is_fresh(state: State, clock: HandClock) -> None:
    """An empty balance beside a good catalog makes the route unusable to us, and is forgotten when too old."""
    state.record(result())
    state.record(result(ErrorClass.QUOTA_EXHAUSTED, CANARY))
    track = state.services["alpha"]
    assert (state.status_of("alpha").status, [each.probe for each in track.obstacles]) == (Status.UNKNOWN, [CANARY])
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
    """The status is the most severe one shown, so that a worse answer never makes it better; our own faults aside."""

    def status(said: dict[ProbeKind, ErrorClass]) -> Status:
        state = state_of(HandClock(), config(service(probes=DEEP)))
        for kind, error_class in said.items():
            state.record(result(error_class, kind))
        return seen(state)[0]

    own = {ErrorClass.AUTHENTICATION, ErrorClass.PERMISSION, ErrorClass.QUOTA_EXHAUSTED, ErrorClass.INVALID_REQUEST}
    assume(not own & {worse, *found.values()})
    shown = status(found)
    assert SEVERITY[shown] == max((SEVERITY[error_class.status] for error_class in found.values()), default=0)
    if SEVERITY[worse.status] >= SEVERITY[found.get(probe, ErrorClass.NOT_PROBED).status]:
        assert SEVERITY[status({**found, probe: worse})] >= SEVERITY[shown]


# -- planned maintenance --


async def test_planned_maintenance_begins_and_ends_by_itself(clock: HandClock) -> None:
    """In the window the status is maintenance from its first second to its last, with any result of the probes."""
    start = datetime.fromtimestamp(clock.now() + 600, UTC).isoformat()
    end = datetime.fromtimestamp(clock.now() + 1200, UTC).isoformat()
    planned = [{"services": ["alpha"], "from": start, "until": end, "why": "new contract"}]
    document = config(service(probes=DEEP), service("beta", probes=DEEP)).model_dump(mode="json", by_alias=True)
    changes: list[tuple[str, Status, float]] = []
    state = State(clock, lambda service_id, _, after: changes.append((service_id, after.status, after.since)))
    state.configure(Config.model_validate({**document, "maintenance": planned}))
    began = clock.now()
    for minute in range(22):
        state.record(result(ErrorClass.SERVER_ERROR if minute >= 12 else ErrorClass.NONE, started_at=clock.now()))
        if minute == 15:
            assert seen(state) == (Status.MAINTENANCE, ErrorClass.MAINTENANCE)
            assert (state.status_of("alpha").rule, state.status_of("alpha").detail) == ("planned", "new contract")
            assert state.status_of("alpha").up == 0.0
        await clock.advance(60)
    state.status_of("alpha")
    assert [(status, round(since - began)) for service_id, status, since in changes if service_id == "alpha"] == [
        (Status.OPERATIONAL, 0), (Status.MAINTENANCE, 600), (Status.DEGRADED, 1200)
    ]  # fmt: skip
    assert "beta" not in {service_id for service_id, _, _ in changes}


def test_a_retired_service_stays_retired_in_maintenance(clock: HandClock) -> None:
    """The end of a model is said also while work is planned."""
    document = config(service(probes=DEEP)).model_dump(mode="json", by_alias=True)
    planned = [{"from": "2020-01-01T00:00Z", "until": "2040-01-01T00:00Z"}]
    state = State(clock)
    state.configure(Config.model_validate({**document, "maintenance": planned}))
    assert seen(state)[0] is Status.MAINTENANCE
    state.record(result(ErrorClass.MODEL_RETIRED))
    assert seen(state)[0] is Status.RETIRED
