"""The exporter at work: configuration, memory, schedule, pages and ledger put together, reloaded and stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.storage import StorageError
from sora_exporter.clock import Clock
from sora_exporter.config import Config, config_warnings, load_config
from sora_exporter.config.yaml_file import ConfigError
from sora_exporter.evidence.state import State
from sora_exporter.http.provider import ProviderClients
from sora_exporter.logs import LogOnce
from sora_exporter.metrics.collect import ExporterFacts, exporter_subject, page_subject, service_subject
from sora_exporter.metrics.samples import Subject
from sora_exporter.probes.cleanup import clean_up
from sora_exporter.probes.runner import NOT_KEPT, NOT_SENT, Runner
from sora_exporter.probes.scheduler import Scheduler
from sora_exporter.result import ErrorClass, ProbeKind, ProbeResult
from sora_exporter.status_pages.watcher import Pages
from sora_exporter.tasks import apart, start

log = logging.getLogger(__name__)

CLEANUP_SECONDS = 30.0


@dataclass
class Spending:
    """What the ledger last said; scrapes read this, never the ledger. USD."""

    today: float | None = None
    by_service: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Reload:
    """How the last reload went. ``succeeded_at`` is Unix time; ``error`` is empty after a good one."""

    succeeded_at: float
    error: str = ""


class Exporter:
    """Everything that lives between the command line and the HTTP server."""

    def __init__(self, config: Config, config_file: Path | None, ledger: Ledger, clock: Clock) -> None:
        self.config, self._config_file, self._ledger, self.clock = config, config_file, ledger, clock
        self._clients = ProviderClients()
        self._runner = Runner(config, ledger, self._clients, clock)
        self.state = State(clock)
        self.state.configure(config)
        self.pages = Pages(clock, self.state.witness)
        self.scheduler = Scheduler(
            config, self._runner.run, self._record, clock, self._last_paid, self._runner.is_barred
        )
        self.reload_state = Reload(clock.now())
        self.spending = Spending()
        self._unread = LogOnce(log, "ledger not readable", over="ledger readable again")
        self._unkept = LogOnce(log, "paid probes stopped", over="paid probes run again")
        self._warned: list[str] = []
        self._tls_expires_at: dict[str, float] = {}
        self._listeners: list[Callable[[str], None]] = []
        self._upkeep: asyncio.Task[None] | None = None
        self._reloading = asyncio.Lock()
        self._next_reload: asyncio.Task[str] | None = None
        self._reloads: set[asyncio.Task[str]] = set()

    async def start(self) -> None:
        """Begin probing. Raises StorageError when the ledger cannot be read."""
        self._read_ledger()
        self._warn()
        self.scheduler.apply(self.config)
        self.pages.apply(self.config)
        self._upkeep = start(self._keep_up(), "upkeep")

    async def stop(self) -> None:
        """Stop probing within a few seconds; what could not be tidied up stays in the ledger for the next start."""
        running = [task for task in (self._upkeep, *self._reloads) if task is not None]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        await self.pages.stop()
        await self.scheduler.stop()
        await self._clients.keep_only({})

    async def reload(self) -> str:
        """Load the configuration file again; return the mistakes in it, or empty text for a good one.

        A bad file changes nothing. Of a good one only the differences are applied. Reloads run one after another;
        those asked for while one waits its turn are answered by that one.
        """
        if self._next_reload is None:
            self._next_reload = start(self._reload_in_turn(), "reload")
            self._reloads.add(self._next_reload)
            self._next_reload.add_done_callback(self._reloads.discard)
        return await asyncio.shield(self._next_reload)

    async def _reload_in_turn(self) -> str:
        async with self._reloading:
            # Whoever asks from here on may have changed the file after we read it.
            self._next_reload = None
            return await self._reload()

    async def _reload(self) -> str:
        try:
            config = await asyncio.to_thread(load_config, self._config_file)
        except ConfigError as error:
            self.reload_state.error = str(error)
            for mistake in error.mistakes:
                log.error("configuration not reloaded", extra={"error": mistake})
            return str(error)
        self.config = config
        self._runner.configure(config)
        self.state.configure(config)
        self.scheduler.apply(config)
        self.pages.apply(config)
        self.reload_state = Reload(self.clock.now())
        self._tls_expires_at = {k: v for k, v in self._tls_expires_at.items() if k in config.providers}
        self._warn()
        await self._clients.keep_only(config.providers)
        log.info("configuration reloaded", extra={"count": len(config.services)})
        return ""

    def subjects(self) -> Iterator[Subject]:
        """Yield everything /metrics tells of, from memory."""
        yield exporter_subject(self._facts())
        for service_id in self.state.services:
            yield self._subject(service_id)
        for name in self.config.status_pages:
            if name in self.pages.states:
                yield page_subject(name, self.pages.states[name])

    def subject(self, service_id: str) -> Subject | None:
        """Return what /metrics tells of one service; None of one that is not configured."""
        return self._subject(service_id) if service_id in self.state.services else None

    def _subject(self, service_id: str) -> Subject:
        verdict, cost = self.state.verdict(service_id), self.spending.by_service.get(service_id, 0.0)
        return service_subject(self.state.services[service_id], verdict, cost)

    def listen(self, listener: Callable[[str], None]) -> None:
        """Call ``listener`` with a service's id after each attempt that was recorded of it."""
        self._listeners.append(listener)

    def overdue(self) -> list[tuple[str, ProbeKind]]:
        """Return the scheduled probes that should have run again long ago."""
        latest = {
            (service_id, probe): probed.latest.started_at
            for service_id, track in self.state.services.items()
            for probe, probed in track.probes.items()
            if probed.latest is not None
        }
        return self.scheduler.overdue(latest)

    def _facts(self) -> ExporterFacts:
        return ExporterFacts(
            budget_usd=self.config.budget_usd_per_day,
            spent_usd=self.spending.today,
            reload_successful=not self.reload_state.error,
            reloaded_at=self.reload_state.succeeded_at,
            probes_in_flight=self.scheduler.in_flight,
            tls_expires_at=dict(self._tls_expires_at),
        )

    def _record(self, result: ProbeResult) -> None:
        track = self.state.services.get(result.service_id)
        before = self.state.verdict(result.service_id).status if track is not None else None
        self.state.record(result)
        if before is not None:
            after = self.state.verdict(result.service_id)
            if after.status is not before:
                log.info(
                    "status changed",
                    extra={
                        "service_id": result.service_id,
                        "from": before.value,
                        "to": after.status.value,
                        "error_class": after.error_class.value,
                        "probe": result.probe.value,
                        "rule": result.rule,
                        "detail": result.detail,
                    },
                )
        if track is not None and result.tls_expires_at is not None:
            self._tls_expires_at[track.service.provider] = result.tls_expires_at
        is_order = result.probe.is_paid and result.error_class is not ErrorClass.BUDGET_EXHAUSTED
        if result.rule == NOT_KEPT:
            self._unkept.on(result.detail)
        elif is_order:
            self._unkept.off()
        if is_order or result.cost_usd:
            self._read_ledger_if_possible()
        for listener in self._listeners:
            listener(result.service_id)

    def _last_paid(self, service_id: str, probe: ProbeKind) -> float | None:
        try:
            return self._ledger.last_attempt(service_id, probe)
        except StorageError as error:
            # Nobody can say when money was last spent: as if it were now.
            self._unread.on(str(error))
            return self.clock.now()

    async def _keep_up(self) -> None:
        """Delete what is left at providers, and notice midnight."""
        while True:
            # A round that ends by a fault of ours must not be the last one.
            await apart(self._clean_up(), "clean-up")
            await self.clock.sleep(CLEANUP_SECONDS)

    async def _clean_up(self) -> None:
        try:
            await clean_up(self.config, self._ledger, self._clients, self.clock.now())
            self._read_ledger()
        except StorageError as error:
            self.spending.today = None
            self._unread.on(str(error))

    def _read_ledger(self) -> None:
        self.spending = Spending(self._ledger.spent_usd(), self._ledger.spent_by_service())
        self._unread.off()

    def _read_ledger_if_possible(self) -> None:
        try:
            self._read_ledger()
        except StorageError as error:
            self._unread.on(str(error))

    def _warn(self) -> None:
        """Say what works but should be known, again only after a reload that changed it."""
        before, self._warned = self._warned, [*config_warnings(self.config), *self._barred()]
        for warning in self._warned:
            if warning not in before:
                log.warning("configuration warning", extra={"detail": warning})

    def _barred(self) -> Iterator[str]:
        for service in self.config.services:
            if any(self._runner.is_barred(service, probe) for probe in service.probes):
                yield f"service {service.id}: its provider accepted the canary; {NOT_SENT.format(service.id)}"
