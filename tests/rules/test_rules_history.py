"""The article's stability table out of raw samples: a month of history, evaluated by a real Prometheus."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from support.programs.backfill import EXPRESSIONS, history_engine, record
from support.programs.launch import Prometheus

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.demo.article import ARTICLE
from sora_exporter.demo.history import ServiceHistory, invent_history
from sora_exporter.demo.series import Series, raw_series
from sora_exporter.demo.tsdb import TARGET, load_history
from sora_exporter.result import ErrorClass, Status

pytestmark = pytest.mark.programs

END = 1793491140
"""A minute before 2026-11-01 00:00 UTC, so that thirty days of minutes are 720 full hours but for the last minute."""
PREFIX = "service_id:sora_service_"
READ = (
    *("sora_service_error", "sora_service_up", "sora_service_status_since_timestamp_seconds"),
    "sora_service_response_time_seconds",
)
MINUTES = ("evidence:bool", "available:bool", "served:ratio", "risk_control_start:bool")
HOURS = ("evidence:hourly", "available:hourly", "risk_control:hourly", "response_time_seconds:hourly_count")
ENDED = END + 60
STORED = re.compile(r":(hourly\w*|bool)$")
CALM = 3 * 3600
STARS = {"sora-2-official": 5, "sora-2-reverse": 3, "sora-2-pro-official": 5, "sora-2-pro-reverse": 2}


def load_raw(data: Path, histories: list[ServiceHistory]) -> None:
    """Put what the exporter would have exported into ``data``, as far as the rules read it."""
    raw = (series for history in histories for series in raw_series(history, TARGET) if series.name in READ)
    tried = (series for history in histories for series in attempts(history))
    load_history(data, [*raw, *tried], histories[0].start, histories[0].end)


def attempts(history: ServiceHistory) -> Iterator[Series]:
    """Yield the attempts of a probe that runs every minute, of which the demo loads only a part."""
    labels = {**TARGET, "service_id": history.service.id, "probe": "canary"}
    successes = [int(error_class in (ErrorClass.NONE, ErrorClass.SLOW)) for error_class in history.minutes]
    yield Series("sora_probe_success", labels, history.times, successes)
    yield Series("sora_probe_last_attempt_timestamp_seconds", labels, history.times, history.times)


@pytest.fixture(scope="module")
def histories(request: pytest.FixtureRequest) -> list[ServiceHistory]:
    """The month of the article's four services; in the short form a week of one with episodes and silence."""
    chosen, days = (STARS, 30) if request.config.getoption("long") else (("sora-2-pro-reverse",), 7)
    return [invent_history(story, ENDED, days=days) for story in ARTICLE if story.id in chosen]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, histories: list[ServiceHistory]) -> Iterator[Prometheus]:
    """A Prometheus with the raw month and everything up to the hourly snapshots recorded by the rules from it."""
    data = tmp_path_factory.mktemp("month") / "data"
    data.mkdir()
    load_raw(data, histories)
    record(data, [PREFIX + name for name in (*MINUTES, *HOURS)], [(histories[0].start, ENDED)])
    with history_engine(data) as running:
        yield running


def read(engine: Prometheus, name: str) -> dict[str, float]:
    """Return what a rule of the long group says at the end of the month, by service, its inner rules written out."""
    expression = name
    while inner := [found for found in re.findall(r"[a-z_]+:\w+:\w+", expression) if not STORED.search(found)]:
        expression = expression.replace(inner[0], f"({EXPRESSIONS[inner[0]]})")
    return {sample.labels["service_id"]: sample.value for sample in engine.query(expression, at=ENDED + 1)}


def test_availability_is_reproduced(engine: Prometheus, histories: list[ServiceHistory]) -> None:
    """The table's availability comes out of raw samples within 0.15 percentage points."""
    measured = read(engine, PREFIX + "availability:ratio30d")
    published = {story.id: story.availability for story in ARTICLE}
    for history in histories:
        service = history.service.id
        assert measured[service] == pytest.approx(history.availability, abs=0.001)
        assert abs(measured[service] - published[service]) < 0.0015


def test_episodes_and_hours_follow_the_history(engine: Prometheus, histories: list[ServiceHistory]) -> None:
    """Incidents of risk control less than three hours apart are one episode, whose hours count whole."""
    episodes = read(engine, PREFIX + "risk_control_episodes:sum30d")
    hours = read(engine, PREFIX + "risk_control_hours:sum30d")
    for history in histories:
        service = history.service.id
        times = [
            time
            for time, error_class in zip(history.times, history.minutes, strict=True)
            if error_class.status is Status.RISK_CONTROL
        ]
        pauses = [later - earlier for earlier, later in pairwise(times)]
        whole = sum(pause for pause in pauses if pause < CALM) / 3600
        assert episodes[service] == (1 + sum(pause >= CALM for pause in pauses) if times else 0)
        assert hours[service] == pytest.approx(whole, abs=0.1 * whole + 0.1)
    assert sum(episodes.values()) > 2


def test_stars_are_those_of_the_article(engine: Prometheus, histories: list[ServiceHistory]) -> None:
    """The stars of the article's table come out."""
    expected = {history.service.id: STARS[history.service.id] for history in histories}
    assert read(engine, PREFIX + "stability:stars") == expected


def test_coverage_shows_the_silent_minutes(engine: Prometheus, histories: list[ServiceHistory]) -> None:
    """Coverage is the share of observed minutes among those of thirty days."""
    measured = read(engine, PREFIX + "coverage:ratio30d")
    minutes = 30 * DAY_SECONDS / 60
    assert measured == pytest.approx({history.service.id: history.evidence_minutes / minutes for history in histories})


def test_series_are_the_same_on_every_run() -> None:
    """The same seed gives the same samples, another seed others."""

    def samples(seed: int) -> list[Series]:
        return list(raw_series(invent_history(ARTICLE[1], END, days=3, seed=seed), TARGET))

    assert samples(1) == samples(1) != samples(2)
