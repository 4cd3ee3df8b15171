"""The facts of an official page, and the problems of its documents on one line."""

from __future__ import annotations

from sora_exporter.status_pages.facts import COMPONENT_SEVERITY, IMPACT_OF, ComponentStatus, one_line


def test_problems_are_one_line_with_each_reason_once() -> None:
    """Documents with the same problem are named together, in the order in which they were read."""
    problems = {"a.json": "empty body", "b.json": "not JSON", "c.json": "empty body"}
    assert one_line(problems) == "a.json, c.json: empty body; b.json: not JSON"
    assert one_line({}) == ""


def test_every_status_has_a_rank_and_an_impact() -> None:
    """The tables cover the closed set, and no two statuses have the same rank."""
    assert set(COMPONENT_SEVERITY) == set(IMPACT_OF) == set(ComponentStatus)
    assert len(set(COMPONENT_SEVERITY.values())) == len(ComponentStatus)
