"""The schedule of probes: one task per (service, probe), splayed, capped, and never two of the same at once."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from sora_exporter.clock import Clock
from sora_exporter.config import Config, ProbeSettings, Service
from sora_exporter.config.target import Target, target_of, targets
from sora_exporter.config.values import SHORTEST_INTERVAL
from sora_exporter.probes.slots import Slots
from sora_exporter.result import ErrorClass, ProbeKind, ProbeResult, Status
from sora_exporter.tasks import start

log = logging.getLogger(__name__)

FIRST_ROUND_SECONDS = 10.0
"""Free probes first run within this time after a start, so that a restart leaves no long gap in the evidence."""
STOP_SECONDS = 3.0
LOOKS = 2
"""How many times the free probes of a service are repeated after one of them met a fault or the end of one."""
MOST_LOOKS = 4
"""The limit while repetitions find now a fault and now none: they end once two in a row find the same."""
LOOK_SECONDS = 20.0
"""The pause before each repetition; a third of the interval if that is shorter, but at least the shortest interval."""
CHANCE_SECONDS = 3600.0
"""For so long after a repetition met risk control, further refusals by it are not repeated: they come by chance, so a
repetition would prove nothing, weigh the hours with many changes more than others, and provoke the provider."""
FAULTS = frozenset({Status.DEGRADED, Status.RISK_CONTROL, Status.SUSPENDED})
"""The statuses that are confirmed by repetition: not announced ones, and none caused by our own side."""

Key = tuple[str, ProbeKind]
Run = Callable[[Service, ProbeKind], Awaitable[ProbeResult | None]]


@dataclass(frozen=True)
class Job:
    """The work that one task repeats; a change of it replaces the task."""

    service: Service
    probe: ProbeKind
    settings: ProbeSettings
    target: Target


@dataclass(frozen=True)
class Flight:
    """A running attempt and its target."""

    target: Target | None
    task: asyncio.Task[ProbeResult | None]


@dataclass(frozen=True)
class Landing:
    """A finished attempt, its target, and its end; ``at`` is monotonic."""

    target: Target
    result: ProbeResult
    at: float


class Scheduler:
    """Owns the tasks. ``record`` takes every result; ``last_paid`` returns when a paid probe was last reserved.

    ``is_barred`` returns whether a probe is never sent again, ``must_wait`` whether its next start is skipped.
    """

    def __init__(
        self,
        config: Config,
        run: Run,
        record: Callable[[ProbeResult], None],
        clock: Clock,
        last_paid: Callable[[str, ProbeKind], float | None] = lambda *_: None,
        is_barred: Callable[[Service, ProbeKind], bool] = lambda *_: False,
        must_wait: Callable[[Service, ProbeKind], bool] = lambda *_: False,
    ) -> None:
        self._run, self._record, self._clock, self._last_paid = run, record, clock, last_paid
        self.is_barred, self._must_wait = is_barred, must_wait
        self._slots = Slots(config)
        self._targets = targets(config)
        self._tasks: dict[Key, tuple[Job, asyncio.Task[None]]] = {}
        self._flights: dict[Key, Flight] = {}
        self._landed: dict[Key, Landing] = {}
        self._looks: dict[str, asyncio.Task[None]] = {}
        self._looked: dict[Key, float] = {}
        self._refused_at: dict[str, float] = {}
        self.in_flight = 0

    def apply(self, config: Config) -> None:
        """Start, stop and replace tasks to match the configuration; unchanged ones continue.

        A running attempt completes, since it may have ordered a job that must be deleted, but it is recorded only if
        its service still has the same target.
        """
        self._slots.apply(config)
        self._targets = targets(config)
        self._landed = {key: landing for key, landing in self._landed.items() if key[0] in self._targets}
        self._looked = {key: at for key, at in self._looked.items() if key[0] in self._targets}
        self._refused_at = {owner: at for owner, at in self._refused_at.items() if owner in self._targets}
        wanted = {(job.service.id, job.probe): job for job in scheduled(config)}
        for key, (job, task) in list(self._tasks.items()):
            if wanted.get(key) != job or task.done():
                task.cancel()
                del self._tasks[key]
                if (look := self._looks.get(job.service.id)) is not None:
                    look.cancel()
        for key, job in wanted.items():
            if key not in self._tasks:
                self._tasks[key] = job, start(self._repeat(job), f"{job.probe} of {job.service.id}")

    async def attempt(self, service: Service, probe: ProbeKind) -> ProbeResult | None:
        """Run the probe now, or join the running attempt; None if another process is running the probe.

        None also if a reload removed the service meanwhile. Cancelling one caller leaves the attempt running for the
        others.
        """
        key, target = (service.id, probe), self._targets.get(service.id)
        while (flight := self._flights.get(key)) is not None and flight.target != target:
            # A reload has changed the target: that answer is not ours, and two at once might both be paid.
            await asyncio.wait([flight.task])
        if flight is None:
            flight = Flight(target, start(self._fly(service, probe, target), f"attempt {probe} of {service.id}"))
            self._flights[key] = flight
            flight.task.add_done_callback(lambda _: self._flights.pop(key, None))
        return await asyncio.shield(flight.task)

    def knows(self, service_id: str) -> bool:
        """Return whether the service is configured."""
        return service_id in self._targets

    def recent(self, service: Service, probe: ProbeKind, seconds: float) -> ProbeResult | None:
        """Return the probe's latest attempt if it ended at most so many seconds ago and had the same target."""
        landing = self._landed.get((service.id, probe))
        if landing is None or landing.target != self._targets.get(service.id):
            return None
        return landing.result if self._clock.monotonic() - landing.at < seconds else None

    async def stop(self) -> None:
        """Cancel everything and wait, for a bounded time, until all tasks have cleaned up."""
        tasks = [
            *(task for _, task in self._tasks.values()),
            *self._looks.values(),
            *(flight.task for flight in self._flights.values()),
        ]
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)

    def overdue(self, latest: Mapping[Key, float]) -> list[Key]:
        """Return the scheduled probes whose latest attempt (Unix time) is more than three intervals ago."""
        now = self._clock.now()
        return sorted(
            key
            for key, (job, _) in self._tasks.items()
            if now - latest.get(key, now) > 3 * job.settings.interval
            and not self.is_barred(job.service, job.probe)
            and not self._must_wait(job.service, job.probe)
        )

    async def _repeat(self, job: Job) -> None:
        await self._clock.sleep(self._first_delay(job))
        started = self._clock.monotonic()
        while not self.is_barred(job.service, job.probe):
            if not self._must_wait(job.service, job.probe) and not self._has_just_been_repeated(job):
                await self.attempt(job.service, job.probe)
            # The next start is counted from the last one; missed starts are skipped.
            missed = int((self._clock.monotonic() - started) // job.settings.interval)
            started += (missed + 1) * job.settings.interval
            await self._clock.sleep(self._paid_rest(job) or started - self._clock.monotonic())

    def _first_delay(self, job: Job) -> float:
        """Return the seconds to wait before the first attempt after a start or a change.

        A paid probe keeps its interval across restarts: an exporter that crashes in a loop must not pay in a loop.
        """
        interval = job.settings.interval
        delay = splay(job.service.id, job.probe) * min(interval, FIRST_ROUND_SECONDS)
        return max(delay, self._paid_rest(job))

    def _paid_rest(self, job: Job) -> float:
        """Return the seconds until a paid probe may run again, whichever process ran it last; 0 for a free one."""
        last = self._last_paid(job.service.id, job.probe) if job.probe.is_paid else None
        interval = job.settings.interval
        return 0.0 if last is None else max(min(last + interval - self._clock.now(), interval), 0.0)

    async def _fly(self, service: Service, probe: ProbeKind, target: Target | None) -> ProbeResult | None:
        """Run one attempt within the caps and record its result."""
        if not self._is_current(service, target):
            return None
        async with self._slots.within(service.provider, probe.is_paid):
            if not self._is_current(service, target):
                return None
            self.in_flight += 1
            try:
                return await self._run_safely(service, probe, target)
            finally:
                self.in_flight -= 1

    async def _run_safely(self, service: Service, probe: ProbeKind, target: Target | None) -> ProbeResult | None:
        """Run one attempt and record its result; a bug of ours gives a result too."""
        started_at, started = self._clock.now(), self._clock.monotonic()
        try:
            result = await self._run(service, probe)
            self._take(result, service, target)
        except Exception:
            log.exception("internal error in probe", extra={"service_id": service.id, "probe": probe.value})
            duration = self._clock.monotonic() - started
            result = ProbeResult(service.id, probe, ErrorClass.INTERNAL, started_at, duration, "internal")
            self._take(result, service, target)
        return result

    def _is_current(self, service: Service, target: Target | None) -> bool:
        return target is not None and self._targets.get(service.id) == target

    def _take(self, result: ProbeResult | None, service: Service, target: Target | None) -> None:
        if result is None or target is None or not self._is_current(service, target):
            return
        landing = self._landed.get((result.service_id, result.probe))
        before = landing.result if landing is not None else None
        self._record(result)
        now = self._clock.monotonic()
        self._landed[result.service_id, result.probe] = Landing(target, result, now)
        is_by_chance = now - self._refused_at.get(service.id, -math.inf) < CHANCE_SECONDS
        if is_refused(result) and (is_by_chance or service.id in self._looks):
            self._refused_at[service.id] = now
        if is_fault(result) != is_fault(before) and not (is_by_chance and (is_refused(result) or is_refused(before))):
            self._look_again_soon(service.id)

    def _look_again_soon(self, service_id: str) -> None:
        """Run the service's free probes again after a fraction of their interval, unless a repetition is under way.

        This confirms or withdraws a single failed attempt at once, and a recovery too. Repetitions do not cause more.
        """
        jobs = [job for (owner, probe), (job, _) in self._tasks.items() if owner == service_id and not probe.is_paid]
        if jobs and service_id not in self._looks:
            look = start(self._look(jobs), f"looks at {service_id}")
            self._looks[service_id] = look
            look.add_done_callback(lambda _: self._looks.pop(service_id, None))

    async def _look(self, jobs: Sequence[Job]) -> None:
        """Run these probes of one service in turn, except those that have just run, until two looks agree."""
        pause = max(min(LOOK_SECONDS, *(job.settings.interval / 3 for job in jobs)), SHORTEST_INTERVAL)
        found: list[frozenset[Key]] = []
        while len(found) < LOOKS or (len(found) < MOST_LOOKS and found[-1] != found[-2]):
            await self._clock.sleep(pause)
            for job in jobs:
                is_wanted = self.recent(job.service, job.probe, max(pause / 2, SHORTEST_INTERVAL)) is None
                if is_wanted and not self.is_barred(job.service, job.probe):
                    self._looked[job.service.id, job.probe] = self._clock.monotonic()
                    await self.attempt(job.service, job.probe)
            found.append(self._failing(jobs))

    def _has_just_been_repeated(self, job: Job) -> bool:
        """Return whether a look at the service began this probe within the shortest interval, and so took its turn."""
        looked = self._looked.get((job.service.id, job.probe), -math.inf)
        return self._clock.monotonic() - looked < SHORTEST_INTERVAL

    def _failing(self, jobs: Sequence[Job]) -> frozenset[Key]:
        """Return those of the probes whose latest attempt met a fault."""
        keys = ((job.service.id, job.probe) for job in jobs)
        return frozenset(
            key for key in keys if (landing := self._landed.get(key)) is not None and is_fault(landing.result)
        )


def is_fault(result: ProbeResult | None) -> bool:
    """Return whether an attempt met a fault of the service that users notice; a slow answer is not a fault."""
    return result is not None and result.error_class is not ErrorClass.SLOW and result.error_class.status in FAULTS


def is_refused(result: ProbeResult | None) -> bool:
    """Return whether an attempt was refused by risk control."""
    return result is not None and result.error_class.status is Status.RISK_CONTROL


def scheduled(config: Config) -> list[Job]:
    """Return the scheduled work: every configured probe, paid ones only with a budget and a price.

    Services with ``probe_on_scrape`` have no schedule.
    """
    return [
        Job(service, probe, settings, target_of(config, service))
        for service in config.services
        if not service.probe_on_scrape
        for probe, settings in service.probes.items()
        if not probe.is_paid or (config.budget_usd_per_day > 0 and service.price_usd is not None)
    ]


def splay(service_id: str, probe: ProbeKind) -> float:
    """Return a fixed fraction of one, different for each probe, so that starts are always spread in the same way."""
    digest = hashlib.sha256(f"{service_id} {probe}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
