"""One fault is one notification: no second alert repeats what the first has already reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.alert_stories import Story, check, firings, minutes, promtool_test, scrapes
from support.choice import Choice
from support.programs.rule_cases import needed_groups

pytestmark = pytest.mark.programs


def fired(alert: str) -> str:
    """Return the query for the number of evaluations at which an alert has fired so far."""
    return f"sum(count_over_time({firings(alert)}[1d]))"


def test_an_outage_is_a_ticket_and_only_after_an_hour_a_page(tmp_path: Path, short_or_long: Choice) -> None:
    """A degraded service pages after an hour but not after twelve minutes, and neither counts as many small faults."""
    hours = short_or_long(80, 360)
    story = Story(minutes((20, "none"), (12, "overloaded"), (20, "none"), (hours, "overloaded"), (24, "none")))
    end = len(story.classes) - 2
    check(
        tmp_path,
        [*story.series(), *scrapes(*[1] * len(story.classes))],
        [
            (26, f"count({firings('SoraServiceDegraded')})", 1),
            (106, fired("SoraErrorBudgetBurnFast"), None),
            (118, f"count({firings('SoraErrorBudgetBurnFast')})", 1),
            (end, f"count({firings('SoraErrorBudgetBurnFast')})", None),
            (end, fired("SoraErrorBudgetBurnSlow"), None),
        ],
        "2m",
    )


def test_risk_control_between_two_full_minutes_is_an_episode(tmp_path: Path) -> None:
    """Risk control that is confirmed after one full minute and over before the next begins an episode all the same."""
    observed = "service_id:sora_service_observed_severity:last"
    begun = "sum(service_id:sora_service_risk_control_start:bool)"
    expected = {"expr": begun, "eval_time": "3m", "exp_samples": [{"labels": "{}", "value": 1}]}
    # Every 20 s: seen at 2:20 alone.
    history = {f'{observed}{{service_id="alpha"}}': "0x6 2 0x5"}
    promtool_test(
        tmp_path, needed_groups([begun], {observed}), history, {"promql_expr_test": [expected]}, interval="20s"
    )
