"""The trace of an attempt: its calls, without secrets and bounded."""

from __future__ import annotations

import json

import pytest
from support.faults.server import answer, fixed, serve
from support.strict_provider import GET, POST, client_of

from sora_exporter.http.provider import ProviderClients, Request
from sora_exporter.http.trace import MOST_CALLS, Trace
from sora_exporter.http.traced import TracedClient
from sora_exporter.redact import HIDDEN

pytestmark = pytest.mark.usefixtures("own_keys")


async def test_a_trace_shows_each_exchange_without_secrets(clients: ProviderClients) -> None:
    """Method, address, headers, bodies and status are kept in order; the key is hidden everywhere."""
    echo = fixed(answer(b'{"error":"wrong key own-key-0123456789"}', "401 Unauthorized"))
    async with serve(echo) as server:
        trace = Trace()
        client = client_of(clients, server.url, auth={"query": "key"}, api_key_env="OWN_KEY")
        traced = TracedClient(client, trace)
        for request in (GET, POST):
            await traced.ask(request, "official")
        await traced.download("/a.mp4", bytearray().extend, limit=9, timeout_seconds=5.0, endpoint="videos",
                              access="official")  # fmt: skip
        await client.ask(GET, "official")
    assert [(call.method, call.http_status) for call in trace.calls] == [("GET", 401), ("POST", 401), ("GET", 401)]
    assert json.loads(trace.calls[1].body) == {"prompt": "雨", "n": 1}
    assert trace.calls[0].url.startswith(f"{server.url}/models/m?n=1&")
    assert HIDDEN in trace.calls[0].answer_body
    assert "own-key" not in f"{trace}"


async def test_a_trace_is_bounded(clients: ProviderClients) -> None:
    """Exchanges beyond the limit are counted and not kept; one that sends nothing says why."""
    trace = Trace()
    client = client_of(clients, "http://127.0.0.1:1")
    for _ in range(MOST_CALLS + 2):
        await client.ask(Request("GET", "/m", "models", 5.0), "official", trace=trace)
    assert (len(trace.calls), trace.left_out) == (MOST_CALLS, 2)
    assert "ConnectionRefusedError" in trace.calls[0].trouble
