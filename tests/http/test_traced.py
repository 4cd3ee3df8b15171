"""Providers' clients whose every exchange goes into a trace."""

from __future__ import annotations

import pytest
from support.faults.server import answer, fixed, serve
from support.strict_provider import GET

from sora_exporter.config import Provider
from sora_exporter.http.provider import ProviderClients
from sora_exporter.http.trace import Call
from sora_exporter.http.traced import TracedClients

pytestmark = pytest.mark.usefixtures("own_keys")


async def test_each_call_is_shown_as_soon_as_it_has_ended(clients: ProviderClients) -> None:
    """Requests and downloads of every attempt are shown; the untraced client of the same provider shows none."""
    shown: list[Call] = []
    async with serve(fixed(answer(b"{}"))) as server:
        provider = Provider.model_validate({"base_url": server.url})
        for _ in range(2):
            await TracedClients(clients, shown.append).get("one", provider).ask(GET, "official")
        traced = TracedClients(clients, shown.append).get("one", provider)
        await traced.download("/a", bytearray().extend, limit=9, timeout_seconds=5.0, endpoint="videos",
                              access="official")  # fmt: skip
        await clients.get("one", provider).ask(GET, "official")
    assert [call.url.removeprefix(server.url) for call in shown] == ["/models/m?n=1", "/models/m?n=1", "/a"]


def test_a_traced_client_is_the_providers_own(clients: ProviderClients) -> None:
    """Values, secrets and refused addresses are those of the client behind it."""
    settings = {"base_url": "https://r.example/v1", "api_key_env": "OWN_KEY", "values": {"zone": "eu"}}
    provider = Provider.model_validate(settings)
    traced = TracedClients(clients, lambda _: None).get("one", provider)
    plain = clients.get("one", provider)
    assert (dict(traced.values), traced.secrets()) == (dict(plain.values), plain.secrets())
    for address in ("https://evil.example/x", "https://r.example/v1/x"):
        assert traced.refused(address) == plain.refused(address)
    assert traced.refused("https://evil.example/x") is not None
