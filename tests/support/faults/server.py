"""The fault server: one port, one behaviour, every byte under control.

``async with serve(FAULTS["silence"]) as server`` listens on a loopback port; ``server.requests`` holds the heads of the
requests that came, ``server.url`` the address. A behaviour is a coroutine that gets the connection; when it returns,
the connection is closed, and when it calls ``reset``, reset.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakSet

JSON = b'{"id":"sora-2","object":"model","status":"queued"}'
CHUNK = b"A" * 65536
HEAD_BYTES = 65536
BOMB = gzip.compress(bytes(8 * 1024 * 1024), 1)


@dataclass
class Connection:
    """One connection as a behaviour sees it; ``head`` and ``body`` are the request, ``url`` our address."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    url: str
    head: bytes = b""
    body: bytes = b""

    async def send(self, *pieces: bytes) -> None:
        """Send the pieces and wait until the kernel took them."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    async def dribble(self, data: bytes, seconds: float = 0.05) -> None:
        """Send one byte after the other, slowly."""
        for byte in data:
            await self.send(bytes([byte]))
            await asyncio.sleep(seconds)

    async def hold(self) -> None:
        """Send nothing until the other side leaves."""
        while await self.reader.read(HEAD_BYTES):
            pass

    def reset(self) -> None:
        """End the connection with a reset instead of a proper close."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Behaviour = Callable[[Connection], Awaitable[None]]


def answer(body: bytes, status: str = "200 OK", content_type: str = "application/json", *headers: str) -> bytes:
    """Return a whole HTTP/1.1 answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunk(data: bytes) -> bytes:
    """Return one piece of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENTS = CHUNKED.replace(b"application/json", b"text/event-stream")


def fixed(data: bytes) -> Behaviour:
    """Return a behaviour that sends the same bytes to everybody."""

    async def behave(connection: Connection) -> None:
        await connection.send(data)

    return behave


async def _reset_at_once(connection: Connection) -> None:
    connection.reset()


async def _reset_mid_body(connection: Connection) -> None:
    await connection.send(answer(JSON)[:-20])
    await asyncio.sleep(0.02)
    connection.reset()


async def _silence(connection: Connection) -> None:
    await connection.hold()


async def _header_dribble(connection: Connection) -> None:
    await connection.dribble(answer(JSON))


async def _body_dribble(connection: Connection) -> None:
    head, _, body = answer(JSON).partition(b"\r\n\r\n")
    await connection.send(head + b"\r\n\r\n")
    await connection.dribble(body)


async def _endless_body(connection: Connection) -> None:
    await connection.send(CHUNKED)
    while True:
        await connection.send(chunk(CHUNK))


async def _endless_headers(connection: Connection) -> None:
    await connection.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await connection.send(b"X-Filler: " + b"A" * 4000 + b"\r\n")


async def _big_body(connection: Connection) -> None:
    await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    for _ in range(1073741824 // len(CHUNK)):
        await connection.send(CHUNK)


async def _gzip_bomb(connection: Connection) -> None:
    await connection.send(answer(BOMB, "200 OK", "application/json", "Content-Encoding: gzip"))


async def _tiny_chunks(connection: Connection) -> None:
    await connection.send(CHUNKED)
    while True:
        await connection.send(chunk(b"A") * 4096)


async def _informational_flood(connection: Connection) -> None:
    while True:
        await connection.send(b"HTTP/1.1 102 Processing\r\n\r\n" * 500)


async def _redirect_loop(connection: Connection) -> None:
    await connection.send(answer(b"", "302 Found", "text/plain", f"Location: {connection.url}/again"))


async def _endless_stream(connection: Connection) -> None:
    await connection.send(EVENTS)
    while True:
        await connection.send(chunk(event("still at it\\n")))
        await asyncio.sleep(0.01)


async def _empty_events(connection: Connection) -> None:
    await connection.send(EVENTS)
    while True:
        await connection.send(chunk(b"data:{}\n\n" * 4096))


async def _cut_stream(connection: Connection) -> None:
    await connection.send(EVENTS, chunk(event("> 50 %\\n")))
    await asyncio.sleep(0.02)
    connection.reset()


async def _plain_on_tls(connection: Connection) -> None:
    await connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


async def _broken_handshake(connection: Connection) -> None:
    # After the other side's hello: the beginning of a ServerHello record that never goes on.
    await connection.reader.read(1)
    await connection.send(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76")


async def _reset_in_handshake(connection: Connection) -> None:
    await connection.reader.read(1)
    connection.reset()


def event(content: str) -> bytes:
    """Return one event of a streamed chat completion; ``content`` is inside a JSON string already."""
    return b'data: {"object":"chat.completion.chunk","choices":[{"delta":{"content":"%b"}}]}\n\n' % content.encode()


FAULTS: Mapping[str, Behaviour] = {
    "good": fixed(answer(JSON)),
    "reset at once": _reset_at_once,
    "reset in mid-body": _reset_mid_body,
    "silence": _silence,
    "header byte by byte": _header_dribble,
    "body byte by byte": _body_dribble,
    "endless body": _endless_body,
    "endless headers": _endless_headers,
    "endless tiny chunks": _tiny_chunks,
    "1 GiB body": _big_body,
    "gzip bomb": _gzip_bomb,
    "content length too long": fixed(answer(JSON).replace(b"Content-Length: 50", b"Content-Length: 5000")),
    "content length too short": fixed(answer(JSON).replace(b"Content-Length: 50", b"Content-Length: 5")),
    "content length no number": fixed(answer(JSON).replace(b"Content-Length: 50", b"Content-Length: many")),
    "bad chunking": fixed(CHUNKED + b"zz\r\n" + JSON),
    "no HTTP": fixed(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "invalid UTF-8": fixed(answer(b'{"id":\xff\xfe\xfa}')),
    "NaN": fixed(answer(b'{"id":"sora-2","created":NaN,"size":1e999}')),
    "huge number": fixed(answer(b'{"id":"sora-2","created":' + b"9" * 5000 + b"}")),
    "deep JSON": fixed(answer(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)),
    "deep JSON error": fixed(answer(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "500 Internal Server Error")),
    "HTML with 200": fixed(answer(b"<!doctype html><title>Welcome</title>", "200 OK", "text/html")),
    "empty body": fixed(answer(b"")),
    "204": fixed(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "redirect loop": _redirect_loop,
    "HTTP/1.0": fixed(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + JSON),
    "1xx flood": _informational_flood,
    "absurd Retry-After": fixed(
        answer(b'{"error":{"message":"slow down"}}', "429 Too Many Requests", "application/json", "Retry-After: 9e99")
    ),
    "500": fixed(answer(b'{"error":{"message":"oops"}}', "500 Internal Server Error")),
    "endless event stream": _endless_stream,
    "event stream of nothing": _empty_events,
    "cut event stream": _cut_stream,
    "plain text on a TLS port": _plain_on_tls,
    "broken handshake": _broken_handshake,
    "reset in the handshake": _reset_in_handshake,
}
BEFORE_REQUEST = frozenset({"plain text on a TLS port", "broken handshake", "reset in the handshake"})
"""Behaviours that expect a TLS handshake and never read a request."""


@dataclass
class FaultServer:
    """A listening fault server; ``requests`` are the heads of the requests it got, ``connections`` their number."""

    port: int
    scheme: str
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"


@asynccontextmanager
async def serve(
    behaviour: Behaviour | str,
    *,
    tls: ssl.SSLContext | None = None,
    scheme: str = "",
    is_kept: bool = False,
    wants: bytes = b"\r\n\r\n",
) -> AsyncIterator[FaultServer]:
    """Serve one behaviour, or the named one, until the context ends; then every connection is closed.

    With ``is_kept`` a connection serves one request after the other. ``wants`` is where a request's head ends.
    """
    behave = FAULTS[behaviour] if isinstance(behaviour, str) else behaviour
    is_reading = behaviour not in BEFORE_REQUEST
    tasks: set[asyncio.Task[None]] = set()
    # A connection that is over is forgotten: a soak makes a hundred thousand of them.
    writers: WeakSet[asyncio.StreamWriter] = WeakSet()
    server = FaultServer(0, scheme or ("https" if tls else "http"))

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        writers.add(writer)
        connection = Connection(reader, writer, server.url)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                while True:
                    if is_reading:
                        connection.head = await reader.readuntil(wants)
                        server.requests.append(connection.head)
                        connection.body = await reader.readexactly(_body_length(connection.head))
                    await behave(connection)
                    if not (is_reading and is_kept):
                        return
        finally:
            writer.close()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(connected(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listener = await asyncio.start_server(accepted, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await abort(list(writers))
        await listener.wait_closed()


async def abort(writers: list[asyncio.StreamWriter]) -> None:
    """Close connections without regard to their other ends, and let the loop take note."""
    for writer in writers:
        writer.transport.abort()
    for _ in range(3):
        await asyncio.sleep(0)


def _body_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0
