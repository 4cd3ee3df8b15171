"""How many probes may run at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sora_exporter.config import Config


class Cap:
    """At most so many inside at once; the limit may change while some are."""

    def __init__(self, limit: int) -> None:
        self._limit, self._free, self._owed = limit, asyncio.Semaphore(limit), 0

    def resize(self, limit: int) -> None:
        """Change the limit; where it falls, those who leave are not replaced until it holds again."""
        self._owed += self._limit - limit
        self._limit = limit
        while self._owed < 0:
            self._owed += 1
            self._free.release()

    async def __aenter__(self) -> None:
        await self._free.acquire()
        while self._owed > 0:
            self._owed -= 1
            await self._free.acquire()

    async def __aexit__(self, *_: object) -> None:
        if self._owed > 0:
            self._owed -= 1
        else:
            self._free.release()


class Slots:
    """The caps: in total and per provider, paid probes apart from free ones.

    A paid probe may hold its slot for many minutes, and must not keep free ones from looking. Without a configured
    total there is room for all that the providers' caps allow, so that providers that hang delay nobody else however
    many they are.
    """

    def __init__(self, config: Config) -> None:
        self._total = {is_paid: Cap(_total(config)) for is_paid in (False, True)}
        self._provider: dict[tuple[str, bool], Cap] = {}
        self.apply(config)

    def apply(self, config: Config) -> None:
        """Take over the limits of a configuration; whoever is inside stays and counts."""
        for cap in self._total.values():
            cap.resize(_total(config))
        old, self._provider = self._provider, {}
        for name, provider in config.providers.items():
            for is_paid in (False, True):
                cap = self._provider[name, is_paid] = old.get((name, is_paid)) or Cap(provider.max_concurrent)
                cap.resize(provider.max_concurrent)

    @asynccontextmanager
    async def within(self, provider: str, is_paid: bool) -> AsyncIterator[None]:
        """Wait for a slot. The provider's comes first: those who wait for a hung one hold none of the others'."""
        async with self._provider[provider, is_paid], self._total[is_paid]:
            yield


def _total(config: Config) -> int:
    return config.max_concurrent_probes or max(sum(one.max_concurrent for one in config.providers.values()), 1)
