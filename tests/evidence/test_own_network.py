"""When failures are attributed to our own network."""

from __future__ import annotations

from typing import Any

import pytest
from support.clock import HandClock
from support.watched import NOW, config, result, seen, service, state_of

from sora_exporter.evidence.state import State
from sora_exporter.result import ErrorClass, ProbeKind, Status

CATALOG, CANARY, SUBMIT, GENERATE = ProbeKind


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


async def test_a_loss_is_never_held_against_a_service(clock: HandClock) -> None:
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
    assert [list(track.marks)[-1].error_class, track.failed[-1].error_class] == [ErrorClass.LOCAL_NETWORK] * 2
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
def test_a_fault_that_is_certainly_ours_needs_no_second_witness(
    state: State, excerpt: str, error_class: ErrorClass
) -> None:  # fmt: skip
    """Without a route or a resolver a single provider is not blamed; if any address refused us, it is."""
    state.record(result(ErrorClass.CONNECTION, excerpt=excerpt, is_reached=False))
    assert seen(state)[1] is error_class


def test_a_fault_is_not_ours_while_others_are_reached(clock: HandClock) -> None:
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
