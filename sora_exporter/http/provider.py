"""The only way to a provider: requests over one transport, replies as plain values.

Requests that cost money and forms go through the OpenAI SDK, encoded as applications send them. All others, which are
far more frequent, have the same headers and need no SDK: one without a paid probe never loads it.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx2

from sora_exporter.config import Provider
from sora_exporter.http.api_key import KeyUnavailable
from sora_exporter.http.auth import Outgoing, TokenHostUnreachable, clock_fault, scheme_of, with_query
from sora_exporter.http.certificate import presented_expiry
from sora_exporter.http.exchange import EXCHANGE, Exchange
from sora_exporter.http.headers import asset_headers, plain_headers
from sora_exporter.http.redirects import REDIRECT_STATUS, foreign, joined, moved, origin
from sora_exporter.http.reply import Reply, Request, describe, exchange_of, innermost, reply_of
from sora_exporter.http.trace import Trace
from sora_exporter.http.transport import transport_of
from sora_exporter.result import Answer, Verdict

if TYPE_CHECKING:
    from sora_exporter.http.sdk import Sdk

__all__ = ["ProviderClient", "ProviderClients", "Reply", "Request", "describe", "loaded_sdk"]

BODILESS = frozenset({"GET", "DELETE"})
SDK = "sora_exporter.http.sdk"
"""Loaded with the first request that needs it: it takes a second and 20 MiB."""
REDIRECTS = 3
CERTIFICATE_SECONDS = 2.0
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class ProviderClient:
    """The client of one provider. Nothing that a provider or a network does raises.

    A ``key`` replaces the one that the configuration names.
    """

    def __init__(self, provider: Provider, key: str | None = None) -> None:
        self._provider = provider
        self._base_url = httpx2.URL(provider.base_url)
        self._transport = transport_of(provider)
        self._scheme = scheme_of(provider, key)
        self._sdk: Sdk | None = None
        self._headers: Sequence[tuple[bytes, bytes]] | None = None
        self._under_way = 0
        self._is_retired = False

    async def ask(
        self, request: Request, access: str, exchange: Exchange | None = None, *, trace: Trace | None = None
    ) -> Reply:
        """Return the provider's reply, at the latest after the request's timeout.

        ``exchange`` is the request's own record (``exchange_of``), for a caller that reads it while the answer is still
        coming in. ``trace`` keeps the exchange for a person.
        """
        exchange = exchange or exchange_of(request)
        if (elsewhere := self.refused(request.path)) is not None:
            return Reply(Answer(request.endpoint, access), is_sent=False, own_fault=elsewhere)
        sdk = await self._sdk_for(request)
        begun = time.perf_counter()
        trouble = await self._renewed(request.timeout_seconds)
        started = time.perf_counter()
        if trouble is None:
            seconds = request.timeout_seconds - (started - begun)
            trouble = await self._exchange(exchange, seconds, self._send(request, sdk))
        elapsed = time.perf_counter() - started
        is_answered = exchange.http_status is not None and not isinstance(trouble, TimeoutError)
        answer = Answer(
            endpoint=request.endpoint,
            access=access,
            http_status=exchange.http_status if is_answered else None,
            headers=dict(exchange.headers),
            body=exchange.received.decode("utf-8", "replace") if is_answered else "",
            transport_error=describe(trouble) if trouble is not None else None,
            elapsed_seconds=elapsed,
            expectation=request.expectation,
        )
        if trace is not None:
            trace.add(exchange, answer.transport_error, elapsed, self.secrets())
        reply = reply_of(exchange, answer, trouble, started)
        if (fault := self._our_fault(request, answer)) is not None:
            reply = replace(reply, own_fault=fault)
        return await self._with_certificate(reply, max(request.timeout_seconds - elapsed, 0.2))

    async def download(
        self,
        url: str,
        sink: Callable[[bytes], None],
        *,
        limit: int,
        timeout_seconds: float,
        endpoint: str,
        access: str,
        trace: Trace | None = None,
    ) -> Reply:
        """Fetch a finished asset piece by piece into ``sink``; ``url`` may be a path of the API or a full address.

        The key goes only to the provider's own origin. Elsewhere, redirects included, no credential is sent and,
        unless the provider itself is there, addresses inside our own network are refused.
        """
        deadline = time.perf_counter() + timeout_seconds
        trouble = await self._renewed(timeout_seconds)
        started = time.perf_counter()
        named = "" if url.startswith("/") else url
        address = self._address(url)
        for _ in range(REDIRECTS + 1):
            exchange, begun = Exchange(sink=sink, limit=limit), time.perf_counter()
            if trouble is None:
                trouble = await self._exchange(exchange, deadline - begun, self._fetch(address, exchange))
            if trace is not None:
                said = describe(trouble) if trouble is not None else None
                trace.add(exchange, said, time.perf_counter() - begun, self.secrets())
            location = exchange.headers.get("location")
            if trouble is not None or exchange.http_status not in REDIRECT_STATUS or not location:
                break
            address = named = joined(address, location)
        answer = Answer(
            endpoint=endpoint,
            access=access,
            http_status=exchange.http_status,
            headers=dict(exchange.headers),
            transport_error=describe(trouble) if trouble is not None else None,
            elapsed_seconds=time.perf_counter() - started,
        )
        return replace(reply_of(exchange, answer, trouble, started), named_address=named)

    @property
    def values(self) -> Mapping[str, str]:
        """The provider's own values for placeholders."""
        return self._provider.values

    def refused(self, address: str) -> Verdict | None:
        """Return the verdict on an address of an answer that gets no request because it has another origin, or None."""
        return foreign(self._provider.base_url, address)

    def secrets(self) -> tuple[str, ...]:
        """Return the secrets of this provider: keys and tokens in use, the proxy's password, and header values."""
        proxy = self._provider.proxy
        password = httpx2.URL(proxy.get_secret_value()).password if proxy else ""
        configured = (value.get_secret_value() for value in self._provider.headers.values())
        return tuple(filter(None, (*self._scheme.seen, password, *configured)))

    async def retire(self) -> None:
        """Close every connection once no request is under way; requests under way can complete."""
        self._is_retired = True
        if not self._under_way:
            await self._transport.aclose()

    async def aclose(self) -> None:
        """Close every connection now."""
        await self._transport.aclose()

    async def _send(self, request: Request, sdk: Sdk | None) -> None:
        """Send a request, through the SDK if there is one for it. Raises ValueError for a body that has no JSON."""
        address = self._address(request.path)
        if sdk is not None:
            await sdk.send(address, request)
        else:
            await self._send_plain(request.method, _parsed(address), request.headers, _encoded(request.body))

    async def _sdk_for(self, request: Request) -> Sdk | None:
        """Return the SDK for a request that costs money or is a form, loaded with the first of them; else None."""
        if request.method in BODILESS or not (request.is_paid or request.is_form):
            return None
        if self._sdk is None:
            self._sdk = (await loaded_sdk()).Sdk(self._provider, self._scheme, self._transport)
        return self._sdk

    async def _renewed(self, timeout_seconds: float) -> BaseException | None:
        """Make the credentials ready. Their time and their faults are not the provider's."""
        try:
            await self._scheme.renew(timeout_seconds)
        except (KeyUnavailable, TokenHostUnreachable) as error:
            return error
        return None

    async def _send_plain(
        self, method: str, url: httpx2.URL, more: Mapping[str, str] = NO_HEADERS, content: bytes = b""
    ) -> None:
        """Send a signed request without the SDK. Raises KeyUnavailable."""
        if self._headers is None:
            self._headers = plain_headers(self._provider)
        credentials = self._scheme.sign(Outgoing(method, url, content))
        own = {**more, **credentials.headers}
        if method not in BODILESS:
            own["content-length"] = str(len(content))
        signed = {name.lower().encode(): value.encode() for name, value in own.items()}
        left_out = {*signed, b"content-type"} if method in BODILESS else signed
        headers = [*(header for header in self._headers if header[0] not in left_out), *signed.items()]
        await self._transport.ask(method, with_query(url, credentials), headers, content)

    def _address(self, path: str) -> str:
        return self._provider.base_url + path if path.startswith("/") else path

    def _our_fault(self, request: Request, answer: Answer) -> Verdict | None:
        """Return the verdict on an answer that shows a fault of our configuration or our clock, or None."""
        path = request.path if request.path.startswith("/") else ""
        fault = moved(self._provider.base_url, path, answer.http_status, answer.headers)
        return fault or (clock_fault(answer, time.time()) if self._scheme.is_timed else None)

    async def _fetch(self, address: str, exchange: Exchange) -> None:
        url = httpx2.URL(address)
        if origin(url) == origin(self._base_url):
            await self._send_plain("GET", url)
            return
        if url.scheme not in ("http", "https") or not url.host:
            raise httpx2.UnsupportedProtocol(f"the asset's address has the scheme {url.scheme!r}")
        _, host, port = origin(url)
        exchange.public_only = host != self._base_url.host or port not in self._provider.asset_ports
        await self._transport.ask("GET", url, asset_headers())

    async def _exchange(
        self, exchange: Exchange, timeout_seconds: float, coroutine: Coroutine[Any, Any, None]
    ) -> BaseException | None:
        """Run one exchange; return the failure below HTTP, or None for a complete answer."""
        token = EXCHANGE.set(exchange)
        self._under_way += 1
        try:
            async with asyncio.timeout(max(timeout_seconds, 0.0)):
                await coroutine
        except TimeoutError:
            phase = "reading the answer" if exchange.http_status else "waiting" if exchange.is_sent else "connecting"
            return TimeoutError(f"timed out after {timeout_seconds:.3g} s {phase}")
        except httpx2.TimeoutException as error:
            return TimeoutError(str(innermost(error)) or str(error))
        except (ValueError, RecursionError) as error:
            # The SDK parses JSON bodies itself. The exchange has the text already, and the classifier judges it.
            return None if exchange.http_status is not None else error
        except (httpx2.HTTPError, httpx2.InvalidURL, KeyUnavailable, OSError) as error:
            return error
        finally:
            EXCHANGE.reset(token)
            self._under_way -= 1
            if self._is_retired:
                await self.retire()
        return None

    async def _with_certificate(self, reply: Reply, timeout_seconds: float) -> Reply:
        """Return the reply with the certificate's expiry even if its verification failed.

        Not through a proxy: this needs a direct connection to the server, which a configured proxy rules out.
        """
        text = reply.answer.transport_error or ""
        if reply.tls_expires_at is not None or self._provider.proxy is not None or "certificate" not in text.lower():
            return reply
        seconds = min(timeout_seconds, CERTIFICATE_SECONDS)
        seen = await presented_expiry(self._base_url.host, self._base_url.port or 443, seconds)
        return replace(reply, tls_expires_at=seen)


class ProviderClients:
    """One client per provider, created on first use and kept until its provider changes.

    ``keys`` are those of providers by name, in place of the ones that the configuration names.
    """

    def __init__(self, keys: Mapping[str, str] | None = None) -> None:
        self._keys = dict(keys or {})
        self._clients: dict[str, tuple[Provider, ProviderClient]] = {}
        self._retired: list[ProviderClient] = []

    def get(self, name: str, provider: Provider) -> ProviderClient:
        """Return the provider's client."""
        known, client = self._clients.get(name, (None, None))
        if client is not None and (known is provider or known == provider):
            return client
        if client is not None:
            self._retired.append(client)
        client = ProviderClient(provider, self._keys.get(name))
        self._clients[name] = provider, client
        return client

    async def keep_only(self, providers: Mapping[str, Provider]) -> None:
        """Retire the clients of providers that were removed or changed."""
        for name in [name for name, (known, _) in self._clients.items() if providers.get(name) != known]:
            self._retired.append(self._clients.pop(name)[1])
        while self._retired:
            await self._retired.pop().retire()


async def loaded_sdk() -> Any:
    """Return the module of the SDK. The first call takes a second, in a thread, so that scrapes and probes go on."""
    if SDK in sys.modules:
        return importlib.import_module(SDK)
    return await asyncio.to_thread(importlib.import_module, SDK)


@lru_cache(maxsize=4096)
def _parsed(address: str) -> httpx2.URL:
    """Return a parsed address; the same few are requested again and again."""
    return httpx2.URL(address)


def _encoded(body: Mapping[str, Any] | None) -> bytes:
    """Return a body as JSON, with the bytes that the SDK would send; no body without one."""
    if body is None:
        return b""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
