"""The invented history: it goes as its story says, and is the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from support.programs.launch import RULES

from sora_exporter.config import load_config
from sora_exporter.demo.article import ARTICLE
from sora_exporter.demo.history import ServiceHistory, ServiceStory, invent_history, is_evidence
from sora_exporter.demo.recorded import heartbeat, recorded_series
from sora_exporter.demo.series import raw_series
from sora_exporter.demo.tsdb import TARGET, LoadError, load_history
from sora_exporter.result import ErrorClass, Status

END = 1793491200


def story(name: str) -> ServiceStory:
    """Return one of the article's services."""
    return next(one for one in ARTICLE if one.id == name)


@pytest.mark.parametrize("service", ARTICLE, ids=lambda service: service.id)
def test_a_history_reaches_its_availability_to_the_minute(service: ServiceStory) -> None:
    """The availability of the story comes out to within one minute, and so do the silent minutes."""
    history = invent_history(service, END)
    assert len(history.minutes) == 30 * 24 * 60
    assert history.availability == pytest.approx(service.availability, abs=1 / history.evidence_minutes)
    assert len(history.minutes) - history.evidence_minutes == service.unknown_minutes
    assert history.episodes == service.episodes


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("service", ["sora-2-reverse", "sora-2-pro-reverse"])
def test_reverse_services_have_one_to_three_episodes_a_week(service: str, seed: int) -> None:
    """Risk control comes as often as the article says, in every full week."""
    history = invent_history(story(service), END, days=28, seed=seed)
    week = 7 * 24 * 60
    known = [c if is_evidence(c) else None for c in history.minutes]
    starts: list[int] = []
    before: ErrorClass | None = ErrorClass.NONE
    for minute, now in enumerate(known):
        if now is not None:
            if now.status is Status.RISK_CONTROL and before is not None and before.status is not Status.RISK_CONTROL:
                starts.append(minute)
            before = now
    counts = [sum(number * week <= start < (number + 1) * week for start in starts) for number in range(4)]
    assert all(1 <= count <= 4 for count in counts)
    assert 1 <= sum(counts) / 4 <= 3


def test_the_same_seed_gives_the_same_history() -> None:
    """A history depends on nothing but its arguments."""
    first, again, other = (invent_history(story("sora-2-reverse"), END, days=5, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.minutes != other.minutes


def test_incidents_are_the_minutes_that_were_not_operational() -> None:
    """Incidents cover exactly the minutes that were not operational, in order and without overlap."""
    history = invent_history(story("sora-2-pro-reverse"), END, days=10)
    covered = [time for one in history.incidents for time in range(one.start, one.end, 60)]
    assert covered == [t for t, c in zip(history.times, history.minutes, strict=True) if c is not ErrorClass.NONE]


def test_too_much_for_too_short_a_time_is_refused() -> None:
    """A story that does not fit into its days is an error."""
    wild = ServiceStory("a", "A", "p", "reverse", "acme", "m", "chat", availability=0.01, episodes=30,
                        risk_control_share=1.0)  # fmt: skip
    with pytest.raises(ValueError, match="minutes are too short"):
        invent_history(wild, END, days=1)


def test_silence_leaves_no_availability_behind() -> None:
    """In a silent minute the status is unknown and sora_service_up and the response time have no sample."""
    history = ServiceHistory(ARTICLE[0], END, [ErrorClass.NONE, ErrorClass.QUOTA_EXHAUSTED, ErrorClass.SLOW], [1.0] * 3)
    series = {one.name: one for one in raw_series(history, TARGET)}
    assert list(series["sora_service_up"].times) == [END - 120, END]
    assert list(series["sora_service_up"].values) == [1, 1]
    assert list(series["sora_service_response_time_seconds"].times) == [END - 120, END]


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


def test_stories_are_the_services_of_the_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    """The article's stories are about the built-in services, with their names, products, prices and objectives."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    catalog = {service.id: service for service in load_config(None).services}
    assert catalog.keys() == {one.id for one in ARTICLE}
    for one in ARTICLE:
        service = catalog[one.id]
        for field in ("name", "product", "access", "provider", "model", "api"):
            assert getattr(one, field) == getattr(service, field)
        assert 100 * (one.objective or 0) == pytest.approx(service.objective or 0)
        assert service.price_usd is not None
        assert one.price_usd == getattr(service.price_usd, f"per_{one.price_unit}")


def test_a_missing_promtool_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    """Without promtool the error says what to install."""
    with pytest.raises(LoadError, match="not installed"):
        load_history(tmp_path, [], END - 60, END, promtool="no-such-promtool")
