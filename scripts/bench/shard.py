"""One of ten shards of 10,000 services, with its share of the budget's database: CPU, memory, and its scrape."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support import running as programs
from support.programs.postgresql import postgresql
from support.running import Running
from support.running import exporter as exporter_running

from bench.process import cpu_seconds, machine, resident_mib
from bench.programs import Upstream, upstream
from bench.requests import Scraper

SHARDS, PROVIDERS, SERVICES = 10, 200, 10_000
SHARD = 3
FIRST_ROUND_SECONDS, INTERVAL_SECONDS = 90, 60
SCRAPES = 20


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
def shard(directory: Path, served: Upstream) -> Iterator[Running]:
    """Run one shard over the whole configuration and a real database."""
    config = directory / "sora.yml"
    config.write_text(configuration(served))
    with postgresql() as server:
        flags = (f"--config.file={config}", f"--shard={SHARD}/{SHARDS}", f"--storage.url={server.place().url}")
        with exporter_running(None, *flags, env=served.variables) as running:
            yield running


def main() -> None:
    """Measure, and print one line for each figure."""
    # Reading ten thousand services takes a while on a busy machine.
    programs.START_SECONDS = 600
    print(machine())
    with tempfile.TemporaryDirectory() as name, upstream(Path(name)) as served:
        began = time.monotonic()
        with shard(Path(name), served) as running:
            scraper, pid = Scraper(running.url), running.process.pid
            print(f"start: {time.monotonic() - began:.1f} s, {cpu_seconds(pid):.1f} s of CPU")
            time.sleep(FIRST_ROUND_SECONDS)
            before = cpu_seconds(pid)
            time.sleep(INTERVAL_SECONDS)
            undisturbed = cpu_seconds(pid) - before
            before, seconds = cpu_seconds(pid), []
            for _ in range(SCRAPES):
                began = time.monotonic()
                text = scraper.get("/metrics")
                seconds.append(time.monotonic() - began)
            scraping = cpu_seconds(pid) - before
            lines = [line for line in text.splitlines() if line and not line.startswith(b"#")]
            services = sum(line.startswith(b"sora_service_info") for line in lines)
            print(f"services: {services} of {SERVICES}; series: {len(lines)}, {len(lines) / services:.1f} for each")
            taken = f"{statistics.median(seconds) * 1e3:.0f} ms, {scraping / SCRAPES * 1e3:.0f} ms of CPU"
            print(f"scrape: {len(text) / 1e6:.2f} MB, {taken}")
            print(f"CPU: {undisturbed / INTERVAL_SECONDS * 100:.1f} % of a core; memory: {resident_mib(pid):.0f} MiB")


if __name__ == "__main__":
    sys.exit(main())
