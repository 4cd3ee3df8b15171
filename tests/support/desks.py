"""Simulated vendors at work, called without any network."""

from __future__ import annotations

from itertools import count
from typing import Any

import httpx2

from sora_exporter.simulator.vendors import Desk, find_desk
from sora_exporter.simulator.vendors.kit import Call


def desk_of(vendor: str) -> Desk:
    """Return a vendor whose clock moves by a second with each request."""
    seconds = count(1)
    return find_desk(vendor, clock=lambda: float(next(seconds)))


async def ask(desk: Desk, method: str, path: str, **request: Any) -> httpx2.Response:
    """Send one request without any network."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(desk), base_url="http://vendor.example") as client:
        return await client.request(method, path, **request)


def create_of(desk: Desk) -> Call:
    """Return the vendor's create call."""
    return next(call for call in desk.vendor.calls if call.action == "create")
