"""The official pages of the configuration: one task each, and what was last read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from sora_exporter.clock import Clock
from sora_exporter.config import Config, StatusPage
from sora_exporter.http.fetch import Fetched, FetchError, PageClient, Unreached
from sora_exporter.status_pages.poller import Fetch, PageState, StatusPagePoller
from sora_exporter.tasks import apart, start

log = logging.getLogger(__name__)

INTERNAL = "internal error of the exporter: see its log"


class Visit:
    """A fetch that notes whether any connection came about since ``is_reached`` was last set to None: nothing asked."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self.is_reached: bool | None = None

    async def fetch(
        self, url: str, *, headers: Mapping[str, str], timeout_seconds: float, max_bytes: int
    ) -> Fetched:  # fmt: skip
        """Return what the fetch returns; raises what it raises."""
        try:
            fetched = await self._fetch(url, headers=headers, timeout_seconds=timeout_seconds, max_bytes=max_bytes)
        except Unreached:
            self.is_reached = self.is_reached or False
            raise
        except FetchError:
            self.is_reached = True
            raise
        self.is_reached = True
        return fetched


class Pages:
    """Polls each page at its interval. ``states`` holds the latest poll by page name."""

    def __init__(self, clock: Clock, witness: Callable[[str, bool, float], None]) -> None:
        self._clock, self._witness = clock, witness
        self._clients: dict[str | None, PageClient] = {}
        self._tasks: dict[str, tuple[StatusPage, asyncio.Task[None]]] = {}
        self.states: dict[str, PageState] = {}

    def apply(self, config: Config) -> None:
        """Start, stop and replace pollers so that they fit the configuration."""
        for name, (page, task) in list(self._tasks.items()):
            if config.status_pages.get(name) != page or task.done():
                task.cancel()
                del self._tasks[name]
                self.states.pop(name, None)
        for name, page in config.status_pages.items():
            if name not in self._tasks:
                self._tasks[name] = page, start(self._repeat(name, page), f"page {name}")

    async def stop(self) -> None:
        """Stop polling and close the connections."""
        tasks = [task for _, task in self._tasks.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._tasks.clear()
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    async def _repeat(self, name: str, page: StatusPage) -> None:
        proxy = page.proxy.get_secret_value() if page.proxy else None
        if proxy not in self._clients:
            self._clients[proxy] = PageClient(proxy)
        visit = Visit(self._clients[proxy].fetch)
        poller = StatusPagePoller(page, visit.fetch, self._clock)
        started = self._clock.monotonic()
        while True:
            await self._once(name, page, poller, visit)
            started = max(started + page.interval, self._clock.monotonic())
            await self._clock.sleep(started - self._clock.monotonic())

    async def _once(self, name: str, page: StatusPage, poller: StatusPagePoller, visit: Visit) -> None:
        """Read a page once. A fault of ours ends this reading only: the page's values go, its task stays."""
        attempted_at, before = self._clock.now(), self.states.get(name)
        reading = await apart(self._read(f"page:{name}", page, poller, visit), f"reading of page {name}")
        is_ours = reading.exception() is not None
        fault = PageState(False, attempted_at, before.fetched_at if before else None, None, INTERNAL)
        self._note(name, fault if is_ours else reading.result())

    async def _read(self, witness: str, page: StatusPage, poller: StatusPagePoller, visit: Visit) -> PageState:
        visit.is_reached = None
        state = await poller.poll()
        if visit.is_reached is not None:
            self._witness(witness, visit.is_reached, page.interval)
        return state

    def _note(self, name: str, state: PageState) -> None:
        """Keep what was read; one line in the log for each change between good and bad."""
        before = self.states.get(name)
        self.states[name] = state
        if not state.up and (before is None or before.up):
            log.warning("status page %s: %s", name, state.error)
        elif state.up and before is not None and not before.up:
            log.info("status page %s can be read again", name)
