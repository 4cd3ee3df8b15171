"""The price of a gzipped scrape: bytes and CPU of /metrics of 200 services, plain and gzipped."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from bench.many import FIRST_ROUND_SECONDS, USUAL
from bench.process import cpu_seconds
from bench.programs import Upstream, exporter
from bench.requests import OPENMETRICS

SERVICES = 200
BLOCKS, SCRAPES = 5, 40
GZIP = {"Accept-Encoding": "gzip"}


@dataclass(frozen=True)
class Zipped:
    """Bytes of one scrape and its CPU in seconds, plain and gzipped."""

    plain_bytes: int
    gzipped_bytes: int
    plain_cpu_seconds: float
    gzipped_cpu_seconds: float


def measure_zipped(directory: Path, upstream: Upstream) -> Zipped:
    """Scrape in quick succession, so that the probes beside add next to nothing."""
    place = directory / "zipped"
    place.mkdir()
    with exporter(place, upstream, SERVICES, USUAL) as running:
        time.sleep(FIRST_ROUND_SECONDS)
        pid, address = running.process.pid, f"{running.url}/metrics"
        # By turns, so that the probes beside weigh equally on both.
        blocks = [(_scrapes(pid, address, {}), _scrapes(pid, address, GZIP)) for _ in range(BLOCKS)]
    plain, gzipped = ([block[kind] for block in blocks] for kind in (0, 1))
    sizes = plain[-1][0], gzipped[-1][0]
    return Zipped(*sizes, *(sum(seconds for _, seconds in each) / (BLOCKS * SCRAPES) for each in (plain, gzipped)))


def _scrapes(pid: int, address: str, headers: Mapping[str, str]) -> tuple[int, float]:
    """Return the bytes of the last scrape and the CPU of all."""
    before, size = cpu_seconds(pid), 0
    for _ in range(SCRAPES):
        with urlopen(Request(address, headers={**OPENMETRICS, **headers}), timeout=30) as answer:
            size = len(answer.read())
    return size, cpu_seconds(pid) - before
