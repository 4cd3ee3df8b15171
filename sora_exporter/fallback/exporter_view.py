"""The statuses of the routes at a running exporter; the client also works without an exporter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sora_exporter.http.fetch import Fetcher, FetchError
from sora_exporter.result import Status

CACHED_SECONDS = 5.0
FETCH_SECONDS = 1.0
MOST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Known:
    """Status by service id, and the service to use now by product."""

    statuses: Mapping[str, Status] = field(default_factory=dict)
    recommended: Mapping[str, str] = field(default_factory=dict)


class ExporterView:
    """Reads /api/v1/status of an exporter at most every few seconds."""

    def __init__(self, url: str | None, monotonic: Callable[[], float]) -> None:
        self._url = f"{url.rstrip('/')}/api/v1/status" if url else None
        self._monotonic = monotonic
        self._fetcher = Fetcher()
        self._known = Known()
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def now(self) -> Known:
        """Return the latest statuses; a bad answer of the exporter gives none, and never raises.

        Concurrent callers share one request.
        """
        if self._url is None:
            return self._known
        async with self._reading:
            if self._monotonic() - self._read_at >= CACHED_SECONDS:
                self._known = await self._read(self._url)
                self._read_at = self._monotonic()
            return self._known

    async def _read(self, url: str) -> Known:
        try:
            answer = await self._fetcher.fetch(url, timeout_seconds=FETCH_SECONDS, max_bytes=MOST_BYTES)
            document = json.loads(answer.body)
            statuses = {str(one["service_id"]): Status(one["status"]) for one in document["services"]}
            routes = {str(one["product"]): one["service_id"] for one in document["products"]}
            recommended = {product: str(service_id) for product, service_id in routes.items() if service_id}
        except (FetchError, ValueError, KeyError, TypeError, RecursionError):
            return Known()
        return Known(statuses, recommended)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._fetcher.aclose()
