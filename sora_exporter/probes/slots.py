"""Limits on how many probes run at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import CapacityLimiter, WouldBlock

from sora_exporter.config import Config


class Slots:
    """The limits in total and per provider, with separate ones for paid probes.

    A paid probe may hold its slot for many minutes and must not delay free ones. Without a configured total there is
    room for everything that the providers' limits allow, so that hanging providers do not delay the others.
    """

    def __init__(self, config: Config) -> None:
        self._total = {is_paid: CapacityLimiter(_total(config)) for is_paid in (False, True)}
        self._provider: dict[tuple[str, bool], CapacityLimiter] = {}
        self.apply(config)

    def apply(self, config: Config) -> None:
        """Take over the limits of a configuration; attempts under way keep their slots and count."""
        for limiter in self._total.values():
            limiter.total_tokens = _total(config)
        old, self._provider = self._provider, {}
        for name, provider in config.providers.items():
            for is_paid in (False, True):
                limiter = old.get((name, is_paid)) or CapacityLimiter(provider.max_concurrent)
                limiter.total_tokens = provider.max_concurrent
                self._provider[name, is_paid] = limiter

    @asynccontextmanager
    async def within(self, provider: str, is_paid: bool) -> AsyncIterator[None]:
        """Wait for a slot, the provider's first, so that waiting for a hanging provider does not block the others."""
        of_provider, of_all = self._provider[provider, is_paid], self._total[is_paid]
        await _take(of_provider)
        try:
            await _take(of_all)
            try:
                yield
            finally:
                of_all.release()
        finally:
            of_provider.release()


async def _take(limiter: CapacityLimiter) -> None:
    """Take a slot. A free one costs no turn of the event loop, which the library's own way does."""
    try:
        limiter.acquire_nowait()
    except WouldBlock:
        await limiter.acquire()


def _total(config: Config) -> int:
    return config.max_concurrent_probes or max(sum(one.max_concurrent for one in config.providers.values()), 1)
