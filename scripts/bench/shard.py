"""Ten shards of 10,000 services, at once on one machine with one database: CPU, memory, and scrapes."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

from support import running as programs
from support.programs.postgresql import postgresql
from support.running import PROGRAM, Running
from support.running import exporter as exporter_running

from bench.process import cpu_seconds, machine, resident_mib
from bench.programs import Upstream, upstream
from bench.requests import Scraper

SHARDS, PROVIDERS, SERVICES = 10, 200, 10_000
FIRST_ROUND_SECONDS, INTERVAL_SECONDS = 90, 60
SCRAPES = 10
INFO = b"sora_service_info{"


def configuration(served: Upstream) -> str:
    """Return the configuration of all shards: fifty services at each provider, ``catalog`` once a minute."""
    provider = {"base_url": f"{served.url}/v1", "api_key_env": "BENCH_API_KEY"}
    services = [
        {
            "id": f"service-{number}", "product": f"product-{number // 4}", "access": "official",
            "provider": f"provider-{number % PROVIDERS}", "model": "sora-2", "api": "videos",
            "probes": {"catalog": {"interval": "1m"}},
        }
        for number in range(SERVICES)
    ]  # fmt: skip
    providers = {f"provider-{number}": provider for number in range(PROVIDERS)}
    return json.dumps({"providers": providers, "services": services})


@contextmanager
def shards(directory: Path, served: Upstream) -> Iterator[list[Running]]:
    """Run all shards over the whole configuration and one real database, each as a process started by itself."""
    config = directory / "sora.yml"
    config.write_text(configuration(served))
    with ExitStack() as stack:
        url = stack.enter_context(postgresql()).place().url
        flags = f"--config.file={config}", f"--storage.url={url}"
        yield [
            stack.enter_context(
                exporter_running(None, *flags, f"--shard={number}/{SHARDS}", env=served.variables, command=PROGRAM)
            )
            for number in range(1, SHARDS + 1)
        ]


def scraped(running: Running) -> tuple[list[bytes], int]:
    """Return the samples of a shard's /metrics, one a line, and its size in bytes."""
    text = Scraper(running.url).get("/metrics")
    return [line for line in text.splitlines() if line and not line.startswith(b"#")], len(text)


def services_in(samples: list[bytes]) -> list[bytes]:
    """Return the ids of the services that a shard exports."""
    return [line.partition(b'service_id="')[2].partition(b'"')[0] for line in samples if line.startswith(INFO)]


def line(name: str, unit: str, values: Sequence[float]) -> str:
    """Return one line: the least and the most of a shard, and the sum of all."""
    return f"{name}: {min(values):,.1f} to {max(values):,.1f} {unit} a shard, {sum(values):,.1f} {unit} in all"


def main() -> None:
    """Measure, and print one line for each figure."""
    # Reading ten thousand services takes a while on a busy machine.
    programs.START_SECONDS = 600
    print(machine())
    with tempfile.TemporaryDirectory() as name, upstream(Path(name)) as served, shards(Path(name), served) as running:
        pids = [one.process.pid for one in running]
        print(line("CPU of the start", "s", [cpu_seconds(pid) for pid in pids]))
        time.sleep(FIRST_ROUND_SECONDS)
        before = [cpu_seconds(pid) for pid in pids]
        time.sleep(INTERVAL_SECONDS)
        spent = [cpu_seconds(pid) - start for pid, start in zip(pids, before, strict=True)]
        print(line("CPU, probing", "% of a core", [seconds / INTERVAL_SECONDS * 100 for seconds in spent]))
        before = [cpu_seconds(pid) for pid in pids]
        scrapes = [[scraped(one) for _ in range(SCRAPES)][-1] for one in running]
        spent = [cpu_seconds(pid) - start for pid, start in zip(pids, before, strict=True)]
        print(line("CPU of a scrape", "ms", [seconds / SCRAPES * 1e3 for seconds in spent]))
        print(line("/metrics", "MB", [size / 1e6 for _, size in scrapes]))
        print(line("series", "series", [len(samples) for samples, _ in scrapes]))
        print(line("memory", "MiB", [resident_mib(pid) for pid in pids]))
        watched = Counter(chain.from_iterable(services_in(samples) for samples, _ in scrapes))
        print(
            f"services: {len(watched)} of {SERVICES}, watched by more than one shard: {len(watched) - _once(watched)}"
        )


def _once(watched: Counter[bytes]) -> int:
    return sum(number == 1 for number in watched.values())


if __name__ == "__main__":
    sys.exit(main())
