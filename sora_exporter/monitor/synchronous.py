"""The monitor for programs without asyncio: the engine runs in a thread of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Self, TypeVar

from sora_exporter.clock import Clock
from sora_exporter.config import Source
from sora_exporter.history import Event
from sora_exporter.loop_thread import LoopThread
from sora_exporter.monitor.asynchronous import AsyncMonitor, OnChange
from sora_exporter.monitor.environment import from_environment
from sora_exporter.monitor.values import Change, ServiceView

T = TypeVar("T")


class Monitor:
    """Watches services from the moment it is made until ``close``; several threads may use it. See AsyncMonitor.

    ``on_change`` is called in a thread of its own, one change after the other, and may use the monitor.
    """

    def __init__(
        self,
        config: Source = None,
        *,
        on_change: OnChange | None = None,
        storage: str | os.PathLike[str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        in_thread = None if on_change is None or not callable(on_change) else _in_thread(on_change)
        self._monitor = AsyncMonitor(config, on_change=in_thread or on_change, storage=storage, clock=clock)
        self._thread = LoopThread(self, "sora-monitor", "monitor", self._monitor.aclose)
        try:
            self._thread.run(self._monitor.start)
        except BaseException:
            self._thread.close()
            raise

    @classmethod
    def from_env(cls, **settings: Any) -> Self:
        """Return a monitor for the keys in the environment. See AsyncMonitor.from_env."""
        return cls(from_environment(os.environ, datetime.now(UTC).date()), **settings)

    def check(self, *service_ids: str) -> dict[str, ServiceView]:
        """Run the free probes of these services now, or of all. See AsyncMonitor.check."""
        return self._thread.run(self._monitor.check, *service_ids)

    def status(self, service_id: str) -> ServiceView:
        """Return a service now, from memory. See AsyncMonitor.status."""
        return self._read(self._monitor.status, service_id)

    def statuses(self) -> dict[str, ServiceView]:
        """Return every service now by id. See AsyncMonitor.statuses."""
        return self._read(self._monitor.statuses)

    def summary(self) -> str:
        """Return the text that ``sora-exporter check`` prints. See AsyncMonitor.summary."""
        return self._read(self._monitor.summary)

    def uptime(self, service_id: str, hours: float = 24.0) -> float | None:
        """Return the usable share (0 to 1) of the observed time. See AsyncMonitor.uptime."""
        return self._read(self._monitor.uptime, service_id, hours)

    def history(self, service_id: str) -> Sequence[Event]:
        """Return the times that the service spent in each status, the newest first. See AsyncMonitor.history."""
        return self._read(self._monitor.history, service_id)

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write the state of every service to a file. See AsyncMonitor.export."""
        self._read(self._monitor.export, path)

    def close(self) -> None:
        """Stop probing and end the thread; calls under way in other threads end with RuntimeError."""
        self._thread.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, call: Callable[..., T], *arguments: object) -> T:
        """Return what a method returns in the thread of the engine, which alone may read its state."""

        async def read() -> T:
            return call(*arguments)

        return self._thread.run(read)


def _in_thread(on_change: OnChange) -> OnChange:
    async def call(change: Change) -> None:
        await asyncio.to_thread(on_change, change)

    return call
