"""The simulated provider on a real port, and everything one probe needs to run against it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn

import sora_exporter.http.sdk  # noqa: F401 - loaded in a thread, it would take its time in the first test that pays
from sora_exporter.budget.ledger import Ledger
from sora_exporter.config import Config
from sora_exporter.http.provider import ProviderClients
from sora_exporter.probes.runner import Runner
from sora_exporter.result import ProbeKind, ProbeResult
from sora_exporter.simulator import create_app
from sora_exporter.simulator.answers import Answers
from sora_exporter.simulator.behaviours import read_behaviour
from sora_exporter.simulator.scenarios import find_scenario
from sora_exporter.simulator.simulation import Simulation

API_OF_MODEL = {
    "MiniMax-H3": "videos",
    "sora_video2": "chat",
    "gpt-image-2": "images",
    "wan-3.0": "video-generations",
    "doubao-seedance-2-0-260128": "ark",
}
"""One model of the simulated provider for each built-in API."""


class HastyClock:
    """Real clocks whose sleeps are short, so that polling takes no time."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.005))


@dataclass
class SimulatedProvider:
    """The simulated provider on a loopback port; ``simulation`` is its state, to be set and read directly."""

    origin: str
    simulation: Simulation

    def base_url(self, api: str) -> str:
        """Return the address at which the API begins."""
        return self.origin + ("/api/v3" if api == "ark" else "/v1")

    def behave(self, model: str, behaviour: str, **settings: Any) -> None:
        """Set a model's behaviour."""
        self.simulation.behaviours[model] = read_behaviour({"behaviour": behaviour, **settings})

    def actions(self) -> list[str]:
        """The requests so far, in order: create, poll, content, delete, models, list."""
        return [entry["action"] for entry in self.simulation.journal]

    def created(self) -> int:
        """The number of jobs accepted so far."""
        return sum(entry["cost_usd"] > 0 for entry in self.simulation.journal)

    async def until_created(self) -> None:
        """Wait until a job is accepted, which may be after its caller left."""
        async with asyncio.timeout(5):
            while not self.created():  # noqa: ASYNC110 - the other side is another thread
                await asyncio.sleep(0.002)

    def jobs_left(self) -> list[str]:
        """The jobs that were not deleted."""
        return [job.id for job in self.simulation.jobs.values() if not job.is_cancelled]


@pytest.fixture(scope="session")
def simulated_port() -> Iterator[tuple[int, Simulation]]:
    """The simulated provider, served by uvicorn in its own thread."""
    app = create_app()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield listener.getsockname()[1], app.state.simulation
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
def simulator(simulated_port: tuple[int, Simulation]) -> SimulatedProvider:
    """The simulated provider as new: everything works, jobs are done at once, no request came yet."""
    port, simulation = simulated_port
    simulation.enter(find_scenario("operational"))
    simulation.answers = Answers()
    simulation.render_seconds = 0.0
    simulation.jobs.clear()
    simulation.journal.clear()
    return SimulatedProvider(f"http://127.0.0.1:{port}", simulation)


@dataclass
class Bench:
    """Runs probes of one service after another, with a ledger on disk and real connections."""

    storage: Path
    clock: HastyClock = field(default_factory=HastyClock)
    clients: ProviderClients = field(default_factory=ProviderClients)
    _ledger: Ledger | None = None

    @property
    def ledger(self) -> Ledger:
        """The ledger; opened on first use."""
        if self._ledger is None:
            self._ledger = Ledger.open(self.storage, exclusive=False, now=self.clock.now)
        return self._ledger

    def config(
        self,
        base_url: str,
        api: str,
        model: str,
        timeout: float = 10.0,
        document: dict[str, Any] | None = None,
        **service: Any,
    ) -> Config:
        """Return a configuration with one service; ``document`` are further sections, ``service`` its own members."""
        probes = {str(probe): {"interval": "1d", "timeout": f"{timeout}s"} for probe in ProbeKind}
        document = document or {}
        provider = {"base_url": base_url, "api_key_env": "PROBE_KEY", **document.get("provider", {})}
        return Config.model_validate(
            {
                "budget_usd_per_day": 1000,
                "apis": document.get("apis", {}),
                "providers": {"one": {name: value for name, value in provider.items() if value is not None}},
                "services": [
                    {"id": "watched", "product": "video", "access": "official", "provider": "one"}
                    | {"model": model, "api": api, "price_usd": {"per_request": 0.25}, "probes": probes}
                    | service
                ],
            }
        )

    def runner(self, config: Config, spacing: float = 0.0) -> Runner:
        """Return a runner of the configured probes; ``spacing`` is the least time between two paid ones in seconds."""
        return Runner(config, self.ledger, self.clients, self.clock, lambda *_: spacing)

    async def run(self, probe: ProbeKind, base_url: str, api: str, model: str, **settings: Any) -> ProbeResult:
        """Run one probe of a service and return its result."""
        config = self.config(base_url, api, model, **settings)
        result = await self.runner(config).run(config.services[0], probe)
        assert result is not None
        return result

    async def close(self) -> None:
        """Close every connection and the ledger."""
        await self.clients.keep_only({})
        if self._ledger is not None:
            self._ledger.close()


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """Everything to run probes with; afterwards nothing of it is left."""
    monkeypatch.setenv("PROBE_KEY", "sk-of-the-probes")
    found = Bench(tmp_path / "storage")
    yield found
    await found.close()
    leftover = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert leftover == []
