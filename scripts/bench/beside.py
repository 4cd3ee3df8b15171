"""What blackbox_exporter takes to ask the same upstream the same question."""

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
    """Its cost per probe, what it keeps in memory, and by how much its response times were off."""

    cpu_seconds: float
    resident_mib: float
    median_error: float


def measure_blackbox(directory: Path, upstream: Upstream) -> Blackbox:
    """Let it probe one after another, as many scrapes would; its own scrape is part of each probe, as it is built."""
    path = f"/probe?module=catalog&target={upstream.url}/v1/models/sora-2"
    with blackbox(directory, upstream) as (address, pid):
        scraper = Scraper(f"http://{address}")
        for _ in range(WARM_PROBES):
            assert scraper.values(path, "probe_success") == [1.0], "blackbox_exporter finds the upstream failing"
        before, errors = cpu_seconds(pid), []
        for _ in range(PROBES):
            took = _processing(scraper.get(path).decode())
            errors.append(abs(took - DELAY_SECONDS))
            time.sleep(PROBE_SECONDS)
        cost = (cpu_seconds(pid) - before) / PROBES
        return Blackbox(cost, resident_mib(pid), statistics.median(errors))


def _processing(text: str) -> float:
    marker = 'probe_http_duration_seconds{phase="processing"} '
    return float(text.partition(marker)[2].partition("\n")[0])
