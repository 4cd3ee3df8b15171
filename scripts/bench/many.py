"""A thousand services once a minute: CPU, memory and the cost of scrapes; and a start with six services."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from support.running import Running

from bench.often import ATTEMPTS, FAILURES, percentile
from bench.process import cpu_seconds, resident_mib
from bench.programs import Upstream, exporter
from bench.requests import Scraper

MANY, FEW = 1000, 6
INTERVAL_SECONDS = 60
FIRST_ROUND_SECONDS = 15
SCRAPES = 200
STARTS = 5
USUAL = {"catalog": "1m", "canary": "5m"}
STATUSES = "sora_service_status"


@dataclass(frozen=True)
class Scale:
    """Share of one core over an interval, MiB after all scrapes; seconds, CPU and size of a scrape; attempts."""

    cpu_share: float
    resident_mib: float
    scrape_median: float
    scrape_p99: float
    scrape_cpu_seconds: float
    scrape_bytes: int
    attempts: int
    failed: int


@dataclass(frozen=True)
class Start:
    """Seconds from the start of the process to the first whole /metrics, and MiB in memory at work."""

    seconds: float
    resident_mib: float


def measure_scale(directory: Path, upstream: Upstream) -> Scale:
    """Watch a thousand services: one interval undisturbed, and one with scrapes spread over it."""
    with exporter(directory, upstream, MANY, {"catalog": "1m"}) as running:
        scraper = Scraper(running.url)
        time.sleep(FIRST_ROUND_SECONDS)
        undisturbed = _cpu_of_interval(running)
        before, began = cpu_seconds(running.process.pid), time.monotonic()
        seconds = sorted(_scrape_seconds(scraper, began + n * INTERVAL_SECONDS / SCRAPES) for n in range(SCRAPES))
        time.sleep(max(began + INTERVAL_SECONDS - time.monotonic(), 0))
        scraping = cpu_seconds(running.process.pid) - before - undisturbed
        return Scale(
            cpu_share=undisturbed / INTERVAL_SECONDS,
            resident_mib=resident_mib(running.process.pid),
            scrape_median=statistics.median(seconds),
            scrape_p99=percentile(seconds, 99),
            scrape_cpu_seconds=scraping / SCRAPES,
            scrape_bytes=len(scraper.get("/metrics")),
            attempts=int(sum(scraper.values("/metrics", ATTEMPTS))),
            failed=int(sum(scraper.values("/metrics", FAILURES))),
        )


def measure_start(directory: Path, upstream: Upstream) -> Start:
    """Start the exporter with six services several times; the median counts."""
    seconds, sizes = [], []
    for number in range(STARTS):
        began, place = time.monotonic(), directory / f"start-{number}"
        place.mkdir()
        with exporter(place, upstream, FEW, USUAL) as running:
            scraper = Scraper(running.url)
            shown = len(scraper.values("/metrics", STATUSES))
            seconds.append(time.monotonic() - began)
            assert shown == 7 * FEW, f"the first scrape shows {shown} series of {STATUSES}"
            time.sleep(FIRST_ROUND_SECONDS if number == 0 else 0)
            scraper.get("/metrics")
            sizes.append(resident_mib(running.process.pid))
    return Start(statistics.median(seconds), sizes[0])


def _cpu_of_interval(running: Running) -> float:
    before = cpu_seconds(running.process.pid)
    time.sleep(INTERVAL_SECONDS)
    return cpu_seconds(running.process.pid) - before


def _scrape_seconds(scraper: Scraper, at: float) -> float:
    time.sleep(max(at - time.monotonic(), 0))
    began = time.monotonic()
    scraper.get("/metrics")
    return time.monotonic() - began
