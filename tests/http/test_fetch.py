"""The bounded GET over real local sockets: limits, deadlines, and whether the host was reached."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager

import pytest

from sora_exporter import __version__
from sora_exporter.http.fetch import Fetched, Fetcher, FetchError, TooLarge, TooSlow

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(*pieces: bytes, requests: list[bytes] | None = None) -> AsyncIterator[str]:
    """Serve these bytes to each client, record its request, then stay silent; yield the address."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        if requests is not None:
            requests.append(head.lower())
        writer.writelines(pieces)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        for writer in writers:
            writer.close()
        server.close()


async def fetch(url: str, timeout_seconds: float = 5.0, max_bytes: int = 1000, **headers: str) -> Fetched:
    """Fetch one document with a new Fetcher."""
    fetcher = Fetcher()
    try:
        return await fetcher.fetch(url, headers=headers, timeout_seconds=timeout_seconds, max_bytes=max_bytes)
    finally:
        await fetcher.aclose()


def answer(body: bytes, head: str = "200 OK\r\nETag: x") -> bytes:
    """Return an HTTP answer."""
    return f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def test_complete_answer() -> None:
    """A document comes with its status and lower-case header names."""
    async with answering(answer(b"{}")) as url:
        fetched = await fetch(url)
        assert (fetched.http_status, fetched.headers["etag"], fetched.body) == (200, "x", b"{}")


async def test_long_documents_are_refused() -> None:
    """A document longer than the limit is not read to its end."""
    async with answering(answer(b"x" * 100_000)) as url:
        with pytest.raises(TooLarge, match="longer than"):
            await fetch(url)


async def test_refused_is_unreached() -> None:
    """A refused connection counts as a host that was not reached."""
    async with answering() as url:
        pass
    with pytest.raises(FetchError, match=r"[Rr]efused") as raised:
        await fetch(url)
    assert not raised.value.is_reached


@pytest.mark.parametrize("pieces", [(), (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12",)], ids=["silent", "cut"])
async def test_connected_but_incomplete(pieces: tuple[bytes, ...]) -> None:
    """A host that accepts the connection but does not complete its answer was reached."""
    async with answering(*pieces) as url:
        with pytest.raises(TooSlow, match=r"no complete answer in 0\.2 s") as raised:
            await fetch(url, timeout_seconds=0.2)
    assert raised.value.is_reached


@pytest.mark.parametrize("etag", ["\u2100", "\ud800", "a\nb"])
async def test_a_header_that_cannot_be_sent(etag: str) -> None:
    """A header that cannot be sent raises FetchError and nothing else."""
    async with answering(answer(b"{}")) as url:
        with pytest.raises(FetchError):
            await fetch(url, etag=etag)


@pytest.mark.parametrize("location", ["http://[x/", "http://\uff03/", "http://a]b/c", "//\u2100.com:99999999/"])
async def test_a_redirect_to_no_address(location: str) -> None:
    """A redirect to an invalid address raises FetchError and nothing else."""
    async with answering(answer(b"", f"302 Found\r\nLocation: {location}")) as url:
        with pytest.raises(FetchError):
            await fetch(url)


async def test_the_request_names_us_and_allows_compression() -> None:
    """The request carries our User-Agent and allows gzip; a compressed document comes out decompressed."""
    requests: list[bytes] = []
    compressed = answer(gzip.compress(b"{}" * 100), "200 OK\r\nContent-Encoding: gzip")
    async with answering(compressed, requests=requests) as url:
        assert (await fetch(url)).body == b"{}" * 100
    assert f"user-agent: sora-exporter/{__version__} (+https://".encode() in requests[0]
    assert b"accept-encoding: gzip\r\n" in requests[0]


async def test_a_bomb_is_refused() -> None:
    """A short compressed document is not decompressed beyond the limit."""
    bomb = gzip.compress(b"0" * 30_000_000)
    async with answering(answer(bomb, "200 OK\r\nContent-Encoding: gzip")) as url:
        with pytest.raises(TooLarge, match="longer than"):
            await fetch(url, max_bytes=100_000)


async def test_a_redirect_into_our_network_is_not_followed() -> None:
    """A page may have a private address; a redirect from it must lead to a public one, even if we can reach others.

    Another port of the page's host, and a host to which another page keeps a connection, are private as well.
    """
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as inside, aclosing(Fetcher()) as fetcher:
        assert (await fetcher.fetch(inside, timeout_seconds=5, max_bytes=100)).body == b"{}"
        for location in (inside, inside.replace("127.0.0.1", "127.0.0.2")):
            head = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}/\r\n\r\n"
            async with answering(head.encode()) as page:
                with pytest.raises(FetchError, match="private address"):
                    await fetcher.fetch(page, timeout_seconds=5, max_bytes=100)


async def test_without_redirects_a_redirect_is_the_answer() -> None:
    """A Fetcher that follows no redirects returns the redirect with its Location."""
    async with answering(answer(b"", "302 Found\r\nLocation: http://login.example/")) as url:
        fetcher = Fetcher(redirects=0)
        fetched = await fetcher.fetch(url, timeout_seconds=5.0, max_bytes=1000)
        await fetcher.aclose()
    assert (fetched.http_status, fetched.headers["location"]) == (302, "http://login.example/")
