"""Connections of impatient, slow and greedy clients: each ends in time, and nobody else notices."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from support.clock import settle
from support.faults.server import abort

from sora_exporter.web.protocol import HEAD_BYTES, REQUEST_BYTES, PatientProtocol

PATIENCE_SECONDS = 0.4
GRACE_SECONDS = 0.3
BIG = 32 * 1024 * 1024
GET = b"GET /quick HTTP/1.1\r\nHost: a\r\n\r\n"


class HastyProtocol(PatientProtocol):
    """The protocol with little patience."""

    patience_seconds = PATIENCE_SECONDS
    most_connections = 6


@dataclass
class Site:
    """A server under test: its port and uvicorn's view of its connections."""

    port: int
    server: uvicorn.Server
    clients: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self.server.server_state.connections)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return a new connection to it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.clients.append(writer)
        return reader, writer


async def quick(request: Request) -> Response:  # noqa: ARG001
    """Answer at once."""
    return PlainTextResponse("quick")


async def late(request: Request) -> Response:  # noqa: ARG001
    """Answer after more time than a client has."""
    await asyncio.sleep(PATIENCE_SECONDS * 2)
    return PlainTextResponse("late")


async def big(request: Request) -> Response:  # noqa: ARG001
    """Answer with more than any buffer of the system takes."""
    return Response(bytes(BIG))


APP = Starlette(routes=[Route(f"/{f.__name__}", f, methods=["GET", "POST"]) for f in (quick, late, big)])


@asynccontextmanager
async def running(protocol: type[PatientProtocol]) -> AsyncIterator[Site]:
    """Serve APP with a protocol while the block lasts."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        APP, http=protocol, log_config=None, lifespan="off", ws="none", h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn tells in no other way
        await asyncio.sleep(0)
    site = Site(listener.getsockname()[1], server)
    try:
        yield site
    finally:
        server.should_exit = True
        await task
        await abort(site.clients)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A server with little patience."""
    async with running(HastyProtocol) as site:
        yield site


async def ended(reader: asyncio.StreamReader) -> bytes:
    """Return what still comes until the server ends the connection."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


async def dribble(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send one byte after the other, each in time and all of them too late."""
    try:
        for byte in data:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(PATIENCE_SECONDS / 10)
    except ConnectionError:
        pass


POST = b"POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say nothing."""


async def half_a_head(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Stop in the middle of the request's head."""
    writer.write(GET[:-4])


async def slow_head(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send the head slowly."""
    await dribble(writer, GET * 2)


async def slow_body(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send the body slowly."""
    writer.write(POST)
    await dribble(writer, b"x" * 40)


async def slow_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ask properly once and then slowly on the same connection."""
    writer.write(GET)
    await reader.readuntil(b"quick")
    await dribble(writer, GET * 2)


async def body_never_ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Go on with a body that was answered long ago."""
    writer.write(POST.replace(b"late", b"quick"))
    await reader.readuntil(b"quick")
    await dribble(writer, b"x" * 40)


@pytest.mark.parametrize("client", [idle, half_a_head, slow_head, slow_body, slow_second, body_never_ends])
async def test_slow_clients_are_cut_off(site: Site, client: Client) -> None:
    """Whoever does not bring a request to its end in time loses the connection, and not before."""
    started = time.monotonic()
    reader, writer = await site.connect()
    sending = asyncio.ensure_future(client(reader, writer))
    async with asyncio.timeout(5):
        await sending
        await ended(reader)
    taken = time.monotonic() - started
    assert PATIENCE_SECONDS * 0.9 < taken < PATIENCE_SECONDS * 1.5 + GRACE_SECONDS
    assert site.connections == 0


@pytest.mark.parametrize("requests", [1, 3])
async def test_clients_that_never_read_are_cut_off(site: Site, requests: int) -> None:
    """An answer nobody takes is given up with all that waits behind it, so that its memory is free again."""
    _, writer = await site.connect()
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(GET.replace(b"quick", b"big") * requests)
    async with asyncio.timeout(PATIENCE_SECONDS * 2 + GRACE_SECONDS):
        while not site.connections:  # noqa: ASYNC110 - the other side's view
            await asyncio.sleep(0.01)
        while site.connections:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await settle()
    assert site.server.server_state.tasks == set()


async def test_a_slow_answer_of_ours_is_not_the_clients_fault(site: Site) -> None:
    """While we work on an answer the client may wait as long as it takes."""
    reader, writer = await site.connect()
    writer.write(GET.replace(b"quick", b"late"))
    assert (await reader.readuntil(b"\r\nlate")).startswith(b"HTTP/1.1 200")


async def test_connections_are_kept_for_the_next_request(site: Site) -> None:
    """Requests one after the other, and several at once, are all answered on one connection."""
    reader, writer = await site.connect()
    for together in (1, 1, 3):
        writer.write(GET * together)
        for _ in range(together):
            assert (await reader.readuntil(b"quick")).startswith(b"HTTP/1.1 200")
    assert site.connections == 1


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /quick HTTP/1.1\r\nHost: a\r\nX-Long: " + b"a" * (HEAD_BYTES + 1000),
        b"GET /" + b"a" * (HEAD_BYTES + 1000),
        POST.replace(b"1000", b"1000000000") + b"x" * (REQUEST_BYTES + 1000),
        b"POST /late HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"4000\r\n" + b"x" * REQUEST_BYTES,
    ],
    ids=["header", "path", "body", "chunked body"],
)
async def test_requests_are_bounded(site: Site, request_bytes: bytes) -> None:
    """What is longer than any request of ours ends the connection at once, by a 400 where there is still time."""
    reader, writer = await site.connect()
    writer.write(request_bytes)
    started = time.monotonic()
    said = await ended(reader)
    assert time.monotonic() - started < PATIENCE_SECONDS / 2
    assert said.startswith(b"HTTP/1.1 400") or said == b""


async def test_the_most_patient_waiter_makes_room() -> None:
    """Where too many wait, the one that waited longest goes; the newcomer and who is being served stay."""

    class PatientSite(HastyProtocol):
        patience_seconds = 60.0

    async with running(PatientSite) as site:
        busy_reader, busy_writer = await site.connect()
        busy_writer.write(GET.replace(b"quick", b"late"))
        waiting = [await site.connect() for _ in range(HastyProtocol.most_connections)]
        assert await ended(waiting[0][0]) == b""
        reader, writer = waiting[-1]
        writer.write(GET)
        assert (await reader.readuntil(b"quick")).startswith(b"HTTP/1.1 200")
        assert (await busy_reader.readuntil(b"\r\nlate")).startswith(b"HTTP/1.1 200")
        assert site.connections == HastyProtocol.most_connections


async def test_a_stopping_server_waits_for_nobody_long() -> None:
    """Idle clients, and one that never reads, do not keep the server beyond its farewell."""

    class PatientSite(HastyProtocol):
        patience_seconds = 60.0

    async with running(PatientSite) as site:
        clients = [await site.connect() for _ in range(3)]
        clients[0][1].transport.pause_reading()  # type: ignore[attr-defined]
        clients[0][1].write(GET.replace(b"quick", b"big"))
        while not site.server.server_state.total_requests:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        started = time.monotonic()
    assert time.monotonic() - started < 1.2
