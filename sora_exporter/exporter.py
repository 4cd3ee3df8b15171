"""The exporter at work: configuration, memory, schedule, pages and ledger put together, reloaded and stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sora_exporter.budget import Ledger
from sora_exporter.cleanup import clean_up
from sora_exporter.client import ProviderClients
from sora_exporter.clock import Clock
from sora_exporter.config import Config, load_config
from sora_exporter.exposition import ChunkMemory
from sora_exporter.metrics import Chunk, ExporterFacts, exporter_chunk, page_chunk, probe_chunk, service_chunk
from sora_exporter.pages import Pages
from sora_exporter.result import ProbeKind, ProbeResult
from sora_exporter.runner import Runner
from sora_exporter.scheduler import Scheduler
from sora_exporter.state import State
from sora_exporter.storage import StorageError
from sora_exporter.yaml_file import ConfigError

log = logging.getLogger(__name__)

CLEANUP_SECONDS = 30.0


@dataclass
class Spending:
    """What the ledger last said; scrapes read this, never the ledger. USD."""

    today: float | None = None
    by_service: dict[str, float] | None = None


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
        self.scheduler = Scheduler(config, self._runner.run, self._record, clock, self._last_paid)
        self.reload_state = Reload(clock.now())
        self.spending = Spending()
        self._tls_expires_at: dict[str, float] = {}
        self._memory = ChunkMemory()
        self._upkeep: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin probing. Raises StorageError when the ledger cannot be read."""
        self._read_ledger()
        self._warn()
        self.scheduler.apply(self.config)
        self.pages.apply(self.config)
        self._upkeep = asyncio.create_task(self._keep_up(), name="upkeep")

    async def stop(self) -> None:
        """Stop probing within a few seconds; what could not be tidied up stays in the ledger for the next start."""
        if self._upkeep is not None:
            self._upkeep.cancel()
        await self.pages.stop()
        await self.scheduler.stop()
        await self._clients.keep_only({})

    async def reload(self) -> str:
        """Load the configuration file again; return the mistakes in it, or empty text for a good one.

        A bad file changes nothing. Of a good one only the differences are applied.
        """
        try:
            config = await asyncio.to_thread(load_config, self._config_file)
        except ConfigError as error:
            self.reload_state.error = str(error)
            for mistake in error.mistakes:
                log.error("configuration not reloaded: %s", mistake)
            return str(error)
        self.config = self._runner.config = config
        self.state.configure(config)
        self.scheduler.apply(config)
        self.pages.apply(config)
        self.reload_state = Reload(self.clock.now())
        self._forget_what_is_gone()
        self._warn()
        await self._clients.keep_only(config.providers)
        log.info("configuration reloaded: %d services", len(config.services))
        return ""

    def chunks(self) -> Iterator[Chunk]:
        """Yield what /metrics tells, from memory; what did not change since the last time is the same chunk again."""
        yield exporter_chunk(self._facts())
        costs = self.spending.by_service or {}
        for service_id, track in self.state.services.items():
            verdict, cost = self.state.verdict(service_id), costs.get(service_id, 0.0)
            made_of = (verdict.status, verdict.error_class, verdict.since, id(track.latest), track.sunset_at, cost)
            yield self._memory.get(
                service_id,
                (made_of, track.service),
                lambda track=track, verdict=verdict, cost=cost: service_chunk(track, verdict, cost),  # type: ignore[misc]
            )
            for probe, probed in track.probes.items():
                yield self._memory.get(
                    (service_id, probe),
                    (probed.attempts, probed.interval, id(probed)),
                    lambda name=service_id, probe=probe, probed=probed: probe_chunk(name, probe, probed),  # type: ignore[misc]
                )
        for name, page in sorted(self.pages.states.items()):
            yield self._memory.get(("page", name), page, lambda name=name, page=page: page_chunk(name, page))  # type: ignore[misc]

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
            tls_expires_at=self._tls_expires_at,
        )

    def _record(self, result: ProbeResult) -> None:
        self.state.record(result)
        track = self.state.services.get(result.service_id)
        if track is not None and result.tls_expires_at is not None:
            self._tls_expires_at[track.service.provider] = result.tls_expires_at
        if result.probe.is_paid:
            self._read_ledger_if_possible()

    def _last_paid(self, service_id: str, probe: ProbeKind) -> float | None:
        return self._ledger.last_attempt(service_id, probe)

    async def _keep_up(self) -> None:
        """Delete what is left at providers, and notice midnight."""
        while True:
            try:
                await clean_up(self.config, self._ledger, self._clients, self.clock.now())
                self._read_ledger()
            except StorageError as error:
                self.spending.today = None
                log.error("%s", error)
            await self.clock.sleep(CLEANUP_SECONDS)

    def _read_ledger(self) -> None:
        self.spending = Spending(self._ledger.spent_usd(), self._ledger.spent_by_service())

    def _read_ledger_if_possible(self) -> None:
        try:
            self._read_ledger()
        except StorageError as error:
            log.error("%s", error)

    def _forget_what_is_gone(self) -> None:
        names: set[Any] = {("page", name) for name in self.config.status_pages}
        for service in self.config.services:
            names |= {service.id, *((service.id, probe) for probe in service.probes)}
        self._memory.forget_others(names)
        self._tls_expires_at = {k: v for k, v in self._tls_expires_at.items() if k in self.config.providers}

    def _warn(self) -> None:
        """Say once what works but should be known."""
        paid = [s.id for s in self.config.services if any(probe.is_paid for probe in s.probes)]
        if paid and not self.config.budget_usd_per_day:
            log.warning("paid probes of %s do not run: budget_usd_per_day is 0", ", ".join(paid))
