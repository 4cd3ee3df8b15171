"""The cost of the same probe of the same upstream in blackbox_exporter."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from bench.process import cpu_seconds, resident_mib
from bench.programs import DELAY_SECONDS, Upstream, blackbox
from bench.requests import Scraper

WARM_PROBES, PROBES = 50, 400
PROBE_SECONDS = 0.01


@dataclass(frozen=True)
class Blackbox:
    """CPU seconds per probe, MiB in memory, seconds by which response times were off, and how many probes failed."""

    cpu_seconds: float
    resident_mib: float
    median_error: float
    failed: float


def measure_blackbox(directory: Path, upstream: Upstream) -> Blackbox:
    """Let it run one probe after another through scrapes; by its design each probe includes its own scrape."""
    path = f"/probe?module=catalog&target={upstream.url}/v1/models/sora-2"
    with blackbox(directory, upstream) as (address, pid):
        scraper = Scraper(f"http://{address}")
        for _ in range(WARM_PROBES):
            scraper.get(path)
        before, errors = cpu_seconds(pid), []
        for _ in range(PROBES):
            text = scraper.get(path).decode()
            if "\nprobe_success 1\n" in text:
                errors.append(abs(_processing(text) - DELAY_SECONDS))
            time.sleep(PROBE_SECONDS)
        cost = (cpu_seconds(pid) - before) / PROBES
        return Blackbox(cost, resident_mib(pid), statistics.median(errors), PROBES - len(errors))


def _processing(text: str) -> float:
    marker = 'probe_http_duration_seconds{phase="processing"} '
    return float(text.partition(marker)[2].partition("\n")[0])
