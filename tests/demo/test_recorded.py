"""A history as the recording rules would have recorded it."""

from __future__ import annotations

import pytest
import yaml
from support.programs.launch import RULES
from support.stories import END, story

from sora_exporter.demo.article import ARTICLE
from sora_exporter.demo.history import ServiceHistory, invent_history
from sora_exporter.demo.recorded import closing_of, heartbeat, recorded_series
from sora_exporter.result import ErrorClass


def test_recorded_episodes_pass_over_silence() -> None:
    """An episode with silence in its middle begins once."""
    minutes = [ErrorClass.NONE, ErrorClass.CAPTCHA, ErrorClass.INTERNAL, ErrorClass.RATE_LIMITED, ErrorClass.NONE]
    history = ServiceHistory(ARTICLE[0], END, minutes, [1.0] * 5)
    starts = next(one for one in recorded_series(history) if one.name.endswith("risk_control_start:bool"))
    assert list(starts.times) == [END - 180]
    assert history.episodes == 1


def test_every_series_loaded_as_recorded_is_recorded_by_a_rule() -> None:
    """The demo invents no recorded series: each has the name of a shipped rule's."""
    groups = yaml.safe_load((RULES / "sora-recording.rules.yml").read_text("utf-8"))["groups"]
    recorded = {rule["record"] for group in groups for rule in group["rules"]}
    history = invent_history(story("sora-2-official"), END, days=2)
    loaded = {one.name for one in (heartbeat(history), *recorded_series(history))}
    assert len(loaded) > 10
    assert loaded - recorded == set()


@pytest.mark.parametrize(("time", "closing"), [(0, 0), (1, 3600), (3600, 3600), (3601, 7200)])
def test_a_moment_belongs_to_the_hour_that_closes_after_it(time: int, closing: int) -> None:
    """A full hour belongs to its own snapshot."""
    assert closing_of(time) == closing


def test_windows_agree_with_the_history() -> None:
    """At its end availability, coverage and episodes over all of it are those of the history itself."""
    history = invent_history(story("sora-2-pro-reverse"), END, days=6)
    last = {one.name.removeprefix("service_id:sora_service_"): one.values[-1] for one in recorded_series(history)
            if one.values}  # fmt: skip
    assert last["availability:ratio30d"] == pytest.approx(history.availability, abs=1e-3)
    assert last["coverage:ratio30d"] == pytest.approx(history.evidence_minutes / (30 * 24 * 60), abs=1e-3)
    assert last["risk_control_episodes:sum30d"] == history.episodes
    assert last["risk_control_hours:sum30d"] == pytest.approx(history.risk_control_hours, abs=0.5)
    price = history.service.price_usd / history.availability
    assert last["price_usd_per_success:ratio30d"] == pytest.approx(price, rel=1e-3)
