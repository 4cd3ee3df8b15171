"""The request that validation must refuse: it passes key, routing and channel, and costs nothing.

Source: QuantumNous/new-api router/video-router.go, middleware/distributor.go, relay/relay_utils.go: in that order.
"""

from __future__ import annotations

from sora_exporter.probes.attempt import Attempt
from sora_exporter.probes.job import accepted_stream, delete_job, job_id_of
from sora_exporter.probes.stream import Opening
from sora_exporter.result import ErrorClass, Verdict

REFUSED = "canary:refused"
ACCEPTED = "canary:accepted"


async def canary(attempt: Attempt) -> Verdict:
    """Return ``none`` when the broken request was refused for what was broken in it, else what the answer stands for.

    A provider that accepts it would run (and bill) a job each time: the job is recorded and deleted at once, and the
    rule ``canary:accepted`` says never to send that canary again.
    """
    api, service = attempt.api, attempt.service
    if api.canary is None:
        return Verdict(ErrorClass.INVALID_REQUEST, "canary:none", f"the api {service.api} names no canary")
    verdict = await attempt.ask(
        api.create.method,
        api.create_path(service.model),
        endpoint=api.endpoint,
        body=api.canary_body(service.model, service.request),
        is_multipart=api.create.encoding == "multipart",
        expectation=api.create_expectation,
        stop=Opening().says_enough if api.create.stream else None,
    )
    if api.create.stream:
        verdict = accepted_stream(attempt, verdict)
    if verdict.error_class is ErrorClass.NONE or _is_job(attempt):
        job_id = job_id_of(attempt)
        attempt.may_have_cost = True
        if attempt.job_record is not None:
            attempt.job_record.accepted(job_id)
        if job_id is not None:
            await delete_job(attempt, job_id)
        return Verdict(ErrorClass.NONE, ACCEPTED, "the provider accepted a request it should refuse; not sent again")
    if verdict.error_class is ErrorClass.INVALID_REQUEST and _names(api.canary.refusal, attempt.body):
        attempt.note_response(attempt.last)
        return Verdict(ErrorClass.NONE, REFUSED, f"refused as it should be: {verdict.message}")
    return verdict


def _is_job(attempt: Attempt) -> bool:
    """Whether the answer describes a job under way, even one whose id is not where it should be."""
    job, http_status = attempt.api.job, attempt.http_status
    is_good = http_status is not None and 200 <= http_status < 300
    return job is not None and is_good and job.word(attempt.document) in ("queued", "running", "done")


def _names(words: tuple[str, ...], body: str) -> bool:
    """Whether the refusal names what was broken."""
    said = body.lower()
    return any(word.lower() in said for word in words)
