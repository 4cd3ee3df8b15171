"""The article's stability table out of raw samples: a month of history, evaluated by a real Prometheus."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.programs.backfill import EXPRESSIONS, history_engine, record
from support.programs.launch import Prometheus

from sora_exporter.demo.article import ARTICLE
from sora_exporter.demo.history import ServiceHistory, ServiceStory, invent_history
from sora_exporter.demo.recorded import recorded_series
from sora_exporter.demo.series import Series, raw_series
from sora_exporter.demo.tsdb import TARGET, load_history
from sora_exporter.result import ErrorClass

pytestmark = pytest.mark.programs

END = 1793491140
"""A minute before 2026-11-01 00:00 UTC, so that thirty days of minutes are 720 full hours but for the last minute."""
PREFIX = "service_id:sora_service_"
READ = ("sora_service_status", "sora_service_up", "sora_service_response_time_seconds")
MINUTES = ("evidence:bool", "available:bool", "risk_control:bool", "risk_control_start:bool")
HOURS = ("evidence:hourly", "available:hourly", "risk_control:hourly", "response_time_seconds:hourly_count")
ENDED = END + 60
STORED = re.compile(r":(hourly\w*|bool)$")
STARS = {"sora-2-official": 5, "sora-2-reverse": 3, "sora-2-pro-official": 5, "sora-2-pro-reverse": 2}


def load_raw(data: Path, histories: list[ServiceHistory]) -> None:
    """Put what the exporter would have exported into ``data``, as far as the rules read it."""
    raw = (series for history in histories for series in raw_series(history, TARGET) if series.name in READ)
    load_history(data, raw, histories[0].start, histories[0].end)


@pytest.fixture(scope="module")
def histories() -> list[ServiceHistory]:
    """The month of the four services of the article's table."""
    return [invent_history(story, ENDED) for story in ARTICLE if story.id in STARS]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, histories: list[ServiceHistory]) -> Iterator[Prometheus]:
    """A Prometheus with the raw month and everything up to the hourly snapshots recorded by the rules from it."""
    data = tmp_path_factory.mktemp("month") / "data"
    data.mkdir()
    load_raw(data, histories)
    record(data, [PREFIX + name for name in (*MINUTES, *HOURS)], [(histories[0].start, ENDED)])
    with history_engine(data) as running:
        yield running


@pytest.fixture(scope="module")
def invented_records(histories: list[ServiceHistory]) -> list[Series]:
    """What the demo would load as recorded."""
    return [series for history in histories for series in recorded_series(history)]


def read(engine: Prometheus, name: str) -> dict[str, float]:
    """Return what a rule of the long group says at the end of the month, by service, its inner rules written out."""
    expression = name
    while inner := [found for found in re.findall(r"[a-z_]+:\w+:\w+", expression) if not STORED.search(found)]:
        expression = expression.replace(inner[0], f"({EXPRESSIONS[inner[0]]})")
    return {sample.labels["service_id"]: sample.value for sample in engine.query(expression, at=ENDED + 1)}


def test_availability_is_reproduced(engine: Prometheus, histories: list[ServiceHistory]) -> None:
    """The table's availability comes out of raw samples within 0.05 percentage points."""
    measured = read(engine, PREFIX + "availability:ratio30d")
    told = {story.id: story.availability for story in ARTICLE}
    for history in histories:
        service = history.service.id
        assert measured[service] == pytest.approx(history.availability, abs=1e-9)
        assert abs(measured[service] - told[service]) < 0.0005


def test_episodes_and_hours_are_exact(engine: Prometheus, histories: list[ServiceHistory]) -> None:
    """Every episode of risk control is counted once, an interrupted one too, and every minute of it."""
    episodes = read(engine, PREFIX + "risk_control_episodes:sum30d")
    hours = read(engine, PREFIX + "risk_control_hours:sum30d")
    assert episodes == {history.service.id: history.episodes for history in histories}
    assert hours == pytest.approx({history.service.id: history.risk_control_hours for history in histories})
    assert sum(episodes.values()) > 10


def test_stars_are_those_of_the_article(engine: Prometheus) -> None:
    """The stars of the article's table come out."""
    assert read(engine, PREFIX + "stability:stars") == STARS


def test_coverage_tells_the_silent_minutes(engine: Prometheus, histories: list[ServiceHistory]) -> None:
    """Coverage is the share of observed minutes."""
    measured = read(engine, PREFIX + "coverage:ratio30d")
    assert measured == pytest.approx({history.service.id: history.coverage for history in histories})


@pytest.mark.parametrize("name", [*MINUTES, *HOURS])
def test_invented_records_are_what_the_rules_record(
    engine: Prometheus, histories: list[ServiceHistory], invented_records: list[Series], name: str
) -> None:
    """What the demo loads as recorded equals, sample by sample, what the rules make of the raw series."""
    invented = {
        series.labels["service_id"]: dict(zip(series.times, series.values, strict=True))
        for series in invented_records
        if series.name == PREFIX + name
    }
    for start in range(histories[0].start, ENDED, 6 * 86400):
        end = min(start + 6 * 86400 - 60, ENDED)
        recorded = engine.samples(PREFIX + name, start, end)
        for service, samples in invented.items():
            expected = {time: value for time, value in samples.items() if start <= time <= end}
            assert recorded.get(service, {}) == expected


STORY = ServiceStory(
    id="alpha", name="Alpha", product="p", access="reverse", provider="acme", model="m", api="chat",
    availability=0.9,
)  # fmt: skip


def day(*stretches: tuple[int, ErrorClass]) -> ServiceHistory:
    """Return a history of these stretches (minutes, error class), ending at END."""
    minutes = [error_class for length, error_class in stretches for _ in range(length)]
    return ServiceHistory(STORY, ENDED, minutes, [1.0] * len(minutes))


def test_a_restart_of_prometheus_loses_nothing_but_its_own_minutes(tmp_path: Path) -> None:
    """Full hours that nobody evaluated are taken in by the next one, and an episode over the gap stays one."""
    data = tmp_path / "data"
    data.mkdir()
    history = day((230, ErrorClass.NONE), (30, ErrorClass.CAPTCHA), (341, ErrorClass.NONE))
    load_raw(data, [history])
    gap_start, gap_end = ENDED - 6 * 3600 - 3 * 60, ENDED - 6 * 3600 + 4 * 60
    assert history.incidents[0].start < gap_start < gap_end < history.incidents[0].end
    record(
        data,
        [PREFIX + name for name in (*MINUTES, *HOURS)],
        [(history.start, gap_start - 60), (gap_end + 60, ENDED)],
    )
    lost = (gap_end - gap_start) // 60 + 1
    with history_engine(data) as engine:
        sums = {name: engine.query(f"sum_over_time({PREFIX}{name}[10h])", at=ENDED + 1)[0].value for name in HOURS[:3]}
        starts = engine.query(f"count_over_time({PREFIX}risk_control_start:bool[10h])", at=ENDED + 1)[0].value
    assert sums == {"evidence:hourly": 600 - lost, "available:hourly": 600 - 30, "risk_control:hourly": 30 - lost}
    assert starts == 1


def test_series_are_the_same_on_every_run() -> None:
    """The same seed gives the same samples, another seed others."""

    def samples(seed: int) -> list[Series]:
        return list(raw_series(invent_history(ARTICLE[1], END, days=3, seed=seed), TARGET))

    assert samples(1) == samples(1) != samples(2)
