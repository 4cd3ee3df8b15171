"""The only door to a provider: requests through the OpenAI SDK on one HTTP client, answers as plain facts."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
import openai

from sora_exporter.certificate import expiry, presented_expiry
from sora_exporter.config import Provider
from sora_exporter.result import Answer, Expectation
from sora_exporter.transport import EXCHANGE, Exchange, Transport

# The SDK logs requests with their bodies at debug level; bodies and headers stay out of our log at every level.
for _chatty in ("openai", "httpx2", "httpcore2"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)

KEY_BYTES = 8192
REDIRECTS = 3


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a provider. ``path`` is relative to its base URL; ``stop`` ends an event stream early."""

    method: str
    path: str
    endpoint: str
    timeout_seconds: float
    body: Mapping[str, Any] | None = None
    is_multipart: bool = False
    is_paid: bool = False
    expectation: Expectation | None = None
    stop: Callable[[bytes], bool] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer and what was measured beside it. ``is_reached`` tells whether a connection came about at all."""

    answer: Answer
    phases: Mapping[str, float] = field(default_factory=dict)
    http_status: int | None = None
    first_byte_seconds: float | None = None
    tls_expires_at: float | None = None
    is_reached: bool = True
    size: int = 0


class ProviderClient:
    """Speaks to one provider; never raises for anything a provider or a network does."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._key = KeySource(provider)
        self._http = httpx2.AsyncClient(transport=_transport(provider), follow_redirects=False, trust_env=False)
        headers: dict[str, Any] = {name: value.get_secret_value() for name, value in provider.headers.items()}
        if not self._key.is_configured and not any(name.lower() == "authorization" for name in headers):
            headers["Authorization"] = openai.Omit()
        self._sdk = openai.AsyncOpenAI(
            api_key=self._key.read_async,
            base_url=provider.base_url,
            http_client=self._http,
            max_retries=0,
            default_headers=headers,
        )

    async def ask(self, request: Request, access: str) -> Reply:
        """Return what the provider answered, at the latest after the request's timeout."""
        exchange = Exchange(fresh_connection=request.is_paid, stop=request.stop)
        started = time.monotonic()
        trouble = await self._exchange(exchange, request.timeout_seconds, self._send(request))
        elapsed = time.monotonic() - started
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
        return await self._with_certificate(
            Reply(
                answer=answer,
                phases=dict(exchange.phases),
                http_status=exchange.http_status,
                first_byte_seconds=exchange.first_byte_at - started if exchange.first_byte_at else None,
                tls_expires_at=expiry(exchange.certificate),
                is_reached=exchange.connected,
                size=exchange.size,
            ),
            max(request.timeout_seconds - elapsed, 0.5),
        )

    async def download(
        self, url: str, sink: Callable[[bytes], None], *, limit: int, timeout_seconds: float, endpoint: str, access: str
    ) -> Reply:
        """Fetch a finished asset piece by piece into ``sink``; ``url`` may be a path of the API or a full address.

        The key goes only to the provider's own origin. Elsewhere, redirects included, no credential is sent and,
        unless the provider itself lives there, addresses inside our own network are refused.
        """
        deadline = time.monotonic() + timeout_seconds
        for _ in range(REDIRECTS + 1):
            exchange = Exchange(sink=sink, limit=limit)
            coroutine = self._fetch(url, exchange)
            trouble = await self._exchange(exchange, deadline - time.monotonic(), coroutine)
            location = exchange.headers.get("location")
            if trouble is not None or exchange.http_status not in (301, 302, 303, 307, 308) or not location:
                break
            url = urljoin(self._absolute(url), location)
        return Reply(
            answer=Answer(
                endpoint=endpoint,
                access=access,
                http_status=exchange.http_status,
                headers=dict(exchange.headers),
                transport_error=describe(trouble) if trouble is not None else None,
                elapsed_seconds=timeout_seconds - (deadline - time.monotonic()),
            ),
            phases=dict(exchange.phases),
            http_status=exchange.http_status,
            is_reached=exchange.connected,
            size=exchange.size,
        )

    def secrets(self) -> tuple[str, ...]:
        """Return what must not leave memory: the key and the values of the configured headers."""
        configured = tuple(value.get_secret_value() for value in self._provider.headers.values())
        try:
            return (self._key.read(), *configured)
        except KeyUnavailable:
            return configured

    async def aclose(self) -> None:
        await self._sdk.close()

    async def _send(self, request: Request) -> None:
        options: openai._types.RequestOptions = {"timeout": request.timeout_seconds}
        if request.is_multipart:
            # The SDK writes multipart bodies only beside a file; field values as nameless files are what forms send.
            fields = [(name, (None, _text(value).encode())) for name, value in (request.body or {}).items()]
            await self._sdk.post(request.path, cast_to=httpx2.Response, files=fields, options=options)
        elif request.method == "GET":
            await self._sdk.get(request.path, cast_to=httpx2.Response, options=options)
        elif request.method == "DELETE":
            await self._sdk.delete(request.path, cast_to=httpx2.Response, options=options)
        else:
            send = self._sdk.put if request.method == "PUT" else self._sdk.post
            await send(request.path, cast_to=httpx2.Response, body=request.body, options=options)

    async def _fetch(self, url: str, exchange: Exchange) -> None:
        absolute = self._absolute(url)
        if _origin(absolute) == _origin(self._provider.base_url):
            await self._sdk.get(absolute, cast_to=httpx2.Response, options={"timeout": 3600.0})
            return
        parts = urlsplit(absolute)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise httpx2.UnsupportedProtocol(f"the asset's address has the scheme {parts.scheme!r}")
        exchange.public_only = parts.hostname != urlsplit(self._provider.base_url).hostname
        await self._http.get(absolute, timeout=3600.0)

    def _absolute(self, url: str) -> str:
        return self._provider.base_url + url if url.startswith("/") else url

    @staticmethod
    async def _exchange(exchange: Exchange, timeout_seconds: float, coroutine: Any) -> BaseException | None:
        """Run one exchange; return what went wrong below HTTP, or None when a whole answer came."""
        token = EXCHANGE.set(exchange)
        try:
            async with asyncio.timeout(max(timeout_seconds, 0.0)):
                await coroutine
        except openai.APIStatusError:
            return None
        except TimeoutError:
            what = "reading the answer" if exchange.http_status else "waiting" if exchange.connected else "connecting"
            return TimeoutError(f"timed out after {timeout_seconds:.3g} s {what}")
        except openai.APITimeoutError as error:
            return TimeoutError(str(_innermost(error)) or str(error))
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, KeyUnavailable) as error:
            return error
        except (ValueError, RecursionError) as error:
            # The SDK reads JSON bodies on its own; the text is already ours, and the classifier says what it is worth.
            return None if exchange.http_status is not None else error
        finally:
            EXCHANGE.reset(token)
        return None

    async def _with_certificate(self, reply: Reply, timeout_seconds: float) -> Reply:
        """Return the reply with the certificate's expiry also where its verification failed."""
        text = reply.answer.transport_error or ""
        if reply.tls_expires_at is not None or "certificate" not in text.lower():
            return reply
        parts = urlsplit(self._provider.base_url)
        seen = await presented_expiry(parts.hostname or "", parts.port or 443, min(timeout_seconds, 2.0))
        return replace(reply, tls_expires_at=seen)


class ProviderClients:
    """One client per provider, made on first use and kept until its provider changes."""

    def __init__(self) -> None:
        self._clients: dict[str, tuple[Provider, ProviderClient]] = {}

    def get(self, name: str, provider: Provider) -> ProviderClient:
        """Return the provider's client."""
        known, client = self._clients.get(name, (None, None))
        if client is None or known != provider:
            client = ProviderClient(provider)
            self._clients[name] = provider, client
        return client

    async def keep_only(self, providers: Mapping[str, Provider]) -> None:
        """Close the clients of providers that are gone or have changed."""
        for name in [name for name, (known, _) in self._clients.items() if providers.get(name) != known]:
            await self._clients.pop(name)[1].aclose()


class KeyUnavailable(Exception):
    """The configured key cannot be read at this moment."""


class KeySource:
    """Where a provider's key comes from; read on each use, so that a rotated key needs no restart."""

    def __init__(self, provider: Provider) -> None:
        self._env, self._file = provider.api_key_env, provider.api_key_file

    @property
    def is_configured(self) -> bool:
        return self._env is not None or self._file is not None

    def read(self) -> str:
        """Return the key, or text that stands for none. Raises KeyUnavailable."""
        if self._env is not None:
            return os.environ.get(self._env, "")
        if self._file is None:
            return "none"
        try:
            with Path(self._file).open("rb") as file:
                return file.read(KEY_BYTES).decode("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise KeyUnavailable(f"api_key_file {self._file} cannot be read") from None

    async def read_async(self) -> str:
        """Return the key; the form the SDK asks for."""
        return self.read()


def describe(error: BaseException) -> str:
    """Return the type and text of the innermost cause: httpx hides dns, tls and refusal behind one exception."""
    inner = _innermost(error)
    return f"{type(inner).__name__}: {inner}"[:500]


def _innermost(error: BaseException) -> BaseException:
    seen = {id(error)}
    while (cause := error.__cause__ or error.__context__) is not None and id(cause) not in seen and str(cause):
        seen.add(id(cause))
        error = cause
    return error


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _transport(provider: Provider) -> Transport:
    context = ssl.create_default_context(cafile=str(provider.ca_file) if provider.ca_file else None)
    if not provider.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    proxy = provider.proxy.get_secret_value() if provider.proxy else None
    return Transport(context, proxy, provider.max_concurrent)
