"""One bounded GET, for every document that is not a provider's: official pages, an exporter's status, Prometheus."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import httpx2

from sora_exporter import __version__
from sora_exporter.http.exchange import EXCHANGE, Exchange
from sora_exporter.http.reply import describe
from sora_exporter.http.transport import Transport, usual_context

USER_AGENT: Final = f"sora-exporter/{__version__} (+https://github.com/sora-exporter/sora_exporter)"
REDIRECTS: Final = 3
KEPT_CONNECTIONS: Final = 8
NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


class FetchError(Exception):
    """No complete answer: refused, reset, too slow or too large. The text is one line for a person.

    ``is_reached`` is False if no connection to the host was established at all.
    """

    def __init__(self, text: str = "", *, is_reached: bool = True) -> None:
        super().__init__(text)
        self.is_reached = is_reached


class TooSlow(FetchError):
    """The deadline passed before the answer was complete."""


class TooLarge(FetchError):
    """The body exceeds the limit."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One complete HTTP answer. Header names are lower case; the body is decompressed."""

    http_status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Fetcher:
    """One HTTP client behind one proxy, or none.

    ``tls`` replaces the system's trust store. ``redirects`` is the largest number followed; 0 returns a redirect as the
    answer it is.
    """

    def __init__(
        self, proxy: str | None = None, *, tls: ssl.SSLContext | None = None, redirects: int = REDIRECTS
    ) -> None:  # fmt: skip
        self._http = httpx2.AsyncClient(
            headers={"user-agent": USER_AGENT},
            transport=Transport(tls or usual_context(is_verifying=True), proxy, KEPT_CONNECTIONS),
            follow_redirects=redirects > 0,
            max_redirects=redirects,
            trust_env=False,
            timeout=None,
        )

    async def fetch(
        self, url: str, *, headers: Mapping[str, str] = NO_HEADERS, timeout_seconds: float, max_bytes: int
    ) -> Fetched:  # fmt: skip
        """Return one complete answer of at most ``max_bytes``, with any status. Raises FetchError without one."""
        exchange = Exchange(limit=max_bytes + 1, encoding="gzip", homes=_homes(url))
        token = EXCHANGE.set(exchange)
        try:
            async with asyncio.timeout(timeout_seconds):
                answer = await self._http.get(url, headers=dict(headers))
        except TimeoutError:
            why = f"no complete answer in {timeout_seconds:g} s"
            raise TooSlow(why, is_reached=exchange.is_connected) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            # A header or address that cannot be sent raises ValueError, also when a redirect leads to that address.
            raise FetchError(describe(error), is_reached=exchange.is_connected) from None
        finally:
            EXCHANGE.reset(token)
        if exchange.is_cut:
            raise TooLarge(f"longer than {max_bytes // (1024 * 1024)} MiB")
        return Fetched(
            answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()


def _homes(url: str) -> frozenset[tuple[str, int]]:
    """Return the host of an address with its own port and those of the web."""
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        return frozenset()
    host = parsed.raw_host.decode("ascii")
    return frozenset({(host, parsed.port or 80), (host, 80), (host, 443)})
