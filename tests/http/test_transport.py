"""Connections: every TLS fault, proxies, and failures below HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.faults.certificates import ENDED, ENDS, Authority, self_signed_context
from support.faults.server import JSON, abort, answer, fixed, serve

from sora_exporter.classify import classify
from sora_exporter.config import Provider
from sora_exporter.http.provider import ProviderClient, Request
from sora_exporter.result import ErrorClass, Wire

E = ErrorClass
GET = Request("GET", "/models/sora-2", "models", 2.0)


@asynccontextmanager
async def client_of(url: str, **settings: Any) -> AsyncIterator[ProviderClient]:
    """Return a client of a provider, closed afterwards."""
    client = ProviderClient(Provider.model_validate({"base_url": url, **settings}))
    try:
        yield client
    finally:
        await client.aclose()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority that only the test trusts."""
    return Authority.create(tmp_path)


async def test_an_own_authority_is_trusted_and_the_expiry_found(authority: Authority) -> None:
    """With ``ca_file`` a good certificate verifies; the reply has its expiry, the TLS phase and the answer."""
    async with (
        serve("good", tls=authority.server_context("good")) as server,
        client_of(server.url, ca_file=str(authority.path)) as client,
    ):
        reply = await client.ask(GET, "official")
    assert (reply.http_status, reply.tls_expires_at) == (200, ENDS.timestamp())
    assert {"resolve", "connect", "tls", "processing", "transfer"} == set(reply.phases)
    assert reply.wire == Wire("1.1", 4, "TLS 1.3")


@pytest.mark.parametrize("fault", ["expired", "self-signed", "wrong name", "unknown authority"])
async def test_a_certificate_that_does_not_verify_is_a_tls_fault(
    authority: Authority, tmp_path: Path, fault: str
) -> None:
    """Each untrusted certificate gives ``tls``, nothing is sent, and the reply still has its expiry."""
    context, ends = {
        "expired": lambda: (authority.server_context("expired", ends=ENDED), ENDED),
        "self-signed": lambda: (self_signed_context(tmp_path / "self.pem"), ENDS),
        "wrong name": lambda: (authority.server_context("wrong", host="other.example"), ENDS),
        "unknown authority": lambda: (authority.server_context("unknown"), ENDS),
    }[fault]()
    trust = {} if fault == "unknown authority" else {"ca_file": str(authority.path)}
    async with serve("good", tls=context) as server, client_of(server.url, **trust) as client:
        reply = await client.ask(GET, "official")
    assert (classify(reply.answer).error_class, reply.tls_expires_at) == (E.TLS, ends.timestamp())
    assert (server.requests, reply.is_sent, reply.is_reached) == ([], False, True)


async def test_without_verification_everything_is_accepted_and_the_expiry_found(tmp_path: Path) -> None:
    """With ``verify: false`` a self-signed certificate is accepted, and the reply has its expiry."""
    context = self_signed_context(tmp_path / "self.pem")
    async with serve("good", tls=context) as server, client_of(server.url, verify=False) as client:
        reply = await client.ask(GET, "official")
    assert (reply.http_status, reply.tls_expires_at) == (200, ENDS.timestamp())


@dataclass
class Proxy:
    """A proxy for CONNECT and for whole addresses; ``heads`` are the requests to it."""

    url: str = ""
    refusal: bytes = b""
    heads: list[bytes] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            method, target, _ = head.split(b" ", 2)
            if self.refusal:
                writer.write(self.refusal)
            elif method == b"CONNECT":
                await self._tunnel(target.decode(), reader, writer)
            else:
                await self._forward(head, target.decode(), writer)
        writer.close()

    async def _tunnel(self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = target.rpartition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        self.writers.append(far_writer)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    async def _forward(self, head: bytes, target: str, writer: asyncio.StreamWriter) -> None:
        origin, _, path = target.removeprefix("http://").partition("/")
        host, _, port = origin.rpartition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        self.writers.append(far_writer)
        far_writer.write(head.replace(target.encode(), b"/" + path.encode(), 1))
        writer.write(await far_reader.read(65536))
        far_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


@asynccontextmanager
async def proxy(refusal: bytes = b"") -> AsyncIterator[Proxy]:
    """Serve a proxy on a loopback port."""
    found = Proxy(refusal=refusal)
    tasks: set[asyncio.Task[None]] = set()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(found.accept(reader, writer)))

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    found.url = f"http://user:proxy-password@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield found
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await abort(found.writers)
        await server.wait_closed()


async def test_a_proxy_forwards_plain_requests() -> None:
    """With ``proxy`` a plain request goes through it, with its own credentials, and the answer comes back."""
    async with proxy() as between, serve("good") as server, client_of(server.url, proxy=between.url) as client:
        reply = await client.ask(GET, "official")
        secrets = client.secrets()
    assert (reply.http_status, len(between.heads), len(server.requests)) == (200, 1, 1)
    assert between.heads[0].startswith(f"GET {server.url}/models/sora-2 ".encode())
    assert b"proxy-authorization: basic" in between.heads[0].lower()
    assert "proxy-password" in secrets


async def test_a_proxy_tunnels_tls(authority: Authority) -> None:
    """With ``proxy`` TLS goes through a tunnel that sees no key; the tunnel's time counts as connecting."""
    context = authority.server_context("good")
    async with (
        proxy() as between,
        serve("good", tls=context) as server,
        client_of(server.url, proxy=between.url, ca_file=str(authority.path), headers={"X-Own": "secret"}) as client,
    ):
        reply = await client.ask(GET, "official")
    assert (reply.http_status, reply.tls_expires_at, len(between.heads)) == (200, ENDS.timestamp(), 1)
    assert between.heads[0].startswith(b"CONNECT ")
    assert b"secret" not in between.heads[0]
    assert {"resolve", "connect", "tls", "processing", "transfer"} == set(reply.phases)


@pytest.mark.parametrize(
    ("status", "own_fault"),
    [
        ("407 Proxy Authentication Required", E.LOCAL_NETWORK),
        ("403 Forbidden", E.LOCAL_NETWORK),
        ("500 Internal Server Error", E.LOCAL_NETWORK),
        ("502 Bad Gateway", None),
        ("503 Service Unavailable", None),
    ],
)
async def test_a_proxy_that_refuses_is_no_contact_with_the_provider(status: str, own_fault: ErrorClass | None) -> None:
    """A failed tunnel is reported with the proxy's answer: its own refusal is our fault, a dead end is not."""
    async with (
        proxy(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()) as between,
        client_of("https://provider.example", proxy=between.url) as client,
    ):
        reply = await client.ask(GET, "official")
    assert (reply.is_reached, reply.is_sent, reply.http_status) == (own_fault is not None, False, None)
    assert (reply.own_fault and reply.own_fault.error_class) == own_fault
    assert status in (reply.answer.transport_error or "")
    assert "proxy-password" not in f"{reply}"


async def test_failed_tunnels_pile_up_nowhere(tmp_path: Path) -> None:
    """Handshakes that fail inside a tunnel leave no connection in the pool."""
    context = self_signed_context(tmp_path / "self.pem")
    async with (
        proxy() as between,
        serve("good", tls=context) as server,
        client_of(server.url, proxy=between.url) as client,
    ):
        replies = [await client.ask(GET, "official") for _ in range(4)]
        left = client._transport.open_connections
    assert {classify(reply.answer).error_class for reply in replies} == {E.TLS}
    assert left <= 1


@pytest.mark.parametrize("target", ["http://127.0.0.2:9/a.mp4", "http://10.1.1.1/a.mp4", "http://localhost:9/a.mp4"])
async def test_an_asset_inside_our_network_is_refused_behind_a_proxy_too(target: str) -> None:
    """The address that an answer names is checked, although the connection goes to the proxy's."""
    async with proxy() as between, client_of("http://provider.example", proxy=between.url) as client:
        reply = await client.download(target, lambda _: None, limit=99, timeout_seconds=2.0, endpoint="videos",
                                      access="official")  # fmt: skip
    assert "private address" in (reply.answer.transport_error or "")
    assert between.heads == []


async def test_a_public_asset_passes_a_proxy_on_a_private_address() -> None:
    """A proxy on a private address is ours, and keeps no asset away."""
    body = answer(b"asset", "200 OK", "video/mp4")
    async with proxy(body) as between, client_of("http://provider.example", proxy=between.url) as client:
        taken: list[bytes] = []
        reply = await client.download("http://8.8.8.8/a.mp4", taken.append, limit=99, timeout_seconds=2.0,
                                      endpoint="videos", access="official")  # fmt: skip
    assert (reply.http_status, b"".join(taken)) == (200, b"asset")


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://no-such-host.invalid:3128"])
@pytest.mark.parametrize("url", ["https://provider.example", "http://provider.example"])
async def test_a_proxy_that_is_down_is_our_fault(url: str, address: str) -> None:
    """A proxy that refuses or cannot be found is reported as such, without blame for the provider."""
    async with client_of(url, proxy=address) as client:
        reply = await client.ask(GET, "official")
    assert reply.own_fault is not None
    assert (reply.own_fault.error_class, reply.is_sent) == (E.LOCAL_NETWORK, False)
    assert reply.own_fault.message.startswith("our proxy cannot be reached: ")


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "511 Network Authentication Required"])
async def test_a_login_between_us_and_the_provider_is_ours(status: str) -> None:
    """The answers of a proxy and of a guest network are not the provider's."""
    async with serve(fixed(answer(b"log in", status, "text/html"))) as server, client_of(server.url) as client:
        reply = await client.ask(GET, "official")
    assert reply.own_fault is not None
    assert (reply.own_fault.error_class, status[:3] in reply.own_fault.message) == (E.LOCAL_NETWORK, True)


@pytest.mark.parametrize(
    ("url", "error_class"),
    [("http://127.0.0.1:1", E.CONNECTION), ("http://no-such-host.invalid", E.DNS), ("http://a..b", E.DNS)],
)
async def test_an_absent_host_has_its_own_class(url: str, error_class: ErrorClass) -> None:
    """A refused connection and unresolvable names have their own classes and count as unreached."""
    async with client_of(url) as client:
        reply = await client.ask(GET, "official")
    assert (classify(reply.answer).error_class, reply.is_reached, reply.is_sent) == (error_class, False, False)


async def test_a_name_that_resolves_to_nothing_is_a_dns_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that answers with no address at all gives ``dns``."""

    def nothing(*_: Any, flags: int = 0, **__: Any) -> list[Any]:
        if flags:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        return []

    monkeypatch.setattr("socket.getaddrinfo", nothing)
    async with client_of("http://empty.example") as client:
        reply = await client.ask(GET, "official")
    assert classify(reply.answer).error_class is E.DNS


async def test_an_old_connection_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection is not used for ever: a new one sees renewed certificates and moved names."""
    monkeypatch.setattr("sora_exporter.http.network.CONNECTION_SECONDS", -1.0)
    async with serve("good", is_kept=True) as server, client_of(server.url) as client:
        for _ in range(3):
            await client.ask(GET, "official")
        assert server.connections == 3


async def test_an_untouched_body_of_a_plain_answer_is_kept_whole() -> None:
    """A compressed answer is decompressed even though the request did not allow compression."""
    packed = answer(gzip.compress(JSON), "200 OK", "application/json", "Content-Encoding: gzip")
    async with serve(fixed(packed)) as server, client_of(server.url) as client:
        reply = await client.ask(GET, "official")
    assert reply.answer.body == JSON.decode()
