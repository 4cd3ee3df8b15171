"""TCP and TLS for the HTTP library: names resolved apart from connecting, so that each can be timed and told."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable
from typing import Any, Protocol, SupportsIndex

import httpcore2
from aiohappyeyeballs import start_connection

CONNECT_STAGGER_SECONDS = 0.25


class Record(Protocol):
    """Who asks for a connection: told what was spent, asked what is allowed."""

    public_only: bool

    def spent(self, phase: str, seconds: float) -> None:
        """Take note of the seconds a phase took."""


class ForbiddenAddress(OSError):
    """A name that resolves to an address inside our own network, where only a public one is acceptable."""


def is_private(address: str) -> bool:
    """Whether an IP address is not a public one (loopback, link-local, private, reserved, multicast)."""
    parsed = ipaddress.ip_address(address.split("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return not (mapped or parsed).is_global or parsed.is_multicast


class Reader(asyncio.StreamReader):
    """asyncio's reader, which can also tell whether anything arrived that nobody has read."""

    unread = 0

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        self.unread += len(bytes(data))
        super().feed_data(data)

    async def read(self, n: int = -1) -> bytes:
        data = await super().read(n)
        self.unread -= len(data)
        return data


class Stream(httpcore2.AsyncNetworkStream):
    """One connection over asyncio's own streams."""

    def __init__(self, reader: Reader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def over(cls, connected: socket.socket) -> Stream:
        """Return the stream over a connected socket."""
        loop = asyncio.get_running_loop()
        reader = Reader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport, _ = await loop.create_connection(lambda: protocol, sock=connected)
        return cls(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)
        except TimeoutError as error:
            raise httpcore2.ReadTimeout("timed out reading the answer") from error
        except OSError as error:
            raise httpcore2.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        try:
            self._writer.write(buffer)
            async with asyncio.timeout(timeout):
                await self._writer.drain()
        except TimeoutError as error:
            raise httpcore2.WriteTimeout("timed out sending the request") from error
        except OSError as error:
            raise httpcore2.WriteError(str(error)) from error

    async def aclose(self) -> None:
        # Aborting never waits for a peer that does not answer the closing handshake.
        self._writer.transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        try:
            async with asyncio.timeout(timeout):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except TimeoutError as error:
            await self.aclose()
            raise httpcore2.ConnectTimeout("timed out in the TLS handshake") from error
        except (ssl.SSLError, ssl.CertificateError) as error:
            await self.aclose()
            raise httpcore2.ConnectError(str(error)) from error
        except OSError as error:
            await self.aclose()
            raise httpcore2.ConnectError(f"TLS handshake broken off: {error}") from ssl.SSLError(str(error))
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            # An idle connection with bytes or its end waiting was given up by the server and must not be used again.
            return self._reader.at_eof() or self._reader.unread > 0
        names = {"ssl_object": "ssl_object", "server_addr": "peername", "client_addr": "sockname", "socket": "socket"}
        return self._writer.get_extra_info(names[info]) if info in names else None


class Network(httpcore2.AsyncNetworkBackend):
    """Opens connections; tells the current record how long resolving and connecting took."""

    def __init__(self, record: Callable[[], Record]) -> None:
        self._record = record

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - the library's signature
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> Stream:
        loop, record = asyncio.get_running_loop(), self._record()
        try:
            async with asyncio.timeout(timeout):
                started = loop.time()
                addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                record.spent("resolve", loop.time() - started)
                _require_allowed(host, [str(entry[4][0]) for entry in addresses], record)
                started = loop.time()
                connected = await start_connection(addresses, happy_eyeballs_delay=CONNECT_STAGGER_SECONDS)
                record.spent("connect", loop.time() - started)
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return await Stream.over(connected)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(f"timed out connecting to {host}:{port}") from error
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _require_allowed(host: str, addresses: list[str], record: Record) -> None:
    if not addresses:
        raise socket.gaierror(socket.EAI_NONAME, f"{host} has no address")
    if record.public_only and any(is_private(address) for address in addresses):
        raise ForbiddenAddress(f"{host} resolves to a private address")
