"""Requests with and without the SDK: the same bytes, no setting of OpenAI from the environment, loaded when needed."""

from __future__ import annotations

import platform
import subprocess
import sys
from typing import Any

import httpx2
import openai
import pytest
from openai import _base_client as of_sdk
from support.faults.server import JSON, Connection, answer, serve

from sora_exporter.config import Provider
from sora_exporter.http.provider import ProviderClients, Request

OF_SDK_ALONE = {"x-stainless-read-timeout"}
Sent = tuple[bytes, dict[str, str], bytes]


def provider(url: str, headers: dict[str, str]) -> Provider:
    """Return the configuration of a provider."""
    return Provider.model_validate({"base_url": url, "headers": headers})


class Journal:
    """A behaviour that keeps request line, headers by lower-case name, and body of each request."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []

    async def __call__(self, connection: Connection) -> None:
        """Keep a request and answer it."""
        line, *fields = connection.head.strip().split(b"\r\n")
        pairs = [field.decode().partition(": ") for field in fields]
        named = {name.lower(): value for name, _, value in pairs if name.lower() not in OF_SDK_ALONE}
        assert len({name.lower() for name, _, _ in pairs}) == len(pairs), "a header was sent twice"
        self.sent.append((line, named, connection.body))
        await connection.send(answer(JSON))


@pytest.fixture(autouse=True)
def known_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the SDK learn the platform's name without starting a process, as the standard library would."""
    monkeypatch.setattr(platform, "platform", lambda: "Linux-6.1-x86_64")
    of_sdk.platform_headers.cache_clear()


HEADERS: list[dict[str, str]] = [
    {},
    {"authorization": "sk-bare", "user-agent": "own"},
    {"Content-Type": "text/plain", "X-Own": "1"},
]


@pytest.mark.parametrize("headers", HEADERS)
@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("body", [None, {}, {"prompt": "größer", "parts": [1, 2.5, None, True, "\u2028"]}])
async def test_free_and_paid_requests_are_the_same_bytes(
    clients: ProviderClients, headers: dict[str, str], method: str, body: dict[str, Any] | None
) -> None:
    """A body sent without the SDK has the bytes and the headers that the SDK gives it, except for its timeout."""
    journal = Journal()
    async with serve(journal) as server:
        client = clients.get("one", provider(server.url, headers))
        for is_paid in (False, True):
            await client.ask(Request(method, "/videos", "videos", 5.0, body, is_paid=is_paid), "official")
    free, paid = journal.sent
    assert free == paid


@pytest.mark.parametrize("headers", HEADERS)
async def test_requests_without_a_body_carry_the_sdks_headers(
    clients: ProviderClients, headers: dict[str, str]
) -> None:
    """A request without a body has the headers it would have through the SDK, except for its timeout."""
    journal = Journal()
    given = {} if "authorization" in headers else {"Authorization": openai.Omit()}
    async with serve(journal) as server:
        await clients.get("one", provider(server.url, headers)).ask(
            Request("GET", "/models", "models", 5.0), "official"
        )
        async with httpx2.AsyncClient(trust_env=False, headers={"accept-encoding": "identity"}) as http:
            sdk = openai.AsyncOpenAI(api_key="-", base_url=server.url, http_client=http, default_headers=headers)
            await sdk.get("/models", cast_to=httpx2.Response, options={"headers": given})
    ours, of_the_sdk = journal.sent
    assert ours == of_the_sdk


@pytest.mark.processes
def test_free_probes_load_no_sdk() -> None:
    """The command that serves, and the client of a provider, do not load the SDK."""
    program = "import sys, sora_exporter.cli.serve, sora_exporter.http.provider; sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
