"""Deleting the jobs that a timeout, a crash or a restart left at a provider."""

from __future__ import annotations

import logging

from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.reservation import Job
from sora_exporter.config import Config, Service
from sora_exporter.config.apis import Api, first
from sora_exporter.config.apis.spec import Find
from sora_exporter.documents import decoded
from sora_exporter.http.reply import Request
from sora_exporter.probes.attempt import Client
from sora_exporter.probes.job import delete_at_provider, job_id_in
from sora_exporter.probes.runner import Clients

log = logging.getLogger(__name__)

REQUEST_SECONDS = 10.0
ARRIVAL_SECONDS = 120.0


async def clean_up(config: Config, ledger: Ledger, clients: Clients, now: float) -> int:
    """Delete unfinished jobs at their providers; return how many are still left.

    A job that cannot be deleted yet (many vendors refuse while it runs) stays in the ledger for the next round.
    So does a job whose provider or api is no longer configured: the configuration may come back.
    """
    left = 0
    for job in ledger.unfinished_jobs():
        service = config.service(job.reservation.service_id)
        if service is None or service.provider != job.provider or service.api != job.api:
            left += 1
            continue
        client = clients.get(service.provider, config.providers[service.provider])
        if await _is_gone(config.api(service), service, client, job, now):
            # The cost of an attempt that was killed is unknown: it counts in full.
            ledger.settle(job.reservation, job.reservation.amount_usd)
            ledger.forget_job(job)
        else:
            left += 1
    return left


async def _is_gone(api: Api, service: Service, client: Client, job: Job, now: float) -> bool:
    job_ids: tuple[str, ...] | None = (job.job_id,) if job.job_id is not None else None
    if job_ids is None:
        if api.job is None or api.job.delete is None or api.job.find is None:
            # Nothing can be listed or deleted there; the job ends by itself.
            return True
        job_ids = await _find(api.job.find, api, service, client, job.reservation.marker)
        if job_ids is None:
            return False
        if not job_ids:
            # The create request of a killed process may still be on its way through the provider.
            return now - job.reservation.reserved_at > ARRIVAL_SECONDS
    gone = [await delete_at_provider(client, api, service.access, job_id, REQUEST_SECONDS) for job_id in job_ids]
    for one, is_gone in zip(job_ids, gone, strict=True):
        log.info(
            "unfinished job deleted" if is_gone else "unfinished job not deleted yet",
            extra={"service_id": service.id, "provider": service.provider, "job": one},
        )
    return all(gone)


async def _find(find: Find, api: Api, service: Service, client: Client, marker: str) -> tuple[str, ...] | None:
    """Return the ids of the jobs whose prompt holds the marker, or None if the list cannot be read.

    There is at most one, unless something between us and the provider sent the create request twice.
    """
    reply = await client.ask(Request("GET", find.path, "models", REQUEST_SECONDS), service.access)
    items = first(decoded(reply.answer.body), find.items)
    if reply.answer.http_status != 200 or not isinstance(items, list):
        return None
    found = (item for item in items if marker in str(first(item, find.prompt) or ""))
    return tuple(job_id for item in found if (job_id := job_id_in(api, item)))
