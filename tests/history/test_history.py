"""The history of the pages: what is read, and what stays when Prometheus is away."""

from __future__ import annotations

import pytest
from support.clock import HandClock
from support.scripted_prometheus import DAY, ScriptedPrometheus

from sora_exporter.history.keeper import INTERVAL_SECONDS, RETRY_SECONDS, History
from sora_exporter.history.prometheus import Access
from sora_exporter.history.read import read_history
from sora_exporter.history.service import DAYS

MIDNIGHT = 1_769_558_400
"""2026-01-28 00:00 UTC, where the clock of the tests begins."""
NOW = MIDNIGHT + DAY // 2


def scripted() -> ScriptedPrometheus:
    """Two whole days on record, the second one with a fault, and twelve good hours of today."""
    return ScriptedPrometheus(
        {
            "ratio24h": {"alpha": 0.99},
            "ratio30d": {"alpha": 0.95, "beta": 1.0},
            "stars": {"alpha": 4.0},
            "episodes": {"alpha": 3.0},
            "control_hours": {"alpha": 7.5},
            "available:hourly": {"alpha": 720.0},
            "evidence:hourly": {"alpha": 720.0},
        },
        {
            "available:hourly": {MIDNIGHT - DAY: 1440.0, MIDNIGHT: 720.0},
            "evidence:hourly": {MIDNIGHT - DAY: 1440.0, MIDNIGHT: 1440.0},
        },
    )


async def test_days_and_figures_come_from_the_recorded_series() -> None:
    """Each UTC day has its availability and its observed share; days without a record have none."""
    alpha = (await read_history(scripted(), NOW))["alpha"]
    assert len(alpha.days) == DAYS
    assert [day.start for day in alpha.days] == list(range(MIDNIGHT - (DAYS - 1) * DAY, NOW, DAY))
    assert [(day.availability, day.coverage) for day in alpha.days[-4:]] == [
        (None, 0.0), (1.0, 1.0), (0.5, 1.0), (1.0, 1.0)
    ]  # fmt: skip
    assert dict(alpha.availability) == {"24h": 0.99, "30d": 0.95}
    assert (alpha.stars, alpha.episodes, alpha.hours) == (4, 3, 7.5)


async def test_a_service_with_a_part_of_the_record_has_that_part() -> None:
    """Figures that are not recorded are absent, and nothing else."""
    beta = (await read_history(scripted(), NOW))["beta"]
    assert dict(beta.availability) == {"30d": 1.0}
    assert (beta.stars, beta.episodes, {day.availability for day in beta.days}) == (None, None, {None})


async def test_just_after_midnight_today_has_no_evidence() -> None:
    """In the first seconds of a day nothing is divided by zero."""
    days = (await read_history(scripted(), float(MIDNIGHT)))["alpha"].days
    assert (days[-1].start, days[-1].coverage) == (MIDNIGHT, 0.0)


async def test_history_outlasts_a_prometheus_that_is_away(
    clock: HandClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A failed reading keeps the last record, says since when and why, and is tried again soon."""
    caplog.set_level("INFO")
    prometheus, history = scripted(), History(Access("http://prometheus.example"), clock)
    monkeypatch.setattr(history, "_api", prometheus)
    history.start()
    await clock.advance(1)
    assert (set(history.services), history.read_at, history.away_since) == ({"alpha", "beta"}, MIDNIGHT, None)
    prometheus.refusal = "cannot be reached"
    await clock.advance(INTERVAL_SECONDS + 4 * RETRY_SECONDS)
    assert (history.error, history.away_since) == ("cannot be reached", MIDNIGHT + INTERVAL_SECONDS)
    assert set(history.services) == {"alpha", "beta"}
    prometheus.refusal = ""
    await clock.advance(RETRY_SECONDS)
    assert (history.error, history.away_since) == ("", None)
    assert [record.msg for record in caplog.records] == ["history not read", "history read again"]
    await history.stop()


async def test_a_fault_of_ours_does_not_end_the_readings(clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an internal error the next reading still happens."""
    prometheus, history = scripted(), History(Access("http://prometheus.example"), clock)
    monkeypatch.setattr(history, "_api", prometheus)
    with monkeypatch.context() as broken:
        broken.setattr(ScriptedPrometheus, "query", None)
        history.start()
        await clock.advance(1)
        assert "internal error" in history.error
    await clock.advance(RETRY_SECONDS)
    assert history.error == ""
    await history.stop()
