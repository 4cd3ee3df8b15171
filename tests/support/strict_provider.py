"""A provider that accepts a request only with the right credential, and requests to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sora_exporter.config import Provider
from sora_exporter.http.provider import ProviderClient, ProviderClients, Request
from support.faults.server import Connection, answer

GET = Request("GET", "/models/m?n=1", "models", 5.0)
POST = Request("POST", "/videos", "videos", 5.0, {"prompt": "雨", "n": 1}, is_paid=True)
ACCESS, SECRET = "access-key-0123456789", "secret-key-0123456789-0123456789-abc"
Check = Callable[[str, str, dict[str, str], bytes], bool]


def guarded(check: Check) -> Callable[[Connection], Any]:
    """Return a behaviour that answers 200 to a request that passes the check, and 401 to any other."""

    async def behave(connection: Connection) -> None:
        line, *lines = connection.head.decode("latin-1").split("\r\n")
        method, target, _ = line.split()
        headers = {name.lower(): value.strip() for name, _, value in (text.partition(":") for text in lines) if name}
        is_good = check(method, target, headers, connection.body)
        await connection.send(answer(b"{}", "200 OK" if is_good else "401 Unauthorized"))

    return behave


def client_of(clients: ProviderClients, url: str, **settings: Any) -> ProviderClient:
    """Return the client of a provider with these settings."""
    return clients.get("one", Provider.model_validate({"base_url": url, **settings}))


async def statuses(client: ProviderClient) -> list[int | None]:
    """Return the HTTP statuses of a request without and of one with a body."""
    return [(await client.ask(request, "official")).http_status for request in (GET, POST)]
