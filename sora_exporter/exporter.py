"""The exporter at work: configuration, state, schedule, pages and ledger wired together, reloaded and stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.presence import Presence
from sora_exporter.budget.spending import Spending
from sora_exporter.budget.storage import StorageError
from sora_exporter.clock import Clock
from sora_exporter.config import Config, Service, config_warnings, load_config
from sora_exporter.config.shard import WHOLE, Shard, digest
from sora_exporter.config.values import SHORTEST_PAID_INTERVAL
from sora_exporter.config.yaml_file import ConfigError
from sora_exporter.evidence.state import Changed, ServiceStatus, State
from sora_exporter.evidence.track import FAILURES_KEPT, RECALLED
from sora_exporter.history import EventLog, EventStore
from sora_exporter.history.keeper import History
from sora_exporter.history.store import EVENTS_KEPT
from sora_exporter.http.auth import key_mark
from sora_exporter.http.provider import ProviderClients
from sora_exporter.logs import ATTEMPTS
from sora_exporter.metrics.collect import (
    ExporterFacts,
    Sharing,
    balance_subject,
    exporter_subject,
    page_subject,
    service_subject,
)
from sora_exporter.metrics.samples import Subject
from sora_exporter.probes.balance import Balances
from sora_exporter.probes.cleanup import CleanUp
from sora_exporter.probes.once import attempt_now, free_probes
from sora_exporter.probes.runner import NOT_SENT, Runner
from sora_exporter.probes.scheduler import Scheduler
from sora_exporter.result import BalanceReading, ProbeKind, ProbeResult
from sora_exporter.status_pages.watcher import Pages
from sora_exporter.tasks import apart, start

log = logging.getLogger(__name__)
attempts = logging.getLogger(ATTEMPTS)

CLEANUP_SECONDS = 30.0
STOPPING = "the exporter is stopping: nothing was reloaded"


@dataclass
class Reload:
    """The outcome of the last reload. ``succeeded_at`` is Unix time; ``error`` is empty after a success."""

    succeeded_at: float
    error: str = ""


class Exporter:
    """The exporter without its HTTP server: it probes, remembers, spends and reloads.

    ``history`` is None without a Prometheus to read the past from. ``failures_kept`` is the number of failed attempts
    that are kept for each probe. ``config`` is this shard's part, ``elsewhere`` has the provider of each other service.
    Others with the same storage see this exporter if it ``is_noted``.
    """

    def __init__(
        self,
        config: Config,
        config_file: Path | None,
        ledger: Ledger,
        clock: Clock,
        history: History | None = None,
        events: EventLog | None = None,
        failures_kept: int = FAILURES_KEPT,
        shard: Shard = WHOLE,
        is_noted: bool = True,
    ) -> None:
        self.history, self.shard = history, shard
        config = self._divide(config)
        self.config, self._config_file, self._ledger, self.clock = config, config_file, ledger, clock
        self.spending = Spending(ledger, clock)
        self._presence, self._is_noted = Presence(ledger, str(shard)), is_noted
        self._clients = ProviderClients()
        self._runner = Runner(config, ledger, self._clients, clock, spacing)
        self._clean_up = CleanUp(config, ledger, self._clients, clock, shard.has)
        store = EventStore(ledger.storage, EVENTS_KEPT * shard.count, "" if shard.is_whole else str(shard))
        self.events = events or EventLog(store, clock.now)
        self.records: dict[str, tuple[int, float | None]] = {}
        """The proven availability of each service that was asked for, and the minute in which it was worked out."""
        self.state = State(clock, self._note_change, failures_kept)
        self.state.configure(config)
        self.pages = Pages(clock, self.state.witness)
        self.scheduler = Scheduler(
            config,
            self._runner.run,
            self._record,
            clock,
            self.spending.last_paid,
            self._runner.is_barred,
            self._runner.must_wait,
        )
        self._key_marks = key_marks(config)
        self._balances = Balances(config, self._clients, clock, self._note_balance)
        self.reload_state = Reload(clock.now())
        self._warned: list[str] = []
        self._tls_expires_at: dict[str, float] = {}
        self._listeners: list[Callable[[str], None]] = []
        self._change_listeners: list[Changed] = []
        self._upkeep: asyncio.Task[None] | None = None
        self._reloading = asyncio.Lock()
        self._next_reload: asyncio.Task[str] | None = None
        self._reloads: set[asyncio.Task[str]] = set()

    async def start(self) -> None:
        """Begin probing. Raises StorageError when the ledger cannot be read."""
        self.spending.read()
        self.events.read(self.elsewhere)
        self.events.keep_only(self.state.services, self.config.events_retention)
        self._recall()
        self._warn()
        self.scheduler.apply(self.config)
        self.pages.apply(self.config)
        self._balances.apply(self.config)
        if self.history is not None:
            self.history.start()
        self._upkeep = start(self._keep_up(), "upkeep")

    async def stop(self) -> None:
        """Stop probing within a few seconds; jobs not yet deleted stay in the ledger for the next start."""
        running = [task for task in (self._upkeep, *self._reloads) if task is not None]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        await self.pages.stop()
        if self.history is not None:
            await self.history.stop()
        await self._balances.stop()
        await self._clean_up.stop()
        await self.scheduler.stop()
        await self._clients.keep_only({})
        self.events.write()
        if self._is_noted:
            self._presence.leave()

    async def reload(self) -> str:
        """Load the configuration file again; return the mistakes in it, or empty text for a good one.

        A bad file changes nothing; a good one is applied where it differs. Reloads run one after another: callers that
        come while one waits for its turn share that one. A stop of the exporter ends it with a text that says so.
        """
        if self._next_reload is None:
            self._next_reload = start(self._reload_in_turn(), "reload")
            self._reloads.add(self._next_reload)
            self._next_reload.add_done_callback(self._reloads.discard)
        reload = self._next_reload
        # A caller that leaves does not end the reload of the others.
        await asyncio.wait([reload])
        return STOPPING if reload.cancelled() else reload.result()

    async def _reload_in_turn(self) -> str:
        async with self._reloading:
            # The file may change after it is read below, so callers from here on get a reload of their own.
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
        self.config = config = self._divide(config)
        self._runner.configure(config)
        self._clean_up.config = config
        self.state.configure(config)
        self.events.keep_only(self.state.services, config.events_retention)
        self._renew_keys(await asyncio.to_thread(key_marks, config))
        self.scheduler.apply(config)
        self.pages.apply(config)
        self._balances.apply(config)
        self.reload_state = Reload(self.clock.now())
        self._tls_expires_at = {k: v for k, v in self._tls_expires_at.items() if k in config.providers}
        self._warn()
        self.events.write()
        await self._clients.keep_only(config.providers)
        log.info("configuration reloaded", extra={"count": len(config.services)})
        return ""

    def _renew_keys(self, marks: Mapping[str, int | None]) -> None:
        """Withdraw what was met with keys whose values are others since the last load."""
        renewed = [name for name, mark in marks.items() if mark != self._key_marks.get(name, mark)]
        self._key_marks = marks
        for name in renewed:
            self.state.renew_key(name)
            log.info("key renewed", extra={"provider": name})

    def subjects(self) -> Iterator[Subject]:
        """Yield everything that /metrics shows, from memory."""
        yield exporter_subject(self._facts())
        for service_id in self.state.services:
            yield self._subject(service_id)
        for name, balance in self.state.balances.items():
            yield balance_subject(name, balance)
        for name in self.config.status_pages:
            if name in self.pages.states:
                yield page_subject(name, self.pages.states[name])

    def subject(self, service_id: str) -> Subject | None:
        """Return what /metrics shows of one service, or None if it is not configured."""
        return self._subject(service_id) if service_id in self.state.services else None

    def _subject(self, service_id: str) -> Subject:
        status, cost = self.state.status_of(service_id), self.spending.by_service.get(service_id, 0.0)
        return service_subject(self.state.services[service_id], status, cost)

    def listen(self, listener: Callable[[str], None]) -> None:
        """Call ``listener`` with the service's id after each recorded attempt."""
        self._listeners.append(listener)

    def listen_to_changes(self, listener: Changed) -> None:
        """Call ``listener`` with the service's id and what it had and has now at each change of a status."""
        self._change_listeners.append(listener)

    async def look_now(self, services: Sequence[Service]) -> None:
        """Run the free probes of these services once, and read the balances of their providers; join running ones."""
        async with asyncio.TaskGroup() as group:
            for name in {service.provider for service in services if self.config.providers[service.provider].balance}:
                group.create_task(self._balances.read(name))
            for service in services:
                for probe in free_probes(service, self.config.api(service), self._runner.is_barred):
                    group.create_task(attempt_now(self.scheduler, self.clock, service, probe))

    def _recall(self) -> None:
        """Take up the faults that lasted when the exporter before this one stopped."""
        for event in self.events.lasting():
            if event.is_trouble and event.probe is not None and self.events.watched_at is not None:
                found = ProbeResult(
                    event.service_id,
                    event.probe,
                    event.error_class,
                    started_at=self.events.watched_at,
                    duration_seconds=0.0,
                    rule=RECALLED,
                    detail=event.detail,
                    is_reached=event.depth is not None,
                    depth=event.depth,
                )
                self.state.recall(found, event.began_at)

    def overdue(self) -> list[tuple[str, ProbeKind]]:
        """Return the scheduled probes whose next attempt is long overdue."""
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
            jobs_pending={name: self._clean_up.pending.get(name, 0) for name in self.config.providers},
            sharing=self._sharing(),
            jobs_abandoned={name: self._clean_up.abandoned[name] for name in self.config.providers},
        )

    def _sharing(self) -> Sharing:
        return Sharing(
            is_up=self.spending.today is not None and self._presence.is_reached,
            exporters=len(self._presence.neighbours) + 1,
            shard=str(self.shard),
            config=self.config_digest,
            differs=bool(self._presence.others(self.config_digest)),
        )

    def _record(self, result: ProbeResult) -> None:
        _log_attempt(result)
        track = self.state.services.get(result.service_id)
        self.state.record(result)
        self.events.write()
        if track is not None and result.tls_expires_at is not None:
            self._tls_expires_at[track.service.provider] = result.tls_expires_at
        self.spending.note(result)
        for listener in self._listeners:
            listener(result.service_id)

    def _note_balance(self, provider: str, reading: BalanceReading) -> None:
        self.state.note_balance(provider, reading)
        self.events.write()

    def _note_change(self, service_id: str, before: ServiceStatus, after: ServiceStatus) -> None:
        """Log a change of status, and note it in the event log; what made it also writes that to the disk."""
        decided_by = after.decided_by
        log.info(
            "status changed",
            extra={
                "service_id": service_id,
                "from": before.status.value,
                "to": after.status.value,
                "error_class": after.error_class.value,
                "probe": decided_by.probe.value if decided_by else "",
                "rule": after.rule,
                "detail": after.detail,
            },
        )
        self.events.note(
            service_id,
            after.status,
            after.error_class,
            after.since,
            probe=decided_by.probe if decided_by else None,
            depth=decided_by.depth if decided_by else None,
            detail=after.detail,
        )
        for listener in self._change_listeners:
            listener(service_id, before, after)

    async def _keep_up(self) -> None:
        """Begin a clean-up of jobs left at providers, and re-read the spend, which midnight resets.

        Also notice evidence that grew too old. None of this waits for a provider.
        """
        while True:
            if self._is_noted:
                self._presence.note(self.config_digest)
            # A fault of ours in one round must not end the rounds.
            await apart(self._begin_clean_up(), "clean-up")
            for service_id in self.state.services:
                self.state.status_of(service_id)
            self.events.write()
            await self.clock.sleep(CLEANUP_SECONDS)

    async def _begin_clean_up(self) -> None:
        try:
            self._clean_up.begin_round()
        except StorageError as error:
            self.spending.unreadable(error)
        else:
            self.spending.refresh()

    def _divide(self, whole: Config) -> Config:
        """Return this shard's part of a configuration; of the rest only what is said about it is kept."""
        self.config_digest, self._warnings = digest(whole), list(config_warnings(whole))
        self.elsewhere = {one.id: one.provider for one in whole.services if not self.shard.has(one.provider)}
        return self.shard.part(whole)

    def _warn(self) -> None:
        """Log the warnings about a valid configuration; after a reload, only the new ones."""
        before, self._warned = self._warned, [*self._warnings, *self._barred()]
        for warning in self._warned:
            if warning not in before:
                log.warning("configuration warning", extra={"detail": warning})

    def _barred(self) -> Iterator[str]:
        for service in self.config.services:
            if any(self._runner.is_barred(service, probe) for probe in service.probes):
                yield f"service {service.id}: its provider accepted the canary; {NOT_SENT.format(service.id)}"


def _log_attempt(result: ProbeResult) -> None:
    level = logging.DEBUG if result.is_success else logging.WARNING
    if not attempts.isEnabledFor(level):
        return
    if result.is_success:
        attempts.debug(
            "attempt succeeded",
            extra={
                "service_id": result.service_id,
                "probe": result.probe.value,
                "http_status": result.http_status,
                "seconds": round(result.duration_seconds, 3),
            },
        )
        return
    attempts.warning(
        "attempt failed",
        extra={
            "service_id": result.service_id,
            "probe": result.probe.value,
            "error_class": result.error_class.value,
            "rule": result.rule,
            "http_status": result.http_status,
            "seconds": round(result.duration_seconds, 3),
            "detail": result.detail,
        },
    )


def spacing(service: Service, probe: ProbeKind) -> float:
    """Return the seconds between two paid attempts of a service by all exporters of its storage."""
    if service.probe_on_scrape or probe not in service.probes:
        return SHORTEST_PAID_INTERVAL
    return service.probes[probe].interval


def key_marks(config: Config) -> Mapping[str, int | None]:
    """Return the mark of each provider's keys by its name."""
    return {name: key_mark(provider) for name, provider in config.providers.items()}
