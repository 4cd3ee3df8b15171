"""Two routes to one product at the simulated provider, and clients that leave nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry

from sora_exporter.config import Config
from sora_exporter.fallback import AsyncFallbackClient
from support.clock import HandClock
from support.probing import HastyClock, SimulatedProvider

OFFICIAL, REVERSE = "sora-2-official", "sora-2-reverse"
MODELS = {OFFICIAL: "sora-2", REVERSE: "sora_video2"}
SERVICES: Mapping[str, dict[str, Any]] = {
    OFFICIAL: {"access": "official", "model": "sora-2", "api": "videos", "price_usd": {"per_second": 0.10}},
    REVERSE: {"access": "reverse", "model": "sora_video2", "api": "chat", "price_usd": {"per_request": 0.12}},
}


def service(service_id: str, **members: Any) -> dict[str, Any]:
    """Return a service of the configuration; members that are not given are those of Sora 2."""
    known = SERVICES.get(service_id, SERVICES[OFFICIAL])
    return {"id": service_id, "product": "sora-2", "provider": "relay", **known, **members}


def config_of(base_url: str, *services: dict[str, Any], **document: Any) -> Config:
    """Return a configuration of one provider with these services, by default the two routes to Sora 2."""
    provider = {"base_url": base_url, "api_key_env": "SHOP_KEY"}
    offered = services or (service(OFFICIAL), service(REVERSE))
    return Config.model_validate({"providers": {"relay": provider}, "services": list(offered), **document})


@dataclass
class Shop:
    """Makes clients of the simulated provider; ``simulator`` is set and read directly."""

    simulator: SimulatedProvider
    clients: list[AsyncFallbackClient] = field(default_factory=list)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    @property
    def config(self) -> Config:
        """The two routes to Sora 2."""
        return config_of(self.simulator.base_url("videos"))

    def client(
        self, config: Config | None = None, clock: HastyClock | HandClock | None = None, **settings: Any
    ) -> AsyncFallbackClient:
        """Return a client of the two routes, closed at the end of the test."""
        settings = {"registry": self.registry, "clock": clock or HastyClock(), **settings}
        self.clients.append(AsyncFallbackClient(config or self.config, **settings))
        return self.clients[-1]

    def behave(self, service_id: str, behaviour: str, **settings: Any) -> None:
        """Set a route's behaviour."""
        self.simulator.behave(MODELS[service_id], behaviour, **settings)

    def tried(self) -> list[str]:
        """The routes that got a create request, in order."""
        by_model = {model: service_id for service_id, model in MODELS.items()}
        entries = list(self.simulator.simulation.journal)
        return [by_model[entry["model"]] for entry in entries if entry["action"] == "create"]

    def counted(self, service_id: str, outcome: str) -> float:
        """The number of requests to a route that the client's metrics count with this outcome."""
        labels = {"service_id": service_id, "outcome": outcome}
        return self.registry.get_sample_value("sora_client_requests_total", labels) or 0.0

    async def until_created(self, jobs: int) -> None:
        """Wait until so many jobs are accepted, which may be after their callers left."""
        await until(lambda: self.simulator.created() >= jobs)

    async def until_met(self, service_id: str, requests: int = 1, or_else: asyncio.Event | None = None) -> None:
        """Wait until a route met so many create requests, which it may not have answered yet, or for the event."""
        met = self.simulator.simulation._requests
        await until(lambda: met[MODELS[service_id]] >= requests or (or_else is not None and or_else.is_set()))


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, at most twenty seconds."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - the other side is another thread
            await asyncio.sleep(0.002)
