"""The official pages of the configuration: one task and the latest state of each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from sora_exporter.clock import Clock
from sora_exporter.config import Config, StatusPage
from sora_exporter.http.fetch import Fetcher
from sora_exporter.status_pages.poller import PageState, StatusPagePoller
from sora_exporter.tasks import apart, start

log = logging.getLogger(__name__)

INTERNAL = "internal error of the exporter: see its log"


class Pages:
    """Polls each page at its interval. ``states`` holds the outcome of the latest poll by page name.

    ``witness`` receives, after each poll that sent a request, ``page:NAME``, whether the host was reached, and the
    page's interval in seconds: evidence about our own network.
    """

    def __init__(self, clock: Clock, witness: Callable[[str, bool, float], None]) -> None:
        self._clock, self._witness = clock, witness
        self._fetchers: dict[str | None, Fetcher] = {}
        self._tasks: dict[str, tuple[StatusPage, asyncio.Task[None]]] = {}
        self.states: dict[str, PageState] = {}

    def apply(self, config: Config) -> None:
        """Start, stop and replace pollers to match the configuration."""
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
        for fetcher in self._fetchers.values():
            await fetcher.aclose()
        self._fetchers.clear()

    async def _repeat(self, name: str, page: StatusPage) -> None:
        proxy = page.proxy.get_secret_value() if page.proxy else None
        if proxy not in self._fetchers:
            self._fetchers[proxy] = Fetcher(proxy)
        poller = StatusPagePoller(page, self._fetchers[proxy], self._clock)
        started = self._clock.monotonic()
        while True:
            await self._once(name, page, poller)
            started = max(started + page.interval, self._clock.monotonic())
            await self._clock.sleep(started - self._clock.monotonic())

    async def _once(self, name: str, page: StatusPage, poller: StatusPagePoller) -> None:
        """Poll a page once. A fault of ours ends this poll only: the page's values go, its task stays."""
        attempted_at, before = self._clock.now(), self.states.get(name)
        poll = await apart(poller.poll(), f"poll of page {name}")
        if poll.exception() is not None:
            self._note(name, PageState(False, attempted_at, before.fetched_at if before else None, None, INTERNAL))
            return
        state = poll.result()
        if state.is_reached is not None:
            self._witness(f"page:{name}", state.is_reached, page.interval)
        self._note(name, state)

    def _note(self, name: str, state: PageState) -> None:
        """Keep the state, and log each change between up and not up once."""
        before = self.states.get(name)
        self.states[name] = state
        if not state.up and (before is None or before.up):
            log.warning("status page unavailable", extra={"page": name, "error": state.error})
        elif state.up and before is not None and not before.up:
            log.info("status page available again", extra={"page": name})
        if _omitted(state) and not _omitted(before):
            log.warning("status page too long", extra={"page": name, "count": _omitted(state)})


def _omitted(state: PageState | None) -> int:
    return state.report.omitted if state is not None and state.report is not None else 0
