"""The request that validation must refuse: it passes key, routing and channel, and costs nothing.

An API describes one or several canaries, first those whose fault relays pass on to the maker. The next one is sent only
if the one before was refused for a reason other than its fault, which proves nothing.
Source: QuantumNous/new-api router/video-router.go, middleware/distributor.go, relay/relay_utils.go: in that order.
"""

from __future__ import annotations

from sora_exporter.config.apis.spec import Canary
from sora_exporter.probes.attempt import Attempt
from sora_exporter.probes.depth import refusal_depth
from sora_exporter.probes.job import delete_job, job_id_of
from sora_exporter.probes.states import state_in
from sora_exporter.probes.stream import Opening, is_progressing
from sora_exporter.result import Depth, ErrorClass, Verdict

REFUSED = "canary:refused"
ACCEPTED = "canary:accepted"


async def canary(attempt: Attempt) -> Verdict:
    """Return ``none`` when the request was refused for its intended fault, else the error class of the answer.

    A provider that accepts it would run (and bill) a job each time, so the job is recorded and deleted at once, and the
    rule ``canary:accepted`` prevents this canary from being sent again.
    """
    verdict = Verdict(ErrorClass.INVALID_REQUEST, "canary:none", f"the api {attempt.service.api} names no canary")
    for broken in attempt.canaries or attempt.api.canary:
        verdict = await _send(attempt, broken)
        if verdict.error_class is not ErrorClass.INVALID_REQUEST:
            break
    return verdict


async def _send(attempt: Attempt, broken: Canary) -> Verdict:
    """Send one canary and return its verdict: ``none`` for the intended refusal, and for an acceptance."""
    api, service = attempt.api, attempt.service
    attempt.canary = broken
    verdict = await attempt.create(
        lambda values: api.canary_body(broken, service.model, service.request, values),
        stop=Opening().says_enough if api.create.stream else None,
    )
    if verdict.error_class is ErrorClass.NONE or _is_under_way(attempt, verdict):
        return await _accepted(attempt)
    if verdict.error_class is ErrorClass.INVALID_REQUEST and _names(broken.refusal, attempt.body):
        attempt.note_response(attempt.last)
        attempt.prove(refusal_depth(broken, verdict.refused_by, is_relay=attempt.is_relay))
        message = f"refused as expected: {verdict.message}"
        return Verdict(ErrorClass.NONE, REFUSED, message, refused_by=verdict.refused_by)
    return verdict


async def _accepted(attempt: Attempt) -> Verdict:
    """Record and delete the unwanted job of a canary, and return the verdict on it."""
    job_id = job_id_of(attempt)
    attempt.may_have_cost = True
    if attempt.job_record is not None:
        attempt.job_record.accepted(job_id)
    if job_id is not None:
        attempt.prove(Depth.ACCEPTED)
        await delete_job(attempt, job_id)
    return Verdict(ErrorClass.NONE, ACCEPTED, "the provider accepted a request it should refuse; not sent again")


def _is_under_way(attempt: Attempt, verdict: Verdict) -> bool:
    """Return whether the answer describes a running job, even without an id at the described place.

    A stream that reports progress does not prove a job, but it counts as one that may be billed, to be careful.
    """
    if attempt.api.create.stream and verdict.error_class is ErrorClass.INVALID_RESPONSE:
        return is_progressing(attempt.body)
    job = attempt.api.job
    state = state_in(job, attempt.document, attempt.http_status) if job is not None else None
    return state in ("queued", "running", "done")


def _names(words: tuple[str, ...], body: str) -> bool:
    """Return whether the refusal names the intended fault."""
    said = body.lower()
    return any(word.lower() in said for word in words)
