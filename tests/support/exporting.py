"""An exporter in this process whose probes are scripted: nothing goes over any wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

import sora_exporter.exporter
from sora_exporter.budget.ledger import Ledger
from sora_exporter.clock import Clock
from sora_exporter.config import Config, Service, load_config
from sora_exporter.exporter import Exporter
from sora_exporter.result import ErrorClass, ProbeKind, ProbeResult
from sora_exporter.web.app import create_app

KEY = "sk-0123456789abcdefghijklmnop"
CONFIGURATION = """
budget_usd_per_day: 1.00
providers:
  relay: {base_url: "http://relay.example/v1", api_key_env: RELAY_API_KEY}
services:
  - id: sora-2-official
    name: Sora 2 官转
    product: sora-2
    access: official
    provider: relay
    model: sora-2
    price_usd: {per_second: 0.10}
    objective: 99.9
    probes:
      catalog: {interval: 1m, timeout: 10s}
      canary: {interval: 5m, timeout: 30s}
  - id: scraped
    product: sora-2
    access: reverse
    provider: relay
    model: sora-2-reverse
    price_usd: {per_request: 0.12}
    probe_on_scrape: true
    probes:
      catalog: {interval: 1m, timeout: 10s}
      submit: {interval: 6h, timeout: 1m}
"""


def result(service_id: str, probe: ProbeKind, error_class: ErrorClass = ErrorClass.NONE, **facts: Any) -> ProbeResult:
    """Return an attempt's result as the runner would."""
    defaults: dict[str, Any] = {
        "started_at": 1_769_558_400.0,
        "duration_seconds": 0.25,
        "http_status": 200,
        "response_seconds": 0.2 if error_class is ErrorClass.NONE else None,
        "phases": {"connect": 0.05, "processing": 0.15},
    }
    return ProbeResult(service_id, probe, error_class, **{**defaults, **facts})


class ScriptedRunner:
    """Stands in for the runner: gives a scripted result, or a success without a script. ``gate`` holds attempts."""

    def __init__(self, config: Config, *_: object) -> None:
        self.config = config
        self.script: dict[tuple[str, ProbeKind], ProbeResult | None] = {}
        self.asked: list[tuple[str, ProbeKind]] = []
        self.barred: set[tuple[str, ProbeKind]] = set()
        self.begun, self.gate = asyncio.Event(), asyncio.Event()
        self.gate.set()

    def configure(self, config: Config) -> None:
        self.config = config

    def is_barred(self, service: Service, probe: ProbeKind) -> bool:
        return (service.id, probe) in self.barred

    def must_wait(self, *_: object) -> bool:
        return False

    async def run(self, service: Service, probe: ProbeKind) -> ProbeResult | None:
        self.asked.append((service.id, probe))
        self.begun.set()
        await self.gate.wait()
        key = service.id, probe
        return self.script[key] if key in self.script else result(*key)


@dataclass
class Served:
    """A started exporter, the runner in place of its providers, and a client of its HTTP side."""

    exporter: Exporter
    runner: ScriptedRunner
    client: httpx2.AsyncClient
    config_file: Path

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        """GET a path."""
        return await self.client.get(path, **options)


@asynccontextmanager
async def serving(directory: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    """Run an exporter over CONFIGURATION and the application in front of it, without a socket."""
    monkeypatch.setenv("RELAY_API_KEY", KEY)
    monkeypatch.setattr(sora_exporter.exporter, "Runner", ScriptedRunner)
    config_file = directory / "sora.yml"
    config_file.write_text(CONFIGURATION, "utf-8")
    with _ledger(directory, clock) as ledger:
        exporter = Exporter(load_config(config_file), config_file, ledger, clock)
        runner = exporter._runner
        assert isinstance(runner, ScriptedRunner)
        transport = httpx2.ASGITransport(app=create_app(exporter))
        async with httpx2.AsyncClient(transport=transport, base_url="http://exporter.example:10198") as client:
            await exporter.start()
            yield Served(exporter, runner, client, config_file)
            runner.gate.set()
            await exporter.stop()


@contextmanager
def _ledger(directory: Path, clock: Clock) -> Iterator[Ledger]:
    ledger = Ledger.open(directory / "storage", exclusive=True, now=clock.now)
    try:
        yield ledger
    finally:
        ledger.close()
