"""Measure the cost of long windows on a real Prometheus: the recorded form against the naive one, side by side.

Loads ninety days of the demo's six services, raw series every 15 s as the shipped prometheus.yml scrapes them, asks
Prometheus for its own query statistics, and prints a Markdown table: samples read, and the fastest of five evaluations.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from sora_exporter.demo.article import ARTICLE
from sora_exporter.demo.history import ServiceHistory, invent_history
from sora_exporter.demo.recorded import recorded_series
from sora_exporter.demo.series import Series, raw_series
from sora_exporter.demo.tsdb import TARGET, load_history

DAYS = 90
SCRAPE_SECONDS = 15
RAW = ("sora_service_up", "sora_service_status", "sora_service_response_time_seconds")
RECORDED = re.compile(r":hourly|_start:bool$")
END = 1793491200
ROUNDS = 5

UP = "sora_service_up"
STATUS = 'sora_service_status{status="risk_control"}'
P = "service_id:sora_service_"
QUESTIONS = {
    "availability, 30 d": (
        f"avg_over_time({UP}[30d])",
        f"sum_over_time({P}available:hourly[30d]) / sum_over_time({P}evidence:hourly[30d])",
    ),
    "availability, 90 d": (
        f"avg_over_time({UP}[90d])",
        f"sum_over_time({P}available:hourly[90d]) / sum_over_time({P}evidence:hourly[90d])",
    ),
    "episodes of risk control, 30 d": (
        f"resets((1 - {STATUS})[30d:15s])",
        f"count_over_time({P}risk_control_start:bool[30d])",
    ),
    "hours of risk control, 30 d": (
        f"sum_over_time({STATUS}[30d]) / 60",
        f"sum_over_time({P}risk_control:hourly[30d]) / 60",
    ),
    "response time, 30 d": (
        "avg_over_time(sora_service_response_time_seconds[30d])",
        f"sum_over_time({P}response_time_seconds:hourly_sum[30d])"
        f" / sum_over_time({P}response_time_seconds:hourly_count[30d])",
    ),
}
"""The questions: the naive expression over raw samples, and the expression of the rules."""


@contextmanager
def prometheus(directory: Path) -> Iterator[str]:
    """Run Prometheus over the data in ``directory``; yields its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    config = directory / "prometheus.yml"
    config.write_text("scrape_configs: []\n")
    command = [
        "prometheus", f"--config.file={config}", f"--storage.tsdb.path={directory / 'data'}", "--log.level=error",
        "--storage.tsdb.retention.time=10y", f"--web.listen-address={address}",
    ]  # fmt: skip
    with subprocess.Popen(command) as process:
        try:
            while process.poll() is None and not is_ready(address):
                time.sleep(0.1)
            yield f"http://{address}"
        finally:
            process.terminate()


def is_ready(address: str) -> bool:
    """Return whether Prometheus answers queries."""
    try:
        with urlopen(f"http://{address}/-/ready", timeout=5):
            return True
    except (URLError, ConnectionError):
        return False


def measure(url: str, expression: str) -> tuple[int, float]:
    """Return how many samples one evaluation reads, and the milliseconds of the fastest of several."""
    samples, seconds = 0, []
    for _ in range(ROUNDS):
        with urlopen(
            f"{url}/api/v1/query?{urlencode({'query': expression, 'time': END + 1, 'stats': 'all'})}"
        ) as answer:
            stats = json.load(answer)["data"]["stats"]
        samples = stats["samples"]["totalQueryableSamples"]
        seconds.append(stats["timings"]["evalTotalTime"])
    return samples, min(seconds) * 1000


def main() -> int:
    """Print the table; fails when a recorded window reads more than a hundredth of what the naive one reads."""
    if shutil.which("prometheus") is None:
        print("prometheus is not installed: run scripts/install-test-programs", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="sora-bench-") as scratch:
        directory = Path(scratch)
        (directory / "data").mkdir()
        histories = [invent_history(story, END, days=DAYS) for story in ARTICLE]
        load_history(directory / "data", measured_series(histories), histories[0].start, END)
        with prometheus(directory) as url:
            return report(url)


def measured_series(histories: Sequence[ServiceHistory]) -> Iterator[Series]:
    """Yield the series that the questions read, raw ones as often as they are scraped."""
    for history in histories:
        for one in raw_series(history, TARGET):
            if one.name in RAW and one.labels.get("status") in (None, "risk_control"):
                times = [time + late for time in one.times for late in range(0, 60, SCRAPE_SECONDS)]
                values = [value for value in one.values for _ in range(0, 60, SCRAPE_SECONDS)]
                yield Series(one.name, one.labels, times, values)
        yield from (one for one in recorded_series(history) if RECORDED.search(one.name))


def report(url: str) -> int:
    """Print the table of all questions."""
    worst = 0.0
    print("| six services | naive: samples | ms | recorded: samples | ms | samples: share |")
    print("|---|---:|---:|---:|---:|---:|")
    for question, (naive, recorded) in QUESTIONS.items():
        (many, slow), (few, fast) = measure(url, naive), measure(url, recorded)
        worst = max(worst, few / many)
        print(f"| {question} | {many:,} | {slow:.1f} | {few:,} | {fast:.2f} | 1/{many / few:.0f} |")
    if worst > 0.01:
        print(f"a recorded window reads {worst:.2%} of the naive one's samples: more than a hundredth", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
