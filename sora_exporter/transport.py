"""One HTTP exchange, bounded and timed: the transport beneath the SDK's HTTP client.

The SDK hands no extensions through to its transport, so the record of an exchange travels beside the call in EXCHANGE.
"""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

import httpcore2
import httpx2

from sora_exporter.network import Network

ANSWER_BYTES: Final = 1024 * 1024
KEEPALIVE_SECONDS: Final = 330.0
"""Longer than the default canary interval, so that a connection outlives the pause between two probes."""

REUSE_FAULTS = (httpcore2.ReadError, httpcore2.WriteError, httpcore2.RemoteProtocolError)


@dataclass
class Exchange:
    """What one request is allowed and what was seen of it; phases in seconds."""

    fresh_connection: bool = False
    """A paid request never rides on an idle connection: a reset there would leave open whether it arrived."""
    public_only: bool = False
    """Refuse names that resolve to private addresses; for addresses an answer told us."""
    limit: int = ANSWER_BYTES
    sink: Callable[[bytes], None] | None = None
    """Takes the body piece by piece instead of ``received``; for assets."""
    stop: Callable[[bytes], bool] | None = None
    """Told everything received so far after each piece; True ends the exchange."""
    phases: dict[str, float] = field(default_factory=dict)
    http_status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    received: bytearray = field(default_factory=bytearray)
    size: int = 0
    is_cut: bool = False
    connected: bool = False
    first_byte_at: float | None = None
    certificate: Mapping[str, Any] | None = None
    _marks: dict[str, float] = field(default_factory=dict)

    def spent(self, phase: str, seconds: float) -> None:
        """Note how long a phase took; a phase met twice counts in whole."""
        self.phases[phase] = self.phases.get(phase, 0.0) + seconds

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Turn the HTTP library's trace events into phases."""
        what, _, step = event.partition(".")[2].rpartition(".")
        now = time.monotonic()
        if step == "started":
            self._marks[what] = now
        elif step == "complete" and what == "start_tls":
            self.spent("tls", now - self._marks[what])
            tls = info["return_value"].get_extra_info("ssl_object")
            self.certificate = tls.getpeercert() if tls is not None else None
        elif step == "complete" and what == "connect_tcp":
            self.connected = True
        elif step == "complete" and what == "receive_response_headers":
            self.connected = True
            self.spent("processing", now - self._marks["send_request_headers"])
            self.first_byte_at = now

    def take(self, piece: bytes) -> bool:
        """Keep a piece of the body; return whether the exchange should end here."""
        piece = piece[: self.limit - self.size]
        self.size += len(piece)
        if self.sink is not None:
            self.sink(piece)
        else:
            self.received += piece
        self.is_cut = self.size >= self.limit
        return self.is_cut or (self.stop is not None and self.stop(bytes(self.received)))

    def finished(self) -> None:
        """Note the end of the body."""
        if self.first_byte_at is not None:
            self.phases["transfer"] = time.monotonic() - self.first_byte_at


EXCHANGE: ContextVar[Exchange] = ContextVar("exchange")


def _inflater(encoding: str) -> Any:
    """Return a decoder for a server that compresses although we asked it not to, or None."""
    bits = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
    return zlib.decompressobj(bits[encoding]) if encoding in bits else None


class BoundedBody(httpx2.AsyncByteStream):
    """A body read to at most the exchange's limit, counted after decompression, so that no bomb goes off."""

    def __init__(self, source: Any, exchange: Exchange, encoding: str) -> None:
        self._source, self._exchange, self._inflate = source, exchange, _inflater(encoding)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        exchange = self._exchange
        try:
            async with aclosing(aiter(self._source)) as pieces:
                async for piece in pieces:
                    for part in self._decoded(piece):
                        if exchange.take(part):
                            return
                        yield part
        except httpcore2.TimeoutException as error:
            raise httpx2.ReadTimeout(str(error)) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, zlib.error) as error:
            raise httpx2.ReadError(str(error)) from error
        finally:
            exchange.finished()

    def _decoded(self, piece: bytes) -> Iterator[bytes]:
        if self._inflate is None:
            yield piece
            return
        while piece:
            yield self._inflate.decompress(piece, 65536)
            piece = self._inflate.unconsumed_tail

    async def aclose(self) -> None:
        await self._source.aclose()


class Transport(httpx2.AsyncBaseTransport):
    """Sends a request over a kept connection, or a fresh one where the exchange asks for it."""

    def __init__(self, ssl_context: ssl.SSLContext, proxy: str | None, max_connections: int) -> None:
        network = Network(EXCHANGE.get)

        def pool(kept: int) -> httpcore2.AsyncConnectionPool:
            return httpcore2.AsyncConnectionPool(
                ssl_context=ssl_context,
                proxy=_proxy(proxy),
                max_connections=max_connections,
                max_keepalive_connections=kept,
                keepalive_expiry=KEEPALIVE_SECONDS,
                network_backend=network,
            )

        self._kept, self._fresh = pool(max_connections), pool(0)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        exchange = EXCHANGE.get()
        request.headers["accept-encoding"] = "identity"
        pool = self._fresh if exchange.fresh_connection else self._kept
        try:
            try:
                response = await pool.handle_async_request(_lower(request, exchange))
            except REUSE_FAULTS:
                # The server may close an idle connection in the very moment we use it. That says nothing about the
                # service, and the request was not answered: it goes out once more, on a connection of its own.
                if exchange.fresh_connection or exchange.connected:
                    raise
                response = await self._fresh.handle_async_request(_lower(request, exchange))
        except httpcore2.TimeoutException as error:
            raise httpx2.ConnectTimeout(str(error)) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.ProxyError) as error:
            raise httpx2.ConnectError(str(error)) from error
        except httpcore2.UnsupportedProtocol as error:
            raise httpx2.UnsupportedProtocol(str(error)) from error
        headers = httpx2.Headers(response.headers)
        encoding = headers.pop("content-encoding", "").strip().lower()
        exchange.http_status = response.status
        exchange.headers = {name.lower(): value[:4096] for name, value in headers.items()}
        body = BoundedBody(response.stream, exchange, encoding)
        return httpx2.Response(response.status, headers=headers, stream=body, extensions=response.extensions)

    async def aclose(self) -> None:
        await self._kept.aclose()
        await self._fresh.aclose()


def _proxy(url: str | None) -> httpcore2.Proxy | None:
    if url is None:
        return None
    proxy = httpx2.Proxy(url)
    return httpcore2.Proxy(str(proxy.url), auth=proxy.raw_auth, headers=proxy.headers.raw)


def _lower(request: httpx2.Request, exchange: Exchange) -> httpcore2.Request:
    """Return the request in the lower library's terms, traced by the exchange."""
    url = request.url
    return httpcore2.Request(
        method=request.method,
        url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions={**request.extensions, "trace": exchange.trace},
    )
