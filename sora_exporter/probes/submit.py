"""The paid question whether a job is accepted; the job is deleted at once."""

from __future__ import annotations

from sora_exporter.probes.attempt import Attempt
from sora_exporter.probes.job import create_job, delete_job, job_id_of
from sora_exporter.result import ErrorClass, Verdict


async def submit(attempt: Attempt) -> Verdict:
    """Return the verdict of a minimal create request.

    A job is deleted; an event stream is closed after its first event, which is how a client cancels there.
    """
    verdict = await create_job(attempt, first_event_only=attempt.api.create.stream)
    if verdict.error_class is ErrorClass.NONE:
        job_id = job_id_of(attempt)
        if job_id is not None:
            await delete_job(attempt, job_id)
        elif attempt.job_record is not None:
            attempt.job_record.gone()
    return verdict
