"""The monitor for asyncio: the engine of the exporter, read by method calls instead of HTTP."""

from __future__ import annotations

import asyncio
import inspect
import logging
import math
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.storage import usual_directory
from sora_exporter.clock import Clock, SystemClock
from sora_exporter.config import Service, Source, config_from
from sora_exporter.evidence.snapshot import services_overview
from sora_exporter.evidence.state import ServiceStatus
from sora_exporter.exporter import Exporter
from sora_exporter.history import Event, EventLog, EventStore
from sora_exporter.monitor.environment import from_environment
from sora_exporter.monitor.values import Change, ServiceView, change_of, view_of
from sora_exporter.report.check import renderers
from sora_exporter.tasks import start

log = logging.getLogger(__name__)

OnChange = Callable[[Change], object]
FORMATS: Mapping[str, str] = MappingProxyType({".json": "json", ".md": "markdown", ".txt": "text"})
"""The format of an export by the end of its file's name."""
HOUR_SECONDS = 3600.0
LAST_CALLS_SECONDS = 3.0
NOT_STARTED = "the monitor does not run: use it in `async with`, or await start() first"


class AsyncMonitor:
    """Watches the services of a configuration on its own schedule, within its budget.

    ``config`` is the path of a configuration, a loaded one, or None for the built-in services. ``on_change`` is called,
    and awaited if it is a coroutine function, with a Change after each change of a status; its errors are logged.
    ``storage`` is a directory that this monitor has to itself and in which its history survives restarts. Without one
    the monitor shares the budget of every sora_exporter of this account and keeps its history in memory. Raises
    ConfigError and TypeError.
    """

    def __init__(
        self,
        config: Source = None,
        *,
        on_change: OnChange | None = None,
        storage: str | os.PathLike[str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        if on_change is not None and not callable(on_change):
            raise TypeError(f"on_change is a function that takes a Change, not {type(on_change).__name__}")
        if storage is not None and not isinstance(storage, str | os.PathLike):
            raise TypeError(f"storage is the path of a directory, not {type(storage).__name__}")
        self._config, self._on_change = config_from(config), on_change
        self._storage = None if storage is None else Path(storage)
        self._clock = clock or SystemClock()
        self._engine: Exporter | None = None
        self._opened = ExitStack()
        self._changes: asyncio.Queue[Change | None] = asyncio.Queue()
        self._calls: asyncio.Task[None] | None = None

    @classmethod
    def from_env(cls, **settings: Any) -> Self:
        """Return a monitor for the keys in the environment; ``settings`` are those of the class without ``config``.

        These are the living services of each vendor whose key is set, or with OPENAI_BASE_URL the built-in services at
        that relay. Only free probes run. Raises ConfigError if no key is set.
        """
        return cls(from_environment(os.environ, datetime.now(UTC).date()), **settings)

    async def start(self) -> None:
        """Begin probing. Raises StorageError if the storage is held by another process or cannot be used."""
        if self._engine is not None:
            return
        is_own = self._storage is not None
        directory = self._storage or usual_directory()
        ledger = self._opened.enter_context(
            closing(Ledger.open(directory, exclusive=is_own, now=self._clock.now))
        )  # fmt: skip
        events = EventLog(EventStore(ledger.storage) if is_own else None, self._clock.now)
        engine = self._engine = Exporter(self._config, None, ledger, self._clock, events=events, is_noted=is_own)
        if self._on_change is not None:
            engine.listen_to_changes(self._note)
            self._calls = start(self._call_back(self._on_change), "on_change")
        try:
            await engine.start()
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Stop probing; changes that have happened are still passed on, if that takes less than three seconds."""
        engine, self._engine = self._engine, None
        if engine is None:
            return
        try:
            await engine.stop()
            if self._calls is not None:
                self._changes.put_nowait(None)
                await asyncio.wait([self._calls], timeout=LAST_CALLS_SECONDS)
                self._calls.cancel()
        finally:
            self._opened.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def check(self, *service_ids: str) -> dict[str, ServiceView]:
        """Run the free probes of these services now, or of all, and return the services by id.

        An attempt that is already running is shared. Raises ValueError for an id that is not configured.
        """
        engine = self._running
        known = {service.id: service for service in engine.config.services}
        chosen = [self._service(known, service_id) for service_id in service_ids or known]
        await engine.look_now(chosen)
        return {service.id: view_of(engine.state, service.id) for service in chosen}

    def status(self, service_id: str) -> ServiceView:
        """Return a service now, from memory. Raises ValueError for an id that is not configured."""
        return view_of(self._running.state, self._known(service_id))

    def statuses(self) -> dict[str, ServiceView]:
        """Return every service now by id, from memory, in the order of the configuration."""
        state = self._running.state
        return {service_id: view_of(state, service_id) for service_id in state.services}

    def summary(self) -> str:
        """Return the text that ``sora-exporter check`` prints: a line per service, and the route to use."""
        return self._rendered("text")

    def uptime(self, service_id: str, hours: float = 24.0) -> float | None:
        """Return the share (0 to 1) of the observed time of the last hours in which the service was usable.

        Time without evidence is not observed; None if there was none at all. Raises ValueError.
        """
        if isinstance(hours, bool) or not isinstance(hours, int | float):
            raise TypeError(f"hours is a number, not {type(hours).__name__}")
        if not 0 < hours < math.inf:
            raise ValueError(f"hours={hours} is not a length of time: use more than 0")
        end = self._clock.now()
        return self._running.events.uptime(self._known(service_id), end - hours * HOUR_SECONDS, end).ratio

    def history(self, service_id: str) -> Sequence[Event]:
        """Return the times that the service spent in each status, the newest first. Raises ValueError."""
        return self._running.events.of(self._known(service_id))

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write the state of every service to a file: JSON, Markdown or text by the end of its name.

        Raises ValueError for another end, OSError for a file that cannot be written.
        """
        file = Path(path)
        if file.suffix not in FORMATS:
            raise ValueError(f"the name of {str(file)!r} does not end in {', '.join(FORMATS)}: choose one of them")
        file.write_text(self._rendered(FORMATS[file.suffix]), encoding="utf-8")

    @property
    def _running(self) -> Exporter:
        if self._engine is None:
            raise RuntimeError(NOT_STARTED)
        return self._engine

    def _rendered(self, form: str) -> str:
        return renderers()[form](services_overview(self._running.state), self._clock.now())

    def _known(self, service_id: str) -> str:
        return self._service({service.id: service for service in self._running.config.services}, service_id).id

    @staticmethod
    def _service(known: Mapping[str, Service], service_id: str) -> Service:
        if not isinstance(service_id, str):
            raise TypeError(f"service_id is a text, not {type(service_id).__name__}")
        if service_id not in known:
            raise ValueError(f"the service {service_id!r} is not configured: there are {', '.join(known) or '(none)'}")
        return known[service_id]

    def _note(self, service_id: str, before: ServiceStatus, after: ServiceStatus) -> None:
        self._changes.put_nowait(change_of(service_id, before, after))

    async def _call_back(self, on_change: OnChange) -> None:
        """Pass the changes on, one after the other; an error of the caller's function ends nothing."""
        while (change := await self._changes.get()) is not None:
            try:
                if inspect.isawaitable(waiting := on_change(change)):
                    await waiting
            except Exception:
                log.exception("callback failed", extra={"service_id": change.service_id})
