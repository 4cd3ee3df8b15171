"""Connections of slow and greedy clients: each ends at its deadline, and no other client is affected."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from support.clock import settle
from support.faults.server import abort
from uvicorn.server import ServerState

from sora_exporter.web.listen import listen
from sora_exporter.web.protocol import HEAD_BYTES, REQUEST_BYTES, PatientProtocol
from sora_exporter.web.serve import server_config

PATIENCE_SECONDS = 0.4
HANG_SECONDS = 60.0
"""Only ends a test that would hang; no test depends on how fast it is."""
BIG = 32 * 1024 * 1024
GET = b"GET /quick HTTP/1.1\r\nHost: a\r\n\r\n"


class HastyProtocol(PatientProtocol):
    """The protocol with a short deadline."""

    patience_seconds = PATIENCE_SECONDS
    most_connections = 6


class EndlessProtocol(HastyProtocol):
    """The protocol with a deadline that no test reaches."""

    patience_seconds = 3600.0


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
    """Answer after the deadline of a client."""
    await asyncio.sleep(PATIENCE_SECONDS * 2)
    return PlainTextResponse("late")


async def big(request: Request) -> Response:  # noqa: ARG001
    """Answer with more than the buffers of the system hold."""
    return Response(bytes(BIG))


async def held(request: Request) -> Response:
    """Answer once the test releases it."""
    await request.app.state.release.wait()
    return PlainTextResponse("held")


APP = Starlette(routes=[Route(f"/{f.__name__}", f, methods=["GET", "POST"]) for f in (quick, late, big, held)])


@asynccontextmanager
async def running(protocol: type[PatientProtocol]) -> AsyncIterator[Site]:
    """Serve APP with a protocol while the block lasts; at its end uvicorn waits without limit for connections."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        APP, http=protocol, log_config=None, lifespan="off", ws="none", h11_max_incomplete_event_size=HEAD_BYTES,
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0)
    site = Site(listener.getsockname()[1], server)
    try:
        yield site
    finally:
        server.should_exit = True
        async with asyncio.timeout(HANG_SECONDS):
            await task
        await abort(site.clients)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A server with a short deadline."""
    async with running(HastyProtocol) as site:
        yield site


async def ended(reader: asyncio.StreamReader) -> bytes:
    """Return the remaining bytes until the server ends the connection."""
    try:
        async with asyncio.timeout(HANG_SECONDS):
            return await reader.read()
    except ConnectionError:
        return b""


async def dribble(writer: asyncio.StreamWriter) -> None:
    """Send one byte after the other, each before the deadline, until the connection ends."""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(HANG_SECONDS):
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(PATIENCE_SECONDS / 10)


POST = b"POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send nothing."""


async def half_a_head(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Stop in the middle of the head."""
    writer.write(GET[:-4])


async def slow_head(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send the head slowly."""
    writer.write(GET[:-2] + b"X-Slow: ")
    await dribble(writer)


async def slow_body(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send the body slowly."""
    writer.write(POST)
    await dribble(writer)


async def slow_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send one complete request and then a slow one on the same connection."""
    writer.write(GET)
    await reader.readuntil(b"quick")
    writer.write(GET[:-2] + b"X-Slow: ")
    await dribble(writer)


async def body_never_ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Continue a body whose request has been answered."""
    writer.write(POST.replace(b"late", b"quick"))
    await reader.readuntil(b"quick")
    await dribble(writer)


@pytest.mark.parametrize("client", [idle, half_a_head, slow_head, slow_body, slow_second, body_never_ends])
async def test_slow_clients_are_cut_off(site: Site, client: Client) -> None:
    """A client that does not complete its request by the deadline loses the connection, and not before."""
    reader, writer = await site.connect()
    is_early = asyncio.Event()
    # Started before the server sees the connection, and on its loop: this timer must fire before the deadline does.
    asyncio.get_running_loop().call_later(PATIENCE_SECONDS * 0.9, is_early.set)
    await client(reader, writer)
    await ended(reader)
    assert is_early.is_set()
    while site.connections:  # noqa: ASYNC110 - the client can see the end before the server does
        await asyncio.sleep(0)


@pytest.mark.parametrize("requests", [1, 3])
async def test_clients_that_never_read_are_cut_off(site: Site, requests: int) -> None:
    """An answer that the client does not read is dropped with all answers behind it, so its memory is free again."""
    _, writer = await site.connect()
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(GET.replace(b"quick", b"big") * requests)
    async with asyncio.timeout(HANG_SECONDS):
        while not site.connections:  # noqa: ASYNC110 - the other side's view
            await asyncio.sleep(0.01)
        while site.connections:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await settle()
    assert site.server.server_state.tasks == set()


async def test_a_slow_answer_of_ours_is_not_the_clients_fault(site: Site) -> None:
    """The deadline does not run while the server works on an answer."""
    reader, writer = await site.connect()
    writer.write(GET.replace(b"quick", b"late"))
    assert (await reader.readuntil(b"\r\nlate")).startswith(b"HTTP/1.1 200")


async def test_reading_an_answer_suspends_the_deadline_of_the_next() -> None:
    """A client that reads a large answer late may wait for the answer behind it as long as that takes."""
    APP.state.release = asyncio.Event()
    async with running(EndlessProtocol) as site:
        reader, writer = await site.connect()
        writer.write(GET.replace(b"quick", b"big") + GET.replace(b"quick", b"held"))
        async with asyncio.timeout(HANG_SECONDS):
            await reader.readuntil(b"\r\n\r\n")
            (connection,) = site.server.server_state.connections
            assert connection.waits_until < float("inf")
            await reader.readexactly(BIG)
            assert connection.waits_until == float("inf")
            APP.state.release.set()
            await reader.readuntil(b"\r\n\r\nheld")


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
async def test_requests_are_bounded(request_bytes: bytes) -> None:
    """A request beyond the limits ends the connection long before the deadline, with a 400 if there is still time."""
    async with running(EndlessProtocol) as site:
        reader, writer = await site.connect()
        writer.write(request_bytes)
        answer = await ended(reader)
    assert answer.startswith(b"HTTP/1.1 400") or answer == b""


async def test_the_longest_waiting_connection_makes_room() -> None:
    """Beyond the limit the connection that waited longest goes; the newest and the one being answered stay."""
    async with running(EndlessProtocol) as site:
        busy_reader, busy_writer = await site.connect()
        busy_writer.write(GET.replace(b"quick", b"late"))
        waiting = [await site.connect() for _ in range(HastyProtocol.most_connections)]
        assert await ended(waiting[0][0]) == b""
        reader, writer = waiting[-1]
        writer.write(GET)
        assert (await reader.readuntil(b"quick")).startswith(b"HTTP/1.1 200")
        assert (await busy_reader.readuntil(b"\r\nlate")).startswith(b"HTTP/1.1 200")
        assert site.connections == HastyProtocol.most_connections


async def test_a_stopping_server_cuts_off_clients_that_do_not_read() -> None:
    """Idle clients, and one that never reads its answer, do not keep a stopping server, which itself sets no limit."""
    async with running(EndlessProtocol) as site:
        clients = [await site.connect() for _ in range(3)]
        clients[0][1].transport.pause_reading()  # type: ignore[attr-defined]
        clients[0][1].write(GET.replace(b"quick", b"big"))
        while not site.server.server_state.total_requests:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert site.connections == 0


@pytest.mark.parametrize(("trusted", "seen"), [((), "127.0.0.1"), (("127.0.0.1",), "203.0.113.9")])
async def test_a_client_of_a_listener_for_both_versions_has_its_own_address(
    trusted: tuple[str, ...], seen: str
) -> None:
    """On ":port" a client of IPv4 has its own address, not one inside IPv6: limits and trusted proxies go by it."""
    clients: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        clients.append(scope["client"][0])
        await PlainTextResponse("")(scope, receive, send)

    settings = server_config(app, trusted)
    settings.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: PatientProtocol(config=settings, server_state=state, app_state={}), sock=listen(":0")
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n")
    await ended(reader)
    server.close()
    await abort([writer])
    assert clients == [seen]
