"""The paid probe of acceptance: create a job and delete it at once."""

from __future__ import annotations

from sora_exporter.probes.attempt import Attempt
from sora_exporter.probes.job import create_job, job_id_of, leave_job
from sora_exporter.result import Verdict


async def submit(attempt: Attempt) -> Verdict:
    """Return the verdict of a minimal create request.

    A job is deleted; an event stream is closed once its beginning decides, which is how a client cancels it.
    """
    verdict = await create_job(attempt, opening_only=attempt.api.create.stream)
    await leave_job(attempt, job_id_of(attempt), verdict)
    return verdict
