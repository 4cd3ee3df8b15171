"""Measure everything, one thing after another, and print one table; takes about eight minutes of an idle machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.beside import Blackbox, measure_blackbox
from bench.classifying import measure_classifying
from bench.detection import measure_detection
from bench.many import FEW, INTERVAL_SECONDS, MANY, measure_scale, measure_start
from bench.often import measure_probing
from bench.process import machine
from bench.programs import DELAY_SECONDS, Upstream, upstream
from bench.table import Row, table


def main() -> None:
    """Print the table. A target that is missed is marked in it; nothing fails."""
    busy = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="sora-bench-") as scratch:
        directory = Path(scratch)
        with upstream(directory) as asked:
            blackbox = measure_blackbox(directory, asked)
            rows = [
                *_probing_rows(directory, asked, blackbox),
                *_scale_rows(directory, asked, blackbox),
                *_start_rows(directory, asked, blackbox),
            ]
    rows += [*_classifying_rows(), *_detection_rows()]
    print(f"{machine()}, load before the run {busy:.1f}. Upstream: TLS, answers after {DELAY_SECONDS * 1000:g} ms.\n")
    print(table(rows))


def _probing_rows(directory: Path, asked: Upstream, blackbox: Blackbox) -> Iterator[Row]:
    probing = measure_probing(directory, asked)
    yield Row("CPU per free probe", "ms", probing.cpu_seconds * 1e3, blackbox.cpu_seconds * 1e3, most_ratio=1)
    error = blackbox.median_error * 1e3
    yield Row("response time off by, median, 100 probes/s", "ms", probing.median_error * 1e3, error, most=3)
    yield Row("response time off by, p99, 100 probes/s", "ms", probing.p99_error * 1e3, most=15)


def _scale_rows(directory: Path, asked: Upstream, blackbox: Blackbox) -> Iterator[Row]:
    scale, services = measure_scale(directory, asked), f"{MANY:,} services"
    share = blackbox.cpu_seconds * MANY / INTERVAL_SECONDS
    yield Row(f"{services} once a minute: CPU", "% of a core", scale.cpu_share * 100, share * 100)
    yield Row(f"{services}: memory", "MiB", scale.resident_mib, blackbox.resident_mib, most=150)
    size = f"{scale.scrape_bytes / 1e6:.1f} MB"
    yield Row(f"{services}: /metrics ({size}), median", "ms", scale.scrape_median * 1e3, most=60)
    yield Row(f"{services}: /metrics, p99", "ms", scale.scrape_p99 * 1e3, most=200)
    cost = blackbox.cpu_seconds * MANY * 1e3
    yield Row(f"{services}: CPU per scrape of all", "ms", scale.scrape_cpu_seconds * 1e3, cost, most_ratio=0.1)


def _start_rows(directory: Path, asked: Upstream, blackbox: Blackbox) -> Iterator[Row]:
    start = measure_start(directory, asked)
    yield Row(f"{FEW} services: memory", "MiB", start.resident_mib, blackbox.resident_mib, most=80)
    yield Row(f"{FEW} services: start to first whole /metrics", "s", start.seconds, most=1.5)


def _classifying_rows() -> Iterator[Row]:
    classifying = measure_classifying()
    yield Row("classifier, per recorded answer", "µs", classifying.seconds * 1e6, most=100)
    yield Row("classifier, worst hostile body at 8 times the size", "times", classifying.growth, most=10)


def _detection_rows() -> Iterator[Row]:
    detection = measure_detection()
    yield Row("fault to gauge, probes once a minute", "s", detection.gauge)
    yield Row("fault to notification, shipped rules", "s", detection.notification)


if __name__ == "__main__":
    main()
