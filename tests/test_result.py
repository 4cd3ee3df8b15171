"""The closed sets: statuses, error classes, probes and depths, and how they belong together."""

from __future__ import annotations

import pytest
from support.watched import result

from sora_exporter.result import (
    SEVERITY,
    STATUS_OF,
    SUCCESSES,
    Charge,
    Depth,
    ErrorClass,
    ProbeKind,
    Status,
    Verdict,
    is_success,
    shared,
)


def test_every_error_class_belongs_to_one_status() -> None:
    """The table is complete, and every status but none has a class."""
    assert set(STATUS_OF) == set(ErrorClass)
    assert {error_class.status for error_class in ErrorClass} == set(Status)
    assert Verdict(ErrorClass.DNS, "r").status is Status.SUSPENDED


def test_unknown_is_less_severe_than_any_evidence() -> None:
    """Ranks are distinct, an operational service ranks above an unknown one, and a retired one highest."""
    assert len(set(SEVERITY.values())) == len(Status)
    ranked = sorted(Status, key=SEVERITY.__getitem__)
    assert (ranked[0], ranked[1], ranked[-1]) == (Status.UNKNOWN, Status.OPERATIONAL, Status.RETIRED)


def test_only_the_last_two_probes_are_paid() -> None:
    """The cheapest probe comes first: a free one, one that must be refused, and two that cost money."""
    assert [kind.charge for kind in ProbeKind] == [Charge.FREE, Charge.SURPRISE, Charge.PAID, Charge.PAID]
    assert [kind for kind in ProbeKind if kind.is_paid] == [ProbeKind.SUBMIT, ProbeKind.GENERATE]


def test_depths_are_ordered() -> None:
    """The ranks follow the order in which an attempt gets deeper."""
    assert [depth.rank for depth in Depth] == list(range(len(Depth)))
    assert Depth.REACHABLE.rank < Depth.ROUTED.rank < Depth.DELIVERED.rank


@pytest.mark.parametrize("error_class", ErrorClass)
def test_a_slow_attempt_is_a_success(error_class: ErrorClass) -> None:
    """Only a good answer and a slow one count as success."""
    assert result(error_class).is_success is (error_class in SUCCESSES) is (error_class.value in ("none", "slow"))


@pytest.mark.parametrize(
    ("status", "success"), [(None, False), (199, False), (200, True), (299, True), (300, False), (500, False)]
)
def test_success_is_an_answer_with_2xx(status: int | None, success: bool) -> None:
    """No answer, an interim one, a redirect and a refusal are not a success."""
    assert is_success(status) is success


def test_equal_texts_are_shared() -> None:
    """A text that repeats is held once."""
    texts = ["".join(["no ", "channel"]) for _ in range(2)]
    assert texts[0] is not texts[1]
    assert shared(texts[0]) is shared(texts[1])
