"""Fetching the documents of official status pages, bounded and without credentials."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx2

from sora_exporter import __version__
from sora_exporter.http.exchange import EXCHANGE, Exchange
from sora_exporter.http.reply import describe
from sora_exporter.http.transport import Transport

USER_AGENT = f"sora-exporter/{__version__} (+https://github.com/sora-exporter/sora_exporter)"
REDIRECTS = 3
MOST_CONNECTIONS = 8
EARLIER_SECONDS = 0.02
"""So much before the caller's own deadline a fetch ends by itself, to tell how far it came."""


class FetchError(Exception):
    """No complete answer: refused, reset, too slow, too large; the text is one line for a person."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One complete HTTP answer; header names are lower case, the body is decoded from any transfer compression."""

    http_status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Unreached(FetchError):
    """No connection to the page came about at all."""


class PageClient:
    """One HTTP client for the pages behind one proxy (or none)."""

    def __init__(self, proxy: str | None) -> None:
        transport = Transport(ssl.create_default_context(), proxy, MOST_CONNECTIONS)
        self._http = httpx2.AsyncClient(
            headers={"user-agent": USER_AGENT},
            transport=transport,
            follow_redirects=True,
            max_redirects=REDIRECTS,
            trust_env=False,
            timeout=None,
        )

    async def fetch(
        self, url: str, *, headers: Mapping[str, str], timeout_seconds: float, max_bytes: int
    ) -> Fetched:  # fmt: skip
        """Return one complete answer of at most ``max_bytes``. Raises FetchError when none came."""
        exchange = Exchange(limit=max_bytes + 1, encoding="gzip", home=_host(url))
        token = EXCHANGE.set(exchange)
        try:
            async with asyncio.timeout(timeout_seconds - EARLIER_SECONDS):
                answer = await self._http.get(url, headers=dict(headers))
        except TimeoutError:
            raise _failure(exchange)(f"no complete answer in {timeout_seconds:g} s") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            # A header or an address that no request can carry is a ValueError, where a page redirects to one too.
            raise _failure(exchange)(describe(error)) from None
        finally:
            EXCHANGE.reset(token)
        if exchange.is_cut:
            raise FetchError(f"longer than {max_bytes // (1024 * 1024)} MiB")
        return Fetched(
            answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()


def _host(url: str) -> str:
    try:
        return httpx2.URL(url).raw_host.decode("ascii")
    except httpx2.InvalidURL:
        return ""


def _failure(exchange: Exchange) -> type[FetchError]:
    return FetchError if exchange.is_connected else Unreached
