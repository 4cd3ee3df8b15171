"""The simulated provider in this process, with a clock moved by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sora_exporter.simulator import create_app

Start = Callable[..., Awaitable["Provider"]]


@dataclass
class HandMovedClock:
    """Unix seconds that only pass when a test or a sleep moves them."""

    now: float = 1_769_600_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Provider:
    """A running simulated provider, seen through its client."""

    client: httpx2.AsyncClient
    clock: HandMovedClock

    async def behave(self, model: str, behaviour: str, **settings: Any) -> None:
        """Set a model's behaviour through the control endpoint."""
        answer = await self.client.put(f"/control/models/{model}", json={"behaviour": behaviour, **settings})
        assert answer.status_code == 200, answer.text

    async def journal(self) -> list[dict[str, Any]]:
        """Return the requests so far."""
        entries: list[dict[str, Any]] = (await self.client.get("/control/journal")).json()
        return entries

    async def open_jobs(self) -> list[str]:
        """Return the ids of the jobs that were not deleted."""
        return [job["id"] for job in (await self.client.get("/control/jobs")).json()]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts a provider in a scenario; the settings are create_app's."""
    async with AsyncExitStack() as stack:

        async def _start(scenario: str = "operational", *, documents: Path | None = None, **settings: Any) -> Provider:
            clock = HandMovedClock()
            app = create_app(scenario, clock=clock, sleep=clock.sleep, status_documents=documents, **settings)
            client = httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=app),
                base_url="http://simulator",
                headers={"authorization": "Bearer sk-simulated"},
            )
            return Provider(await stack.enter_async_context(client), clock)

        yield _start
