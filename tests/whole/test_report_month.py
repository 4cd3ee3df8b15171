"""The report of a whole invented month, read from a real Prometheus, against what the month is known to come to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.programs.launch import Prometheus, prometheus

from sora_exporter.cli.main import main
from sora_exporter.demo.article import ARTICLE
from sora_exporter.demo.history import ServiceHistory, invent_history, is_evidence
from sora_exporter.demo.series import Series
from sora_exporter.demo.tsdb import all_series, load_history
from sora_exporter.figures import iso

pytestmark = pytest.mark.programs

END = 1793491200
"""2026-11-01 00:00 UTC: a full hour, so that the windows of days hold exactly the minutes of the month."""
STARS = {
    "sora-2-official": 5, "sora-2-reverse": 3, "sora-2-pro-official": 5, "sora-2-pro-reverse": 2,
    "veo-3.1-reverse": 4, "sora-image": 5,
}  # fmt: skip
UNREAD = (
    "sora_probe_", "sora_service_up", "sora_service_status_since", "sora_service_response_time",
    "sora_status_page_", "sora_service_status_page_", "sora_client_", "sora_generation_", "sora_exporter_",
    "service_id_instance:", "service_id:sora_service_page_", "service_id:sora_service_held_severity",
    "service_id:sora_service_served", "service_id:sora_service_response_time_seconds:median",
)  # fmt: skip
DAY_MINUTES = 24 * 60


@pytest.fixture(scope="module")
def histories(request: pytest.FixtureRequest) -> dict[str, ServiceHistory]:
    """The month of the six services, or in the short form of the two that differ most, by service_id."""
    chosen = STARS if request.config.getoption("long") else ("sora-2-official", "sora-2-pro-reverse")
    return {story.id: invent_history(story, END) for story in ARTICLE if story.id in chosen}


def at_its_end(series: Series) -> Series:
    """Return the last day alone of what the report reads at the month's end only, the states of each service."""
    if series.name != "sora_service_status":
        return series
    return replace(series, times=series.times[-DAY_MINUTES:], values=series.values[-DAY_MINUTES:])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, histories: dict[str, ServiceHistory]) -> Iterator[Prometheus]:
    """A Prometheus with that month, as the demo loads it."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "data").mkdir()
    read = (at_its_end(one) for one in all_series(list(histories.values())) if not one.name.startswith(UNREAD))
    start = next(iter(histories.values())).start
    load_history(folder / "data", read, start, END)
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    with prometheus(folder / "prometheus.yml", folder / "data") as running:
        yield running


def call(engine: Prometheus, *arguments: str, end: str = "2026-11-01") -> Result:
    """Run ``sora-exporter report`` against the Prometheus."""
    return CliRunner().invoke(main, ["report", "--prometheus-url", engine.url, "--end", end, *arguments])


@pytest.fixture(scope="module")
def month(engine: Prometheus) -> dict[str, dict[str, Any]]:
    """The services of the JSON report over thirty days, by service_id."""
    return services(call(engine, "--window", "30d", "--format", "json"))


def services(result: Result) -> dict[str, dict[str, Any]]:
    """Return the services of a JSON report by service_id."""
    assert (result.exit_code, result.stderr) == (0, "")
    return {service["service_id"]: service for service in json.loads(result.stdout)["services"]}


def test_availability_and_coverage_are_the_truth(
    month: dict[str, dict[str, Any]], histories: dict[str, ServiceHistory]
) -> None:
    """Availability and coverage of all services lie within 0.05 percentage points of what was invented."""
    assert month.keys() == histories.keys()
    for service_id, history in histories.items():
        assert abs(month[service_id]["figures"]["availability"] - history.availability) < 0.0005
        assert abs(month[service_id]["coverage"] - history.coverage) < 0.0005


def test_episodes_hours_and_stars_are_exact(
    month: dict[str, dict[str, Any]], histories: dict[str, ServiceHistory]
) -> None:
    """Every episode of risk control counts once and in full length; the stars are the article's."""
    for service_id, history in histories.items():
        figures = month[service_id]["figures"]
        assert figures["risk_control_episodes"] == history.episodes
        assert figures["risk_control_hours"] == pytest.approx(history.risk_control_hours, abs=1e-4)
        assert figures["stars"] == STARS[service_id]
    assert sum(history.episodes for history in histories.values()) > 10


def test_incidents_are_those_that_were_invented(
    month: dict[str, dict[str, Any]], histories: dict[str, ServiceHistory]
) -> None:
    """Each incident and each silence has its start, end and class to the minute, and there are no others."""
    for service_id, history in histories.items():
        stretches = {
            kind: [(one["start"], one["end"], one["error_class"]) for one in month[service_id][kind]]
            for kind in ("incidents", "silences")
        }
        truth = [
            (iso(one.start), iso(one.end), one.error_class, is_evidence(one.error_class)) for one in history.incidents
        ]
        assert stretches["incidents"] == [one[:3] for one in truth if one[3]]
        assert stretches["silences"] == [one[:3] for one in truth if not one[3]]


def test_history_adds_up_to_the_month(month: dict[str, dict[str, Any]], histories: dict[str, ServiceHistory]) -> None:
    """The bars of the chart, weighed by what was seen, come to the availability of the month."""
    for service_id, history in histories.items():
        bars = month[service_id]["history"]
        seen = sum(bar["coverage"] for bar in bars)
        assert len(bars) == 30
        assert sum(bar["availability"] * bar["coverage"] for bar in bars) / seen == pytest.approx(
            history.availability, abs=1e-5
        )


def test_response_times_are_the_average_of_the_answers(
    month: dict[str, dict[str, Any]], histories: dict[str, ServiceHistory]
) -> None:
    """The response time is the mean over the minutes that were answered."""
    for service_id, history in histories.items():
        answered = [
            seconds
            for seconds, error_class in zip(history.responses, history.minutes, strict=True)
            if error_class == "none"
        ]
        response = month[service_id]["figures"]["response_time_seconds"]
        assert response == pytest.approx(sum(answered) / len(answered), rel=1e-3)


@pytest.mark.parametrize(("window", "days"), [("24h", 1), ("7d", 7)])
def test_shorter_windows_are_the_truth_too(
    engine: Prometheus, histories: dict[str, ServiceHistory], window: str, days: int
) -> None:
    """Over a day and a week, each ending at another time, figures and hours are those of exactly these minutes."""
    for end, ended in (("2026-11-01", END), ("2026-10-25T12:00", END - 6 * 86400 - 43200)):
        found = services(call(engine, "--window", window, "--format", "json", end=end))
        for service_id, history in histories.items():
            last = (ended - history.start) // 60 + 1
            part = history.minutes[last - days * 1440 : last]
            cut = ServiceHistory(history.service, ended, part, history.responses[last - days * 1440 : last])
            figures = found[service_id]["figures"]
            assert abs(figures["availability"] - cut.availability) < 0.0005
            assert figures["risk_control_hours"] == pytest.approx(cut.risk_control_hours, abs=1e-4)
            stretches = [(iso(one.start), iso(one.end)) for one in cut.incidents if is_evidence(one.error_class)]
            assert [(one["start"], one["end"]) for one in found[service_id]["incidents"]] == stretches


def test_ninety_days_of_a_month_are_figures_of_the_month(engine: Prometheus) -> None:
    """A window of which a third was recorded has figures, their coverage, and a line on the beginning of the record."""
    result = call(engine, "--window", "90d")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Sora 2 官转: recorded only since " in result.stdout
    assert re.search(r"^Sora 2 官转 +★+☆* +99\.\d\d % +33\.\d %", result.stdout, re.MULTILINE)


def test_a_time_before_the_record_is_said_plainly(engine: Prometheus) -> None:
    """If nothing was recorded in the window, one line says so with exit code 2."""
    result = call(engine, "--window", "24h", end="2026-06-01")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "holds nothing of sora_exporter" in result.stderr


@pytest.mark.parametrize("form", ["text", "markdown", "csv", "html"])
def test_every_format_covers_every_service(engine: Prometheus, histories: dict[str, ServiceHistory], form: str) -> None:
    """Each format names every service; the window is short, since the formats show the same findings of any."""
    result = call(engine, "--window", "24h", "--format", form)
    assert (result.exit_code, result.stderr) == (0, "")
    assert all(history.service.name in result.stdout for history in histories.values())
