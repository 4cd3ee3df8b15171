"""HTTP, bounded and timed; also the transport of the SDK's HTTP client.

The SDK passes no extensions to its transport, so the record of an exchange is passed in the context variable EXCHANGE.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, Final

import httpcore2
import httpx2
import socksio

from sora_exporter.config import Provider
from sora_exporter.config.provider import IpProtocol
from sora_exporter.http.exchange import EXCHANGE, HEADER_CHARACTERS, Exchange
from sora_exporter.http.network import Network, require_public
from sora_exporter.result import Wire

KEEPALIVE_SECONDS: Final = 330.0
"""Longer than the default canary interval, so that a connection outlives the pause between two probes."""
PIECE_BYTES: Final = 65536
MOST_AT_ONCE: Final = 200

# The libraries log each request at info level, with its address.
for _chatty in ("httpx2", "httpcore2"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)

__all__ = ["EXCHANGE", "Exchange", "ProxyFault", "Transport", "transport_of", "usual_context"]

BEYOND_PROXY = ("502", "503", "504")
"""The statuses of a proxy that cannot reach the server; any other refusal concerns the proxy and us."""
REUSE_FAULTS = (httpcore2.ReadError, httpcore2.WriteError, httpcore2.RemoteProtocolError)


class ProxyFault(httpx2.ProxyError):
    """The proxy of the configuration refused to connect us."""


def _inflater(encoding: str) -> Any:
    """Return a decoder for a compressed body, allowed or not, or None."""
    bits = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
    return zlib.decompressobj(bits[encoding]) if encoding in bits else None


class BoundedBody(httpx2.AsyncByteStream):
    """A body, read to at most the exchange's limit in decompressed bytes.

    A body that goes to a sink is not passed on as well, so no copy of an asset is kept.
    """

    def __init__(self, source: Any, exchange: Exchange, encoding: str) -> None:
        self._source, self._exchange, self._inflate = source, exchange, _inflater(encoding)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        exchange, pieces_at_once = self._exchange, 0
        try:
            async with aclosing(aiter(self._source)) as pieces:
                async for piece in pieces:
                    pieces_at_once = (pieces_at_once + 1) % MOST_AT_ONCE
                    if not pieces_at_once:
                        # Pieces that are already here come without waiting; thousands of them must let other tasks run.
                        await asyncio.sleep(0)
                    for part in self._decoded(piece):
                        is_enough = exchange.take(part)
                        if exchange.sink is None:
                            yield part
                        if is_enough:
                            return
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
            yield self._inflate.decompress(piece, PIECE_BYTES)
            piece = self._inflate.unconsumed_tail

    async def aclose(self) -> None:
        await self._source.aclose()


@cache
def usual_context(*, is_verifying: bool) -> ssl.SSLContext:
    """Return the context that all transports without their own CA share; loading the CAs takes time and memory."""
    if is_verifying:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Transport(httpx2.AsyncBaseTransport):
    """Sends a request over a kept connection, or a fresh one if the exchange requires it."""

    def __init__(
        self,
        ssl_context: ssl.SSLContext,
        proxy: str | None,
        kept_connections: int,
        ip_protocol: IpProtocol | None = None,
    ) -> None:
        network = Network(EXCHANGE.get, ip_protocol)

        def pool(kept: int) -> httpcore2.AsyncConnectionPool:
            # The limit of concurrent probes limits the connections. With a limit of its own the pool would make probes
            # wait for each other, and a long download would look like a slow provider.
            return httpcore2.AsyncConnectionPool(
                ssl_context=ssl_context,
                proxy=_proxy(proxy),
                max_connections=None,
                max_keepalive_connections=kept,
                keepalive_expiry=KEEPALIVE_SECONDS,
                network_backend=network,
            )

        self._has_proxy = proxy is not None
        self._kept, self._fresh = pool(kept_connections), pool(0)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the SDK's request, and return the beginning of the answer."""
        exchange = EXCHANGE.get()
        request.headers["accept-encoding"] = exchange.encoding
        exchange.sent_body = await request.aread()
        sent = _request(request.method, request.url, request.headers.raw, exchange, request.stream, request.extensions)
        response, headers, body = await self._begin(sent, exchange)
        return httpx2.Response(response.status, headers=headers, stream=body, extensions=response.extensions)

    async def ask(
        self, method: str, url: httpx2.URL, headers: Sequence[tuple[bytes, bytes]], content: bytes = b""
    ) -> None:
        """Send a request and read the answer into the exchange.

        ``headers`` are complete except for Accept-Encoding, and for Host unless another one is configured. Raises
        httpx2.HTTPError as the SDK's client does.
        """
        exchange = EXCHANGE.get()
        own = [(b"accept-encoding", exchange.encoding.encode())]
        if all(name != b"host" for name, _ in headers):
            own.insert(0, (b"Host", url.netloc))
        exchange.sent_body = content
        _, _, body = await self._begin(_request(method, url, [*own, *headers], exchange, content), exchange)
        try:
            async for _ in body:
                pass
        finally:
            await body.aclose()

    async def _begin(
        self, request: httpcore2.Request, exchange: Exchange
    ) -> tuple[httpcore2.Response, httpx2.Headers, BoundedBody]:
        """Send a request and record the beginning of its answer; return that, its headers and its unread body."""
        exchange.sent = request
        try:
            response = await self._send(request, exchange)
        except httpcore2.TimeoutException as error:
            raise httpx2.ConnectTimeout(str(error)) from error
        except httpcore2.LocalProtocolError:
            # The library's own text quotes the header, and headers contain secrets.
            exchange.is_sent = False
            raise httpx2.LocalProtocolError("the request cannot be sent: a header is not valid HTTP") from None
        except httpcore2.ProxyError as error:
            text = f"the proxy answered {error}"
            raise (httpx2.ProxyError(text) if str(error).startswith(BEYOND_PROXY) else ProxyFault(text)) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise httpx2.ConnectError(str(error)) from error
        except httpcore2.UnsupportedProtocol as error:
            raise httpx2.UnsupportedProtocol(str(error)) from error
        except socksio.ProtocolError as error:
            raise ProxyFault(f"the proxy does not speak SOCKS: {error}") from None
        headers = httpx2.Headers(response.headers)
        encoding = headers.pop("content-encoding", "").strip().lower()
        # A probe keeps no cookies: each attempt is a first visit, and nothing accumulates.
        headers.pop("set-cookie", None)
        exchange.http_status, exchange.wire = response.status, _wire(response)
        exchange.headers = {name.lower(): value[:HEADER_CHARACTERS] for name, value in headers.items()}
        return response, headers, BoundedBody(response.stream, exchange, encoding)

    async def _send(self, request: httpcore2.Request, exchange: Exchange) -> httpcore2.Response:
        place = request.url.host.decode("ascii"), request.url.origin.port
        exchange.public_only |= exchange.homes is not None and place not in exchange.homes
        if exchange.public_only and self._has_proxy:
            # The proxy itself may have a private address; the destination must be public.
            await require_public(request.url.host.decode("ascii"))
            exchange.public_only = False
        exchange.awaits_proxy = self._has_proxy
        # The address is checked while connecting: a kept connection may lead where only another page may go.
        pool = self._fresh if exchange.fresh_connection or exchange.public_only else self._kept
        try:
            return await pool.handle_async_request(request)
        except httpcore2.ConnectError:
            await _close_failed(pool)
            raise
        except REUSE_FAULTS:
            # The server may close an idle connection at the moment of its reuse. That says nothing about the service,
            # and the request was not answered: it is sent once more, on a fresh connection.
            if exchange.fresh_connection or exchange.is_connected:
                raise
            return await self._fresh.handle_async_request(request)

    @property
    def open_connections(self) -> int:
        """The number of connections, including idle ones."""
        return len(self._kept.connections) + len(self._fresh.connections)

    async def aclose(self) -> None:
        """Close every connection; later requests open new ones."""
        await self._kept.aclose()
        await self._fresh.aclose()


@lru_cache(maxsize=16)
def _written(http_version: bytes, family: int, tls_version: str | None) -> Wire:
    ip_protocol = {socket.AF_INET: 4, socket.AF_INET6: 6}.get(family, 0)  # type: ignore[call-overload]
    return Wire(http_version.decode("ascii").removeprefix("HTTP/"), ip_protocol, (tls_version or "").replace("v", " "))


def _wire(response: httpcore2.Response) -> Wire:
    """Return how an answer travels."""
    stream = response.extensions["network_stream"]
    tls, connected = stream.get_extra_info("ssl_object"), stream.get_extra_info("socket")
    return _written(
        response.extensions["http_version"],
        connected.family if connected is not None else 0,
        tls.version() if tls is not None else None,
    )


async def _close_failed(pool: httpcore2.AsyncConnectionPool) -> None:
    """Close the tunnels whose handshake failed: the library keeps these unusable connections in its pool for good."""
    # No public member relates the pool's connections to its requests.
    busy = {request.connection for request in pool._requests}
    for connection in pool.connections:
        if connection not in busy and not connection.is_idle():
            await connection.aclose()


def _proxy(url: str | None) -> httpcore2.Proxy | None:
    if url is None:
        return None
    proxy = httpx2.Proxy(url)
    return httpcore2.Proxy(str(proxy.url), auth=proxy.raw_auth, headers=proxy.headers.raw)


def _request(
    method: str,
    url: httpx2.URL,
    headers: Sequence[tuple[bytes, bytes]],
    exchange: Exchange,
    content: Any,
    extensions: Mapping[str, Any] = MappingProxyType({}),
) -> httpcore2.Request:
    """Return a request for httpcore2, traced by the exchange."""
    return httpcore2.Request(
        method=method,
        url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=headers,
        content=content,
        extensions={**extensions, "trace": exchange.trace},
    )


def transport_of(provider: Provider) -> Transport:
    """Return the transport to a provider, with its proxy and its trust settings."""
    proxy = provider.proxy.get_secret_value() if provider.proxy else None
    is_usual = provider.ca_file is None or not provider.verify
    trust = (
        usual_context(is_verifying=provider.verify)
        if is_usual
        else ssl.create_default_context(cafile=str(provider.ca_file))
    )
    return Transport(trust, proxy, provider.max_concurrent, provider.ip_protocol)
