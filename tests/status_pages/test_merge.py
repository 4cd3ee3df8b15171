"""The report on a page with very many incidents."""

from __future__ import annotations

import time

from sora_exporter.status_pages.facts import ComponentStatus, Impact
from sora_exporter.status_pages.merge import MOST_EVENTS, Component, Event, Findings, compose


def seconds(count: int) -> float:
    """Return the processor time for a page of so many incidents, each with the same component under another name."""
    names = [f"Video {number}" for number in range(count)]
    components = [Component("video", name, ComponentStatus.OPERATIONAL) for name in names]
    events = [Event(name, name, Impact.MINOR, True, None, None, "", frozenset({("video", name)})) for name in names]
    started = time.process_time()
    report = compose(Findings(components=components, events=events), ["video"], 0.0, {})
    taken = time.process_time() - started
    assert report.component_incidents == {"video": min(count, MOST_EVENTS)}
    assert report.omitted == max(count - MOST_EVENTS, 0)
    return taken


def test_time_is_linear_in_incidents_of_one_component() -> None:
    """Four times the incidents take about four times as long, and of too many the rest is counted as left out."""
    few, many = (min(seconds(count) for _ in range(3)) for count in (1000, 4000))
    assert many < 12 * few + 0.05
    seconds(4 * MOST_EVENTS)
