"""The history that the pages show: read in the background, kept in memory, outlasting a Prometheus that is away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from sora_exporter.clock import Clock
from sora_exporter.history.prometheus import Access, PrometheusApi, PrometheusError
from sora_exporter.history.read import read_history
from sora_exporter.history.service import ServiceHistory
from sora_exporter.logs import LogOnce
from sora_exporter.tasks import apart, start

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 300.0
RETRY_SECONDS = 15.0
INTERNAL = "internal error of the exporter: see its log"


class History:
    """The record of every service, as last read. Moments are Unix time, None for never.

    ``services`` keeps the last good record; ``error`` is the reason if the latest reading failed, ``away_since`` the
    time of the first failure in a row.
    """

    def __init__(self, access: Access, clock: Clock) -> None:
        """Prepare the connection. Raises PrometheusError for an invalid address and for an unusable file."""
        self._api, self._clock = PrometheusApi(access), clock
        self._unread = LogOnce(log, "history not read", over="history read again")
        self._task: asyncio.Task[None] | None = None
        self.services: Mapping[str, ServiceHistory] = {}
        self.read_at: float | None = None
        self.away_since: float | None = None
        self.error = ""

    @property
    def source(self) -> str:
        """Host, port and path prefix of the Prometheus."""
        return self._api.name

    def start(self) -> None:
        """Begin to read, now and every INTERVAL_SECONDS."""
        self._task = start(self._repeat(), "history")

    async def stop(self) -> None:
        """Stop reading and close the connections."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._api.aclose()

    async def read(self) -> None:
        """Read the record once; if that fails, the last good one stays."""
        try:
            services = await read_history(self._api, self._clock.now())
        except PrometheusError as error:
            self._fail(str(error))
            return
        self.services, self.read_at = services, self._clock.now()
        self.error, self.away_since = "", None
        self._unread.off()

    async def _repeat(self) -> None:
        while True:
            reading = await apart(self.read(), "reading of history")
            if reading.exception() is not None:
                self._fail(INTERNAL)
            await self._clock.sleep(RETRY_SECONDS if self.error else INTERVAL_SECONDS)

    def _fail(self, error: str) -> None:
        self.error = error
        if self.away_since is None:
            self.away_since = self._clock.now()
        self._unread.on(error)
