"""When probes run: one task per (service, probe), splayed, capped, and never two of the same at once."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sora_exporter.clock import Clock
from sora_exporter.config import Config, ProbeSettings, Service
from sora_exporter.probes.canary import ACCEPTED
from sora_exporter.result import ErrorClass, ProbeKind, ProbeResult

log = logging.getLogger(__name__)

FIRST_ROUND_SECONDS = 10.0
"""Free probes all start within this time after a start, so that a restart leaves no long gap in the evidence."""
STOP_SECONDS = 3.0

Key = tuple[str, ProbeKind]
Work = Callable[[], Awaitable[ProbeResult | None]]
Run = Callable[[Service, ProbeKind], Awaitable[ProbeResult | None]]


@dataclass(frozen=True)
class Job:
    """What one task repeats; a task is replaced when this changes."""

    service: Service
    probe: ProbeKind
    settings: ProbeSettings


class Slots:
    """How many probes may run at once: in total and per provider, paid ones apart from free ones.

    A paid probe may hold its slot for many minutes, and must not keep free ones from looking.
    """

    def __init__(self, config: Config) -> None:
        self._total = {is_paid: asyncio.Semaphore(config.max_concurrent_probes) for is_paid in (False, True)}
        self._provider = {
            (name, is_paid): asyncio.Semaphore(provider.max_concurrent)
            for name, provider in config.providers.items()
            for is_paid in (False, True)
        }

    async def within(self, provider: str, is_paid: bool, work: Work) -> ProbeResult | None:
        """Return the work's result. The provider's slot comes first: a hung one then holds none of the others'."""
        async with self._provider[provider, is_paid], self._total[is_paid]:
            return await work()


class Scheduler:
    """Owns the tasks. ``record`` takes every result; ``last_paid`` tells when a paid probe was last reserved."""

    def __init__(
        self,
        config: Config,
        run: Run,
        record: Callable[[ProbeResult], None],
        clock: Clock,
        last_paid: Callable[[str, ProbeKind], float | None] = lambda *_: None,
    ) -> None:
        self._config, self._run, self._record, self._clock, self._last_paid = config, run, record, clock, last_paid
        self._slots = Slots(config)
        self._tasks: dict[Key, tuple[Job, asyncio.Task[None]]] = {}
        self._flights: dict[Key, asyncio.Task[ProbeResult | None]] = {}
        self._accepting: set[Key] = set()
        self.in_flight = 0

    def apply(self, config: Config) -> None:
        """Start, stop and replace tasks so that they fit the configuration; what did not change runs on untouched."""
        wanted = {(job.service.id, job.probe): job for job in scheduled(config)}
        slots_differ = (
            config.providers != self._config.providers
            or config.max_concurrent_probes != self._config.max_concurrent_probes
        )
        self._config = config
        if slots_differ:
            self._slots = Slots(config)
        for key, (job, task) in list(self._tasks.items()):
            if wanted.get(key) != job:
                task.cancel()
                del self._tasks[key]
        for key, job in wanted.items():
            if key not in self._tasks:
                name = f"{job.probe} of {job.service.id}"
                self._tasks[key] = job, asyncio.create_task(self._repeat(job), name=name)

    async def attempt(self, service: Service, probe: ProbeKind) -> ProbeResult | None:
        """Run the probe now, or join the attempt that is under way; None when another process is at it.

        A caller that is cancelled leaves the attempt running for the others.
        """
        key = service.id, probe
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.create_task(self._fly(service, probe), name=f"attempt {probe} of {service.id}")
            self._flights[key] = flight
            flight.add_done_callback(lambda _: self._flights.pop(key, None))
        return await asyncio.shield(flight)

    def is_accepting(self, service_id: str, probe: ProbeKind) -> bool:
        """Whether the provider accepted this canary once, so that it is not sent any more."""
        return (service_id, probe) in self._accepting

    async def stop(self) -> None:
        """Cancel everything and wait, for a bounded time, until all of it has tidied up after itself."""
        tasks = [task for _, task in self._tasks.values()]
        flights = list(self._flights.values())
        for task in (*tasks, *flights):
            task.cancel()
        self._tasks.clear()
        if tasks or flights:
            _, late = await asyncio.wait([*tasks, *flights], timeout=STOP_SECONDS)
            for task in late:
                task.cancel()

    def overdue(self, latest: Mapping[Key, float]) -> list[Key]:
        """Return the scheduled probes whose latest attempt (Unix time) is more than three intervals ago."""
        now = self._clock.now()
        return sorted(
            key for key, (job, _) in self._tasks.items() if now - latest.get(key, now) > 3 * job.settings.interval
        )

    async def _repeat(self, job: Job) -> None:
        await self._clock.sleep(self._first_delay(job))
        started = self._clock.monotonic()
        while not self.is_accepting(job.service.id, job.probe):
            await self.attempt(job.service, job.probe)
            # The next start is counted from the last one; starts that were missed are not made up for.
            missed = int((self._clock.monotonic() - started) // job.settings.interval)
            started += (missed + 1) * job.settings.interval
            await self._clock.sleep(started - self._clock.monotonic())

    def _first_delay(self, job: Job) -> float:
        """Return the seconds to wait before the first attempt after a start or a change.

        A paid probe keeps its rhythm across restarts: one that crashes in a loop must not pay in a loop.
        """
        interval = job.settings.interval
        delay = splay(job.service.id, job.probe) * min(interval, FIRST_ROUND_SECONDS)
        last = self._last_paid(job.service.id, job.probe) if job.probe.is_paid else None
        return delay if last is None else max(delay, min(last + interval - self._clock.now(), interval))

    async def _fly(self, service: Service, probe: ProbeKind) -> ProbeResult | None:
        """Run one attempt within the caps and record its result; a fault of ours is a result too."""

        async def work() -> ProbeResult | None:
            self.in_flight += 1
            started_at, started = self._clock.now(), self._clock.monotonic()
            try:
                return await self._run(service, probe)
            except Exception:
                log.exception("internal error in probe %s of service %s", probe, service.id)
                duration = self._clock.monotonic() - started
                return ProbeResult(service.id, probe, ErrorClass.INTERNAL, started_at, duration, "internal")
            finally:
                self.in_flight -= 1

        result = await self._slots.within(service.provider, probe.is_paid, work)
        if result is not None:
            self._note(result)
        return result

    def _note(self, result: ProbeResult) -> None:
        self._record(result)
        if result.rule == ACCEPTED:
            self._accepting.add((result.service_id, result.probe))
            log.error(
                "service %s accepted the canary request instead of refusing it: the canary stops until a restart, "
                "since each one might cost money; remove the canary probe or correct the api's canary",
                result.service_id,
            )


def scheduled(config: Config) -> list[Job]:
    """Return what runs on a schedule: every configured probe, paid ones only with a budget and a price.

    Services with ``probe_on_scrape`` are left to whoever scrapes them.
    """
    return [
        Job(service, probe, settings)
        for service in config.services
        if not service.probe_on_scrape
        for probe, settings in service.probes.items()
        if not probe.is_paid or (config.budget_usd_per_day > 0 and service.price_usd is not None)
    ]


def splay(service_id: str, probe: ProbeKind) -> float:
    """Return a fixed fraction of one, different for each probe, so that starts spread over time the same way always."""
    digest = hashlib.sha256(f"{service_id} {probe}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
