"""TCP and TLS for the HTTP library. Names are resolved separately from connecting, so that each phase is timed.

The library's own stream over AnyIO is not exported, cannot report unread bytes, and performs TLS in Python.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Protocol, SupportsIndex

import httpcore2
from aiohappyeyeballs import start_connection

from sora_exporter.config.provider import IpProtocol
from sora_exporter.tasks import in_background

CONNECT_STAGGER_SECONDS = 0.25
CONNECTION_SECONDS = 600.0
"""The longest use of a connection: only a new one sees a renewed certificate or a changed address."""
READ_BYTES = 16384
EXTRA_INFO = {"ssl_object": "ssl_object", "server_addr": "peername", "client_addr": "sockname", "socket": "socket"}
"""What the HTTP library asks about a connection, by asyncio's names."""
KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""Keeps an idle connection in the tables of routers on the way, and detects that a router dropped it."""


CARRIERS = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")))
"""IPv6 networks that end with an IPv4 address. Source: RFC 4291 section 2.5.5, RFC 2765 section 2.1, RFC 6052."""
INSIDE = tuple(map(ipaddress.IPv6Network, ("64:ff9b:1::/48", "fec0::/10", "5f00::/16", "3fff::/20")))
"""IPv6 networks of one's own that some versions of Python consider global. Source: RFC 8215, 3879, 9602, 9637."""
METADATA = frozenset(map(ipaddress.ip_address, ("168.63.129.16", "192.0.0.192")))
"""Public or special addresses at which a cloud (Azure, Oracle) serves a machine its own secrets."""

AddressInfo = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]


class Record(Protocol):
    """The record of the request that needs a connection: which addresses are allowed, and how long phases took."""

    public_only: bool

    def spent(self, phase: str, seconds: float) -> None:
        """Add the seconds that a phase took."""


def chosen(ip_protocol: IpProtocol | None, host: str, addresses: Sequence[AddressInfo]) -> Sequence[AddressInfo]:
    """Return the addresses to use, in order. Raises gaierror if the name has none of the only family allowed."""
    if ip_protocol is None:
        return addresses
    family = socket.AF_INET if ip_protocol.endswith("4") else socket.AF_INET6
    of_family = [entry for entry in addresses if entry[0] == family]
    if ip_protocol.startswith("prefer"):
        return [*of_family, *(entry for entry in addresses if entry[0] != family)]
    if not of_family:
        raise socket.gaierror(socket.EAI_NONAME, f"getaddrinfo found no {ip_protocol} address of {host}")
    return of_family


class ForbiddenAddress(OSError):
    """A name resolves to an address inside our own network although only public ones are allowed."""


def is_private(address: str) -> bool:
    """Return whether an IP address is not public: loopback, link-local, private, reserved or multicast."""
    parsed = ipaddress.ip_address(address.split("%")[0])
    if parsed in METADATA or any(parsed in network for network in INSIDE):
        return True
    if isinstance(parsed, ipaddress.IPv6Address) and (inner := _carried(parsed)) is not None:
        return is_private(str(inner))
    return not parsed.is_global or parsed.is_multicast


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that a mapped, compatible, translated (NAT64), 6to4 or Teredo address leads to."""
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    is_carrier = any(address in network for network in CARRIERS)
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if is_carrier else None


class Reader(asyncio.StreamReader):
    """asyncio's reader with the number of bytes that arrived and were not read."""

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
        self._loop = asyncio.get_running_loop()
        self._ends_at = self._loop.time() + CONNECTION_SECONDS

    def __del__(self) -> None:
        # If a SOCKS proxy breaks the protocol, the library drops the connection without closing it. A program that ends
        # its loop first leaves the socket to the transport, which closes it.
        if not self._writer.is_closing() and not self._loop.is_closed():
            self._writer.transport.abort()

    @classmethod
    async def over(cls, connected: socket.socket) -> Stream:
        """Return the stream over a connected socket."""
        loop = asyncio.get_running_loop()
        reader = Reader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport, _ = await loop.create_connection(lambda: protocol, sock=connected)
        return cls(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._reader.unread:
            # Bytes that are already here are read without waiting; a flood of them must not block other tasks.
            await asyncio.sleep(0)
        try:
            async with _within(timeout):
                return await self._reader.read(min(max_bytes, READ_BYTES))
        except TimeoutError as error:
            raise httpcore2.ReadTimeout("timed out reading the answer") from error
        except OSError as error:
            raise httpcore2.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        try:
            self._writer.write(buffer)
            async with _within(timeout):
                await self._writer.drain()
        except TimeoutError as error:
            raise httpcore2.WriteTimeout("timed out sending the request") from error
        except OSError as error:
            raise httpcore2.WriteError(str(error)) from error

    async def aclose(self) -> None:
        # Unlike closing, aborting does not wait for a peer that ignores the closing handshake.
        self._writer.transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        try:
            async with asyncio.timeout(timeout):
                await self._shake_hands(ssl_context, server_hostname)
        except TimeoutError as error:
            await self.aclose()
            raise httpcore2.ConnectTimeout("timed out in the TLS handshake") from error
        except (ssl.SSLError, ssl.CertificateError) as error:
            await self.aclose()
            raise httpcore2.ConnectError(str(error)) from error
        except OSError as error:
            await self.aclose()
            why = str(error) or "the server closed the connection"
            raise httpcore2.ConnectError(f"TLS handshake broken off: {why}") from error
        return self

    async def _shake_hands(self, ssl_context: ssl.SSLContext, server_hostname: str | None) -> None:
        try:
            await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
            return
        except ssl.SSLWantReadError:
            # The connection was reset during the handshake. Raised below, outside of this error's context.
            lost = ConnectionResetError("connection reset in the TLS handshake")
        raise lost

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            # The server gave up an idle connection on which bytes or its end have arrived; it must not be reused.
            return self._is_given_up() or self._loop.time() > self._ends_at
        return self._writer.get_extra_info(EXTRA_INFO[info]) if info in EXTRA_INFO else None

    def _is_given_up(self) -> bool:
        return self._reader.at_eof() or self._reader.unread > 0 or self._reader.exception() is not None


def _within(timeout: float | None) -> contextlib.AbstractAsyncContextManager[object]:
    """Limit a step in seconds. Our own requests have one limit for all steps, and pass none here."""
    return contextlib.nullcontext() if timeout is None else asyncio.timeout(timeout)


class Network(httpcore2.AsyncNetworkBackend):
    """Opens connections, and adds the seconds of resolving and connecting to the current record."""

    def __init__(self, record: Callable[[], Record], ip_protocol: IpProtocol | None = None) -> None:
        self._record, self._ip_protocol = record, ip_protocol

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - the library's signature
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> Stream:
        record = self._record()
        try:
            async with asyncio.timeout(timeout):
                started = time.perf_counter()
                addresses = chosen(self._ip_protocol, host, await resolve(host, port))
                record.spent("resolve", time.perf_counter() - started)
                _require_allowed(host, [str(entry[4][0]) for entry in addresses], record)
                started = time.perf_counter()
                connected = await start_connection(addresses, happy_eyeballs_delay=CONNECT_STAGGER_SECONDS)
                record.spent("connect", time.perf_counter() - started)
                _prepare(connected)
                return await Stream.over(connected)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(f"timed out connecting to {host}:{port}") from error
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


LookUp = asyncio.Future[Sequence[AddressInfo]]

_look_ups: dict[tuple[asyncio.AbstractEventLoop, str, int], LookUp] = {}
"""The look-ups under way, one for each name: the next attempt waits for the same one instead of starting another."""


async def resolve(host: str, port: int) -> Sequence[AddressInfo]:
    """Return the addresses of a host as ``getaddrinfo`` does, and raise what it raises.

    Each name has its own daemon thread, and never two. In a shared pool a few names whose servers do not answer would
    delay every other name and the end of the process.
    """
    with contextlib.suppress(socket.gaierror, UnicodeError):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    key = asyncio.get_running_loop(), host, port
    if key not in _look_ups:
        _look_ups[key] = in_background(partial(_looked_up, host, port), "resolve")
        _look_ups[key].add_done_callback(lambda _: _look_ups.pop(key))
    look_up = _look_ups[key]
    await asyncio.wait([look_up])
    return look_up.result()


def _looked_up(host: str, port: int) -> Sequence[AddressInfo]:
    """Return the addresses of a name, once its servers have answered."""
    with contextlib.suppress(UnicodeError):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # Raised outside of the handler: the class of a fault is that of its first cause.
    raise socket.gaierror(socket.EAI_NONAME, f"getaddrinfo: {host[:100]!r} is not a host name")


def _prepare(connected: socket.socket) -> None:
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _require_allowed(host: str, addresses: list[str], record: Record) -> None:
    if not addresses:
        raise socket.gaierror(socket.EAI_NONAME, f"getaddrinfo found no address of {host}")
    if record.public_only and any(is_private(address) for address in addresses):
        raise ForbiddenAddress(f"{host} resolves to a private address")


async def require_public(host: str) -> None:
    """Raise ConnectError for a host inside our own network. A name that only the proxy can resolve passes."""
    try:
        found = await resolve(host.strip("[]"), 0)
    except OSError:
        return
    if any(is_private(str(entry[4][0])) for entry in found):
        raise httpcore2.ConnectError(str(ForbiddenAddress(f"{host} resolves to a private address")))
