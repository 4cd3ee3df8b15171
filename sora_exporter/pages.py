"""The official pages of the configuration: one task each, and what was last read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from sora_exporter.clock import Clock
from sora_exporter.config import Config, StatusPage
from sora_exporter.page_client import PageClient
from sora_exporter.status_pages.poller import PageState, StatusPagePoller

log = logging.getLogger(__name__)

UNREACHED = ("ConnectError", "ConnectTimeout", "gaierror", "no complete answer")


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
            if config.status_pages.get(name) != page:
                task.cancel()
                del self._tasks[name]
                self.states.pop(name, None)
        for name, page in config.status_pages.items():
            if name not in self._tasks:
                self._tasks[name] = page, asyncio.create_task(self._repeat(name, page), name=f"page {name}")

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
        client = self._clients.setdefault(proxy, PageClient(proxy))
        poller = StatusPagePoller(page, client.fetch, self._clock)
        while True:
            state = await poller.poll()
            before, self.states[name] = self.states.get(name), state
            is_reached = state.up or not any(word in state.error for word in UNREACHED)
            self._witness(f"page:{name}", is_reached, page.interval)
            if not state.up and (before is None or before.up):
                log.warning("status page %s: %s", name, state.error)
            await self._clock.sleep(page.interval)
