"""TLS handshakes of the server: they count among all connections, and each uses the newest context."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest
from support.faults.certificates import Authority

from sora_exporter.web.tls import Handshake, TlsGate


class Greeting(asyncio.Protocol):
    """A protocol that greets after the handshake, in place of the server's."""

    connections: frozenset[object] = frozenset()
    most_connections = 2

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"hello")
        transport.close()


async def test_each_connection_uses_the_newest_context(tmp_path: Path) -> None:
    """The function for the context is called for each connection, so a renewed certificate is used at once."""
    authority = Authority.create(tmp_path)
    contexts = [authority.server_context("first"), authority.server_context("second")]
    given = iter(contexts)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    gate = TlsGate(listener, lambda: next(given), Greeting)  # type: ignore[arg-type, return-value]
    client = ssl.create_default_context(cafile=str(authority.path))
    try:
        serials = []
        for _ in contexts:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname="127.0.0.1")
            serials.append(writer.get_extra_info("peercert")["serialNumber"])
            assert await reader.read() == b"hello"
            writer.close()
        assert len(set(serials)) == 2
    finally:
        gate.close()
        await gate.wait_closed()
        listener.close()


@pytest.mark.parametrize("ending", ["aborted", "over"])
async def test_a_handshake_that_ended_is_closing(ending: str) -> None:
    """A handshake makes room for no other once it was cut off or is over."""
    task = asyncio.create_task(asyncio.sleep(0 if ending == "over" else 3600))
    handshake = Handshake(task, 0.0)
    assert not handshake.is_closing
    if ending == "aborted":
        handshake.abort()
    else:
        await task
    assert handshake.is_closing
    await asyncio.wait([task])
