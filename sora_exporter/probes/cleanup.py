"""Removing the jobs that a timeout, a crash or a restart left at a provider.

Each provider has its own task with a time limit, so a slow provider does not delay the others. A job that cannot be
removed yet is tried again after growing pauses, and given up after a day.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.reservation import Job
from sora_exporter.budget.storage import StorageError
from sora_exporter.clock import DAY_SECONDS, Clock
from sora_exporter.config import Config, Service
from sora_exporter.config.apis import Api, first
from sora_exporter.config.apis.spec import Find
from sora_exporter.documents import decoded
from sora_exporter.http.reply import Request
from sora_exporter.logs import LogOnce
from sora_exporter.probes.attempt import Client, Clients
from sora_exporter.probes.job import job_id_in
from sora_exporter.probes.removal import Removal, Removed
from sora_exporter.probes.requests import Known, Unfilled, known_to
from sora_exporter.tasks import start

log = logging.getLogger(__name__)

LIST_SECONDS = 10.0
PROVIDER_SECONDS = 60.0
"""The time limit of one round at one provider; the jobs that are left over wait for the next round."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 20.0, 3600.0
ARRIVAL_SECONDS = 120.0
"""The create request of a killed process may still arrive at the provider for this long."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One answer of a provider's list of jobs: the ids by the prompt that each job was created with.

    ``is_whole`` is set if no older job was cut off from the list.
    """

    prompts: Sequence[tuple[str, str]]
    is_whole: bool

    def ids(self, marker: str) -> list[str]:
        """Return the ids of the jobs whose prompt has the marker; usually there is at most one."""
        return [job_id for job_id, prompt in self.prompts if marker in prompt]


class CleanUp:
    """Removes the ledger's unfinished jobs, provider by provider.

    ``is_ours`` returns whether the jobs at a provider are left to this exporter.
    """

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        clients: Clients,
        clock: Clock,
        is_ours: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self.config, self._is_ours = config, is_ours
        self.pending: Mapping[str, int] = {}
        """Jobs still to be removed, by provider, as of the last round."""
        self.abandoned: Counter[str] = Counter()
        """Jobs given up since the start, by provider."""
        self._ledger, self._clients, self._clock = ledger, clients, clock
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tries: dict[int, tuple[int, float]] = {}
        self._left: set[tuple[str, str]] = set()
        self._unwritten = LogOnce(log, "clean-up stopped", over="clean-up goes on")

    def begin_round(self) -> None:
        """Start a task for each provider that has a job due now; return at once. Raises StorageError.

        A provider whose last task is still running does not get a second one.
        """
        jobs = self._unfinished()
        self.pending = Counter(job.provider for job in jobs)
        known = {job.id for job in jobs}
        self._tries = {number: tried for number, tried in self._tries.items() if number in known}
        due: dict[str, list[Job]] = {}
        for job in jobs:
            if self._clock.monotonic() >= self._tries.get(job.id, (0, 0.0))[1]:
                due.setdefault(job.provider, []).append(job)
        for provider, some in due.items():
            if provider not in self._running:
                task = start(self._visit(some), f"clean-up at {provider}")
                self._running[provider] = task
                task.add_done_callback(partial(self._ended, provider))

    async def finish_round(self) -> None:
        """Wait until the tasks under way have ended, and count what is left. Raises StorageError."""
        if self._running:
            await asyncio.wait(list(self._running.values()))
        self.pending = Counter(job.provider for job in self._unfinished())

    async def stop(self) -> None:
        """Cancel the tasks under way and wait for them."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    def _unfinished(self) -> list[Job]:
        return [job for job in self._ledger.unfinished_jobs() if self._is_ours(job.provider)]

    def _ended(self, provider: str, _: asyncio.Task[None]) -> None:
        del self._running[provider]

    async def _visit(self, jobs: Sequence[Job]) -> None:
        """Try each of one provider's jobs once, within the time limit."""
        listings: dict[str, Listing | None] = {}
        try:
            async with asyncio.timeout(PROVIDER_SECONDS):
                for job in jobs:
                    await self._try(job, listings)
            self._unwritten.off()
        except TimeoutError:
            log.warning("clean-up not finished in time", extra={"provider": jobs[0].provider, "count": len(jobs)})
        except StorageError as error:
            self._unwritten.on(str(error))

    async def _try(self, job: Job, listings: dict[str, Listing | None]) -> None:
        """Try to remove one job; note when to try again, or forget it if it is over or a day old."""
        tries, _ = self._tries.get(job.id, (0, 0.0))
        pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(tries, 20), LONGEST_PAUSE_SECONDS)
        # Noted first, so that a job whose removal uses up the time limit is not the first one of every round.
        self._tries[job.id] = tries + 1, self._clock.monotonic() + pause
        service = self.config.service(job.reservation.service_id)
        removed = Removed.LATER
        if service is not None and service.provider == job.provider and service.api == job.api:
            removed = await self._remove(job, service, listings)
        if removed is Removed.LATER and self._clock.now() - job.reservation.reserved_at > DAY_SECONDS:
            self._abandon(job)
        elif removed is not Removed.LATER:
            # The cost of a job that was begun is its price in full; an earlier settlement stands.
            self._ledger.settle(job.reservation, job.reservation.amount_usd)
            self._ledger.forget_job(job)

    async def _remove(self, job: Job, service: Service, listings: dict[str, Listing | None]) -> Removed:
        api, client = self.config.api(service), self._client(service)
        end = self._clock.monotonic() + PROVIDER_SECONDS
        known = known_to(service.model, client.values, self._clock.now)
        removal = Removal(client, api, service.access, lambda: end - self._clock.monotonic(), known)
        if job.job_id is not None:
            return self._noted(job, job.job_id, await removal.remove(job.job_id))
        if api.job is None or not api.job.endings or api.job.find is None:
            # Nothing can be listed or removed there; the job ends by itself.
            return Removed.GONE
        if job.api not in listings:
            listings[job.api] = await _list(api.job.find, api, service, client, known)
        listing = listings[job.api]
        if listing is None:
            return Removed.LATER
        ids = listing.ids(job.reservation.marker)
        if not ids:
            return self._without_job(job, listing)
        if len(ids) == 1:
            # Once it is removed, no list proves any more that it was made.
            self._ledger.note_job_id(job, ids[0])
        # One job was reserved, so each round removes only one, even if several have the marker.
        removed = self._noted(job, ids[0], await removal.remove(ids[0]))
        return removed if len(ids) == 1 else Removed.LATER

    def _without_job(self, job: Job, listing: Listing) -> Removed:
        """Give the money back if the list proves that no job was made, which takes a while."""
        if self._clock.now() - job.reservation.reserved_at <= ARRIVAL_SECONDS:
            return Removed.LATER
        if listing.is_whole:
            self._ledger.release_unmade(job)
        return Removed.GONE

    def _noted(self, job: Job, job_id: str, removed: Removed) -> Removed:
        """Log the outcome of removing a job; a missing call is logged once per provider and API."""
        service_id = job.reservation.service_id
        if removed is not Removed.LEFT:
            log.info(
                "job removed" if removed is Removed.GONE else "job not removed yet",
                extra={"service_id": service_id, "provider": job.provider, "job": job_id},
            )
        elif (job.provider, job.api) not in self._left:
            self._left.add((job.provider, job.api))
            detail = f"{removed.value}; api {job.api}"
            log.warning(
                "job left at its provider",
                extra={"service_id": service_id, "provider": job.provider, "job": job_id, "detail": detail},
            )
        return removed

    def _abandon(self, job: Job) -> None:
        self._ledger.settle(job.reservation, job.reservation.amount_usd)
        self._ledger.forget_job(job)
        self.abandoned[job.provider] += 1
        log.error(
            "job abandoned",
            extra={
                "service_id": job.reservation.service_id,
                "provider": job.provider,
                "job": job.job_id or job.reservation.marker,
                "detail": "it could not be removed for a day: remove it by hand",
            },
        )

    def _client(self, service: Service) -> Client:
        return self._clients.get(service.provider, self.config.providers[service.provider])


async def _list(find: Find, api: Api, service: Service, client: Client, known: Known) -> Listing | None:
    """Return the provider's list of jobs, or None if it cannot be read."""
    try:
        path, headers = known.path(find.path), known.headers(api)
    except Unfilled:
        return None
    reply = await client.ask(Request("GET", path, "models", LIST_SECONDS, headers=headers), service.access)
    items = first(decoded(reply.answer.body), find.items)
    if reply.answer.http_status != 200 or not isinstance(items, list):
        return None
    found = [(job_id_in(api, item), str(first(item, find.prompt) or "")) for item in items]
    prompts = [(job_id, prompt) for job_id, prompt in found if job_id is not None]
    return Listing(prompts, is_whole=len(items) < find.most)
