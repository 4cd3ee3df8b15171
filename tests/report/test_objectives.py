"""Objectives: kept or missed over the observed time, and the error budget left."""

from __future__ import annotations

import pytest
from support.invented import figures, findings, service

from sora_exporter.report.objectives import statements


def test_an_objective_is_stated_over_the_observed_time() -> None:
    """Allowed and spent downtime are of the observed time, and the budget left is the unspent share."""
    (kept,) = statements(findings(service(found=figures(0.9995), objective=0.999, coverage=0.5)))
    assert (kept.is_kept, kept.objective) == (True, 0.999)
    assert kept.allowed_seconds == pytest.approx(302.4)
    assert kept.spent_seconds == pytest.approx(151.2)
    assert kept.budget_left == pytest.approx(0.5)


def test_an_objective_just_reached_is_kept_and_just_missed_is_not() -> None:
    """Exactly the objective is kept; the least below it is not."""
    found = [service(found=figures(availability), objective=0.999) for availability in (0.999, 0.998999)]
    assert [statement.is_kept for statement in statements(findings(*found))] == [True, False]


def test_no_statement_without_evidence() -> None:
    """With too little record nothing is said about the objective, and without an objective there is no statement."""
    (unseen,) = statements(findings(service(objective=0.999, coverage=0.1), service("beta", found=figures())))
    assert (unseen.is_kept, unseen.allowed_seconds, unseen.spent_seconds, unseen.budget_left) == (None,) * 4
