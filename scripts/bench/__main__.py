"""Measure one thing after another and print one table, about twelve minutes on an idle machine."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from http.client import HTTPException
from math import nan
from pathlib import Path
from subprocess import SubprocessError
from typing import TypeVar

import httpx2

from bench.beside import PROBES, Blackbox, measure_blackbox
from bench.classifying import measure_classifying
from bench.detection import measure_detection
from bench.failing import SERVICES as FAILING
from bench.failing import measure_failing
from bench.many import FEW, INTERVAL_SECONDS, MANY, measure_scale, measure_start
from bench.observing import measure_observing
from bench.often import measure_probing
from bench.process import machine
from bench.programs import DELAY_SECONDS, Upstream, upstream
from bench.table import Row, table
from bench.zipped import SERVICES as ZIPPED
from bench.zipped import measure_zipped

T = TypeVar("T")

NOT_MEASURED = Blackbox(nan, nan, nan, nan)
FAULTS = (
    ArithmeticError,
    AssertionError,
    HTTPException,
    LookupError,
    OSError,
    SubprocessError,
    ValueError,
    httpx2.HTTPError,
)


def main() -> int:
    """Print the table. Missed targets are marked in it; the exit code is 1 only if a part could not be measured."""
    busy = os.getloadavg()[0]
    parts = Parts()
    with tempfile.TemporaryDirectory(prefix="sora-bench-") as scratch:
        directory = Path(scratch)
        parts.measure("upstream", lambda: _measure_beside_blackbox(directory, parts))
        parts.add("long texts", lambda: _failing_rows(directory))
    parts.add("classifier", _classifying_rows)
    parts.add("observed client", _observing_rows)
    parts.add("detection", _detection_rows)
    print(f"{machine()}, load before the run {busy:.1f}. Upstream: TLS, answers after {DELAY_SECONDS * 1000:g} ms.\n")
    print(table(parts.rows))
    for name, fault in parts.faults.items():
        print(f"{name}: not measured: {fault}", file=sys.stderr)
    return bool(parts.faults)


class Parts:
    """The rows measured so far, and the faults of the parts that could not be measured."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.faults: dict[str, str] = {}

    def measure(self, name: str, measurement: Callable[[], T]) -> T | None:
        """Return the result of a measurement; after a fault None, and a row says that it could not be measured."""
        try:
            return measurement()
        except FAULTS as error:
            self.faults[name] = f"{type(error).__name__}: {error}"
            self.rows.append(Row(name, "", nan))
            return None

    def add(self, name: str, measurement: Callable[[], Iterable[Row]]) -> None:
        """Add the rows of a part."""
        self.rows += self.measure(name, lambda: list(measurement())) or []


def _measure_beside_blackbox(directory: Path, parts: Parts) -> None:
    """Add the parts that probe one upstream, as blackbox_exporter does."""
    with upstream(directory) as served:
        blackbox = parts.measure("blackbox_exporter", lambda: measure_blackbox(directory, served)) or NOT_MEASURED
        parts.add("100 probes/s", lambda: _probing_rows(directory, served, blackbox))
        parts.add(f"{MANY:,} services", lambda: _scale_rows(directory, served, blackbox))
        parts.add(f"{FEW} services", lambda: _start_rows(directory, served, blackbox))
        parts.add("gzip", lambda: _zipped_rows(directory, served))


def _probing_rows(directory: Path, served: Upstream, blackbox: Blackbox) -> Iterator[Row]:
    probing = measure_probing(directory, served)
    yield Row("CPU per free probe", "ms", probing.cpu_seconds * 1e3, blackbox.cpu_seconds * 1e3, most_ratio=1)
    error = blackbox.median_error * 1e3
    yield Row("response time error, median, 100 probes/s", "ms", probing.median_error * 1e3, error, most=3)
    yield Row("response time error, p99, 100 probes/s", "ms", probing.p99_error * 1e3, most=15)
    attempts = f"failed attempts of {probing.attempts:,} (of {PROBES:,}), 100 probes/s"
    yield Row(attempts, "", probing.failed, blackbox.failed)


def _scale_rows(directory: Path, served: Upstream, blackbox: Blackbox) -> Iterator[Row]:
    scale, services = measure_scale(directory, served), f"{MANY:,} services"
    share = blackbox.cpu_seconds * MANY / INTERVAL_SECONDS
    yield Row(f"{services} once a minute: CPU", "% of a core", scale.cpu_share * 100, share * 100)
    yield Row(f"{services}: memory", "MiB", scale.resident_mib, blackbox.resident_mib, most=150)
    size = f"{scale.scrape_bytes / 1e6:.1f} MB"
    yield Row(f"{services}: /metrics ({size}), median", "ms", scale.scrape_median * 1e3, most=60)
    yield Row(f"{services}: /metrics, p99", "ms", scale.scrape_p99 * 1e3, most=200)
    cost = blackbox.cpu_seconds * MANY * 1e3
    yield Row(f"{services}: CPU per scrape of all", "ms", scale.scrape_cpu_seconds * 1e3, cost, most_ratio=0.1)
    yield Row(f"{services}: failed attempts of {scale.attempts:,}", "", scale.failed)


def _start_rows(directory: Path, served: Upstream, blackbox: Blackbox) -> Iterator[Row]:
    start = measure_start(directory, served)
    yield Row(f"{FEW} services: memory", "MiB", start.resident_mib, blackbox.resident_mib, most=80)
    yield Row(f"{FEW} services: start to first whole /metrics", "s", start.seconds, most=1.5)


def _zipped_rows(directory: Path, served: Upstream) -> Iterator[Row]:
    zipped, scrape = measure_zipped(directory, served), f"{ZIPPED} services: /metrics"
    yield Row(f"{scrape}, plain", "kB", zipped.plain_bytes / 1e3)
    yield Row(f"{scrape}, gzipped", "kB", zipped.gzipped_bytes / 1e3)
    yield Row(f"{scrape}, CPU plain", "ms", zipped.plain_cpu_seconds * 1e3)
    yield Row(f"{scrape}, CPU gzipped", "ms", zipped.gzipped_cpu_seconds * 1e3)


def _failing_rows(directory: Path) -> Iterator[Row]:
    failing = measure_failing(directory)
    yield Row(f"{FAILING:,} services, {failing.attempts:,} long faults: memory", "MiB", failing.resident_mib, most=150)


def _classifying_rows() -> Iterator[Row]:
    classifying = measure_classifying()
    yield Row("classifier, per recorded answer", "µs", classifying.seconds * 1e6, most=100)
    yield Row("classifier, worst hostile body at 8 times the size", "times", classifying.growth, most=10)


def _observing_rows() -> Iterator[Row]:
    yield Row("observed client, CPU added to a request", "µs", measure_observing() * 1e6, most=1000)


def _detection_rows() -> Iterator[Row]:
    detection = measure_detection()
    yield Row("fault to gauge, probes once a minute", "s", detection.gauge)
    yield Row("fault to notification, shipped rules", "s", detection.notification)


if __name__ == "__main__":
    sys.exit(main())
