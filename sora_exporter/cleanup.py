"""Deleting the jobs that a timeout, a crash or a restart left at a provider."""

from __future__ import annotations

import logging

from sora_exporter.apis import Api, first
from sora_exporter.budget import Job, Ledger
from sora_exporter.config import Config, Service
from sora_exporter.probes.attempt import Client, parse
from sora_exporter.probes.job import delete_at_provider, job_id_in
from sora_exporter.reply import Request
from sora_exporter.runner import Clients

log = logging.getLogger(__name__)

REQUEST_SECONDS = 10.0
ARRIVAL_SECONDS = 120.0


async def clean_up(config: Config, ledger: Ledger, clients: Clients, now: float) -> int:
    """Delete unfinished jobs at their providers; return how many are still left.

    A job that cannot be deleted yet (many vendors refuse while it runs) stays remembered for the next round. One
    whose provider or shape is no longer configured stays too: the configuration may come back.
    """
    left = 0
    for job in ledger.unfinished_jobs():
        service = config.service(job.reservation.service_id)
        if service is None or service.provider != job.provider or service.api != job.api:
            left += 1
            continue
        client = clients.get(service.provider, config.providers[service.provider])
        if await _is_gone(config.api(service), service, client, job, now):
            ledger.forget_job(job)
        else:
            left += 1
    return left


async def _is_gone(api: Api, service: Service, client: Client, job: Job, now: float) -> bool:
    job_id = job.job_id
    if job_id is None:
        if api.job is None or api.job.delete is None or api.job.find is None:
            # Nothing can be listed or deleted there; what was ordered ends by itself.
            return True
        job_id = await _find(api, service, client, job.reservation.marker)
        if job_id is None:
            return False
        if job_id == "":
            # The create request of a killed process may still be on its way through the provider.
            return now - job.reservation.reserved_at > ARRIVAL_SECONDS
    is_gone = await delete_at_provider(client, api, service.access, job_id, REQUEST_SECONDS)
    log.info("unfinished job of service %s %s", service.id, "deleted" if is_gone else "not deleted yet, trying again")
    return is_gone


async def _find(api: Api, service: Service, client: Client, marker: str) -> str | None:
    """Return the id of the job whose prompt holds the marker, empty text when there is none, None if nobody can say."""
    if api.job is None or api.job.find is None:
        return ""
    find = api.job.find
    reply = await client.ask(Request("GET", find.path, "models", REQUEST_SECONDS), service.access)
    items = first(parse(reply.answer.body), find.items)
    if reply.http_status != 200 or not isinstance(items, list):
        return None
    found = (item for item in items if marker in str(first(item, find.prompt) or ""))
    return next((job_id for item in found if (job_id := job_id_in(api, item))), "")
