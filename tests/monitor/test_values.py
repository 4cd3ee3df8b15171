"""Services and their changes as a program sees them."""

from __future__ import annotations

import pytest
from support.clock import HandClock
from support.watched import DEEP, NOW, config, result, seen, service, state_of

from sora_exporter.evidence.state import State
from sora_exporter.monitor.values import Change, change_of, view_of
from sora_exporter.result import Depth, ErrorClass, ProbeKind, Status


@pytest.fixture
def state(clock: HandClock) -> State:
    """The memory of one service of which nothing is known yet."""
    return state_of(clock, config(service(probes=DEEP)))


def test_a_service_without_evidence_is_unknown(state: State) -> None:
    """Before any attempt a service is unknown, not usable, and no depth is proven."""
    view = view_of(state, "alpha")
    assert (view.status, view.is_usable, view.depth, view.response_seconds) == (Status.UNKNOWN, False, None, None)
    assert str(view).startswith("alpha: unknown")


@pytest.mark.parametrize(
    ("error_class", "is_usable"),
    [(ErrorClass.NONE, True), (ErrorClass.SLOW, True), (ErrorClass.OVERLOADED, False), (ErrorClass.MAINTENANCE, False)],
)
def test_a_slow_service_is_usable(state: State, error_class: ErrorClass, is_usable: bool) -> None:
    """A service that gives videos slowly is usable; one that is degraded by a fault is not."""
    state.record(result(error_class, ProbeKind.CANARY, depth=Depth.ROUTED, response_seconds=0.25))
    view = view_of(state, "alpha")
    assert (view.is_usable, view.error_class) == (is_usable, error_class)
    assert bool(view.reason) is (error_class is not ErrorClass.NONE)


def test_a_change_is_one_line(state: State) -> None:
    """A change has both statuses, the reason and the depth of the attempt that decided, and reads as a sentence."""
    before = state.status_of("alpha")
    state.record(result(ErrorClass.UNAVAILABLE, ProbeKind.CANARY, depth=Depth.OFFERED, detail="no channel"))
    change = change_of("alpha", before, state.status_of("alpha"))
    assert (change.old, change.new) == (Status.UNKNOWN, seen(state)[0])
    assert (change.error_class, change.depth) == (ErrorClass.UNAVAILABLE, Depth.OFFERED)
    assert str(change) == f"alpha: unknown -> suspended ({change.reason})"


def test_a_change_without_a_reason_has_no_parentheses() -> None:
    """A service that recovers has nothing to explain."""
    change = Change("alpha", Status.SUSPENDED, Status.OPERATIONAL, ErrorClass.NONE, "", None, NOW)
    assert str(change) == "alpha: suspended -> operational"
