"""The history that is kept: what stays when Prometheus is away."""

from __future__ import annotations

import pytest
from support.clock import MIDNIGHT, HandClock
from support.scripted_prometheus import ScriptedPrometheus, two_days_on_record

from sora_exporter.history.keeper import INTERVAL_SECONDS, RETRY_SECONDS, History
from sora_exporter.history.prometheus import Access


async def test_history_outlasts_a_prometheus_that_is_away(
    clock: HandClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A failed reading keeps the last record, says since when and why, and is tried again soon."""
    caplog.set_level("INFO")
    prometheus, history = two_days_on_record(), History(Access("http://prometheus.example"), clock)
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
    prometheus, history = two_days_on_record(), History(Access("http://prometheus.example"), clock)
    monkeypatch.setattr(history, "_api", prometheus)
    with monkeypatch.context() as broken:
        broken.setattr(ScriptedPrometheus, "query", None)
        history.start()
        await clock.advance(1)
        assert "internal error" in history.error
    await clock.advance(RETRY_SECONDS)
    assert history.error == ""
    await history.stop()
