"""The paid probe of acceptance: create a job and delete it at once."""

from __future__ import annotations

from sora_exporter.probes.attempt import Attempt
from sora_exporter.probes.job import create_job, job_id_of, leave_job, refused_follow_up
from sora_exporter.result import Verdict


async def submit(attempt: Attempt) -> Verdict:
    """Return the verdict of a minimal create request, or of the addresses in its answer if they cannot be followed.

    A job is deleted; an event stream is closed once its beginning decides, which is how a client cancels it.
    """
    verdict = await create_job(attempt, opening_only=attempt.api.create.stream)
    job_id = job_id_of(attempt)
    refused = refused_follow_up(attempt, job_id) if job_id is not None else None
    await leave_job(attempt, job_id, verdict)
    return refused or verdict
