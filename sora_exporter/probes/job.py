"""Creating, polling and deleting a job in the vendor's own words."""

from __future__ import annotations

from sora_exporter.config.apis import Api, first
from sora_exporter.config.apis.spec import fill_path
from sora_exporter.documents import decoded
from sora_exporter.http.reply import Request
from sora_exporter.probes.attempt import JOB_ENDPOINT, Attempt, Client
from sora_exporter.probes.stream import Opening, is_progressing
from sora_exporter.result import ErrorClass, Verdict

# Answers after which a job may exist all the same: a gateway that lost its backend says nothing of what that did.
AMBIGUOUS_STATUS = frozenset({408, 500, 502, 504, *range(520, 528)})
AMBIGUOUS_CLASSES = frozenset(
    {ErrorClass.NONE, ErrorClass.INVALID_RESPONSE, ErrorClass.TIMEOUT, ErrorClass.SERVER_ERROR}
    | {ErrorClass.GENERATION_FAILED, ErrorClass.GENERATION_TIMEOUT}
)
"""What an answer with a success code may stand for although a job was begun."""
GONE_STATUS = frozenset({404, 410})
MIB = 1024 * 1024
POLL_SECONDS = 30.0
"""How long one poll may take; a lost one must not use up the whole attempt."""
LAST_SECONDS, LAST_SHARE = 2.0, 0.05
"""How long before its end, at most, an attempt polls for the last time, and which share of its time at most."""
CLEANUP_SHARE = 0.05
DELETE_SECONDS = 5.0
ID_CHARACTERS = 512
LONG_SECRET = 12
"""Shorter texts, such as a configured header's, may stand in a job's id by chance."""


async def create_job(attempt: Attempt, *, first_event_only: bool = False) -> Verdict:
    """Send the create request; afterwards ``attempt.may_have_cost`` tells whether money may have been spent.

    The request is counted as paid before it goes out: a crash in the middle leaves the record, never a free ride.
    The end of the attempt's time is kept free for deleting the job.
    """
    api, service = attempt.api, attempt.service
    attempt.may_have_cost = True
    if api.job is not None and api.job.delete is not None:
        attempt.kept_free_seconds = min(DELETE_SECONDS, CLEANUP_SHARE * attempt.remaining_seconds)
    started = attempt.clock.monotonic()
    verdict = await attempt.ask(
        api.create.method,
        api.create_path(service.model),
        endpoint=api.endpoint,
        body=api.create_body(service.model, service.request, attempt.prompt),
        is_multipart=api.create.encoding == "multipart",
        is_paid=True,
        expectation=api.create_expectation,
        stop=Opening().says_enough if first_event_only else None,
        limit=api.create.answer_mib * MIB,
    )
    attempt.phases["submit"] = attempt.clock.monotonic() - started
    if first_event_only:
        verdict = accepted_stream(attempt, verdict)
    job_id = job_id_of(attempt)
    if job_id is not None and attempt.job_record is not None:
        attempt.job_record.accepted(job_id)
    attempt.may_have_cost = may_have_cost(attempt, verdict)
    if not attempt.may_have_cost and attempt.job_record is not None:
        attempt.job_record.gone()
    return verdict


def accepted_stream(attempt: Attempt, verdict: Verdict) -> Verdict:
    """Return the verdict on a stream's beginning, where one that only tells progress so far was accepted."""
    if verdict.error_class is ErrorClass.INVALID_RESPONSE and is_progressing(attempt.body):
        attempt.note_response(attempt.last)
        return Verdict(ErrorClass.NONE, "stream:progress")
    return verdict


def may_have_cost(attempt: Attempt, verdict: Verdict) -> bool:
    """Whether the create request may be billed: it was accepted, or its answer leaves that open."""
    http_status = attempt.http_status
    if http_status is None:
        return attempt.last.is_sent
    if 200 <= http_status < 300:
        is_open = verdict.error_class in AMBIGUOUS_CLASSES or attempt.api.create.stream
        return is_open or job_id_of(attempt) is not None
    return http_status in AMBIGUOUS_STATUS


def job_id_of(attempt: Attempt) -> str | None:
    """Return the id that the latest answer gives a job, where the vendor puts it; None for one that refuses.

    None also for an id that holds a secret of ours: it would be written down, and is no id.
    """
    is_accepted = attempt.http_status is not None and 200 <= attempt.http_status < 300
    job_id = job_id_in(attempt.api, attempt.document) if is_accepted else None
    secrets = (secret for secret in attempt.client.secrets() if len(secret) >= LONG_SECRET)
    return None if job_id is None or any(secret in job_id for secret in secrets) else job_id


def job_id_in(api: Api, document: object) -> str | None:
    """Return the id in one job's document, or None."""
    found = first(document, api.job.id) if api.job is not None else None
    is_id = isinstance(found, (str, int)) and not isinstance(found, bool)
    return str(found) if is_id and len(str(found)) <= ID_CHARACTERS else None


async def poll_job(attempt: Attempt, job_id: str) -> Verdict:
    """Poll until the job is done or failed or the attempt's time is up; note queue and render phases.

    A poll that fails decides nothing by itself, since the job goes on; the last failure is told when time runs out.
    """
    job = attempt.api.job
    if job is None:
        raise ValueError(f"the api {attempt.service.api} names no job")
    path = fill_path(job.poll.path, job_id=job_id)
    clock = attempt.clock
    phase, since = "queue", clock.monotonic()
    last_seconds = min(LAST_SECONDS, LAST_SHARE * attempt.remaining_seconds)
    trouble: Verdict | None = None
    polls = 0
    while attempt.remaining_seconds > 0:
        was_reached = attempt.is_reached
        verdict = await attempt.ask(
            job.poll.method,
            path,
            endpoint=JOB_ENDPOINT,
            expectation=attempt.api.job_expectation,
            most_seconds=POLL_SECONDS,
        )
        word = job.word(attempt.document)
        if phase == "queue" and word in ("running", "done"):
            attempt.phases["queue"] = clock.monotonic() - since
            phase, since = "render", clock.monotonic()
        if word == "done":
            attempt.phases["render"] = clock.monotonic() - since
            return verdict
        if word == "failed":
            return verdict if verdict.error_class is not ErrorClass.NONE else _failed(attempt, job.error)
        # A poll that the end of the attempt cut short says nothing that the one before it did not.
        is_cut_short = verdict.error_class is ErrorClass.TIMEOUT and attempt.remaining_seconds <= 0 and polls > 0
        if is_cut_short:
            attempt.is_reached = was_reached
        else:
            trouble = None if verdict.error_class is ErrorClass.NONE else verdict
        polls += 1
        pause = min(job.poll_interval_seconds, attempt.remaining_seconds - last_seconds)
        if pause <= 0:
            break
        await clock.sleep(pause)
    attempt.phases[phase] = clock.monotonic() - since
    return trouble or Verdict(ErrorClass.GENERATION_TIMEOUT, f"generate:{phase}", f"the job was still in {phase}")


def _failed(attempt: Attempt, error_paths: tuple[str, ...]) -> Verdict:
    message = str(first(attempt.document, error_paths) or "the job failed and said no more")[:200]
    return Verdict(ErrorClass.GENERATION_FAILED, "generate:failed", message)


async def leave_job(attempt: Attempt, job_id: str | None, verdict: Verdict) -> None:
    """Delete what the attempt created; what has no id although it should is left to the clean-up, which searches."""
    if job_id is not None:
        await delete_job(attempt, job_id)
    elif verdict.error_class is ErrorClass.NONE and attempt.api.job is None and attempt.job_record is not None:
        attempt.job_record.gone()


async def delete_job(attempt: Attempt, job_id: str) -> bool:
    """Delete the attempt's job; return whether it is gone, and forget it then."""
    access, seconds = attempt.service.access, attempt.deadline - attempt.clock.monotonic()
    is_gone = await delete_at_provider(attempt.client, attempt.api, access, job_id, seconds)
    if is_gone and attempt.job_record is not None:
        attempt.job_record.gone()
    return is_gone


async def delete_at_provider(client: Client, api: Api, access: str, job_id: str, timeout_seconds: float) -> bool:
    """Ask for a job's deletion; return whether it is gone. A vendor without such a call has nothing to delete."""
    if api.job is None or api.job.delete is None:
        return True
    route = api.job.delete
    seconds = min(max(timeout_seconds, 0.1), DELETE_SECONDS)
    request = Request(route.method, fill_path(route.path, job_id=job_id), JOB_ENDPOINT, seconds)
    reply = await client.ask(request, access)
    if reply.answer.http_status is None:
        return False
    if reply.answer.http_status in GONE_STATUS:
        return True
    return 200 <= reply.answer.http_status < 300 and not first(decoded(reply.answer.body), ("error",))
