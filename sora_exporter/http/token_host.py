"""Requests to a token host: google-auth waits for them in a thread, our own transport sends them."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from sora_exporter.http.exchange import EXCHANGE, Exchange
from sora_exporter.http.transport import Transport

TOKEN_SECONDS = 10.0
"""The longest wait for one answer of a token host."""


class TokenHostUnreachable(Exception):
    """No answer of a token host. Our own network or a third party is the reason, never the provider."""


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """An answer in the form that google-auth reads."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class TokenHost:
    """Sends the requests for tokens over the proxy of the provider, always with verified TLS."""

    def __init__(self, transport: Transport) -> None:
        self._http = httpx2.AsyncClient(transport=transport, follow_redirects=False, trust_env=False)

    def request(self, timeout_seconds: float) -> Callable[..., TokenAnswer]:
        """Return google-auth's ``Request``: a function that a thread calls and that waits for the answer."""
        from google.auth.exceptions import TransportError

        loop, most = asyncio.get_running_loop(), min(timeout_seconds, TOKEN_SECONDS)

        def send(
            url: str,
            method: str = "GET",
            body: bytes | str | None = None,
            headers: Mapping[str, str] | None = None,
            timeout: float | None = None,
            **_: Any,
        ) -> TokenAnswer:
            seconds = min(timeout or most, most)
            try:
                return asyncio.run_coroutine_threadsafe(self._send(method, url, body, headers, seconds), loop).result()
            except (httpx2.HTTPError, httpx2.InvalidURL, OSError, RuntimeError) as error:
                raise TransportError(str(error) or type(error).__name__) from None
            except concurrent.futures.CancelledError:
                raise TransportError("the exporter is closing") from None

        return send

    async def _send(
        self, method: str, url: str, body: bytes | str | None, headers: Mapping[str, str] | None, seconds: float
    ) -> TokenAnswer:
        # Each such coroutine is a task of its own, so this record replaces no other.
        exchange = Exchange()
        EXCHANGE.set(exchange)
        async with asyncio.timeout(seconds):
            await self._http.request(method, url, content=body, headers=headers, timeout=None)
        return TokenAnswer(exchange.http_status or 0, exchange.headers, bytes(exchange.received))
