"""A shop with two routes to Sora 2."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from support.probing import SimulatedProvider
from support.shop import Shop


@pytest.fixture
async def shop(simulator: SimulatedProvider, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """Two routes on real sockets; afterwards no task of any client is left."""
    monkeypatch.setenv("SHOP_KEY", "sk-of-the-application")
    simulator.simulation._requests.clear()
    found = Shop(simulator)
    yield found
    for client in found.clients:
        await client.aclose()
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
