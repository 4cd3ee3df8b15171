"""A hundred probes a second: the cost of each, and the error of the response times."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from support.running import Running

from bench.process import cpu_seconds
from bench.programs import DELAY_SECONDS, Upstream, exporter
from bench.requests import Scraper

SERVICES = 100
WARM_SECONDS, MEASURED_SECONDS = 15, 30
LOOKS, LOOK_SECONDS = 6, 4
"""How often the kept attempts are read, and how far apart: a service keeps its four latest successes."""
ATTEMPTS, FAILURES = "sora_probe_attempts_total", "sora_probe_failures_total"


@dataclass(frozen=True)
class Probing:
    """CPU seconds per probe, one scrape every 15 s included; seconds by which response times were off; all attempts."""

    cpu_seconds: float
    median_error: float
    p99_error: float
    attempts: int
    failed: int


def measure_probing(directory: Path, upstream: Upstream) -> Probing:
    """Let the exporter probe a hundred services every second."""
    with exporter(directory, upstream, SERVICES, {"catalog": "1s"}) as running:
        scraper = Scraper(running.url)
        time.sleep(WARM_SECONDS)
        cost = _cost(running, scraper)
        errors = sorted(abs(seconds - DELAY_SECONDS) for seconds in _response_seconds(scraper))
        attempts, failed = (int(sum(scraper.values("/metrics", name))) for name in (ATTEMPTS, FAILURES))
        return Probing(cost, statistics.median(errors), percentile(errors, 99), attempts, failed)


def percentile(ordered: list[float], percent: float) -> float:
    """Return the value that so many percent of ordered values do not exceed."""
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


def _cost(running: Running, scraper: Scraper) -> float:
    attempts, before = sum(scraper.values("/metrics", ATTEMPTS)), cpu_seconds(running.process.pid)
    for _ in range(MEASURED_SECONDS // 15):
        time.sleep(15)
        now = sum(scraper.values("/metrics", ATTEMPTS))
    return (cpu_seconds(running.process.pid) - before) / (now - attempts)


def _response_seconds(scraper: Scraper) -> list[float]:
    """Return the response time of every successful attempt that could be read."""
    seen: dict[tuple[str, str], float] = {}
    for _ in range(LOOKS):
        time.sleep(LOOK_SECONDS)
        for number in range(SERVICES):
            name = f"service-{number}"
            for attempt in scraper.json(f"/api/v1/services/{name}")["attempts"]["catalog"]:
                if attempt["success"]:
                    seen[name, attempt["started_at"]] = attempt["response_time_seconds"]
    return list(seen.values())
