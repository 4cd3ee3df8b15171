"""Jobs of the simulated provider: their state follows from the clock."""

from __future__ import annotations

from typing import Any

import pytest

from sora_exporter.simulator.behaviours import read_behaviour
from sora_exporter.simulator.jobs import STALLED_PROGRESS, Job

STARTED = 1000.0


def job(behaviour: str = "operational", render_seconds: float = 100.0, **settings: Any) -> Job:
    """Return a job that was accepted at STARTED."""
    behaves = read_behaviour({"behaviour": behaviour, **settings})
    return Job("j1", "videos", "m", {}, behaves, {"code": "x"}, STARTED, render_seconds, 0.4, "http://s.example")


@pytest.mark.parametrize(
    ("age", "status", "progress"),
    [(0, "queued", 0), (24, "queued", 0), (25, "in_progress", 25), (99.5, "in_progress", 99), (100, "completed", 100)],
)
def test_a_job_waits_then_works_then_is_done(age: float, status: str, progress: int) -> None:
    """A quarter of the time is the queue; the percentage is 100 only for a finished job."""
    now = STARTED + age
    assert (job().status(now), job().progress(now)) == (status, progress)
    assert (job().ended_at(now) is not None) is (status == "completed")


def test_a_job_without_render_time_is_done_at_once() -> None:
    """Nothing is divided by zero."""
    instant = job(render_seconds=0.0)
    assert (instant.status(STARTED), instant.progress(STARTED), instant.ended_at(STARTED)) == ("completed", 100, 1000)


def test_a_cancelled_job_stays_cancelled() -> None:
    """A cancelled job is neither done nor at work, at any age."""
    cancelled = job()
    cancelled.is_cancelled = True
    assert {cancelled.status(STARTED + age) for age in (0, 50, 500)} == {"cancelled"}
    assert cancelled.progress(STARTED + 500) == 0


@pytest.mark.parametrize(("behaviour", "status"), [("generation_timeout", "in_progress"), ("stuck_in_queue", "queued")])
def test_a_job_can_hang(behaviour: str, status: str) -> None:
    """A stalled job stays below 100 %, a queued one at 0, however long it takes."""
    hanging = job(behaviour)
    assert hanging.status(STARTED + 1e6) == status
    assert hanging.progress(STARTED + 1e6) == (STALLED_PROGRESS if status == "in_progress" else 0)
    assert hanging.ended_at(STARTED + 1e6) is None
