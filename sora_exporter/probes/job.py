"""Creating, polling and deleting a job with the vendor's own calls, for probes and for the fallback client."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import repeat

from sora_exporter.classify.envelopes import is_good_word
from sora_exporter.config.apis import Api, first
from sora_exporter.config.apis.spec import Job, State
from sora_exporter.probes.asset import media_link
from sora_exporter.probes.attempt import JOB_ENDPOINT, Attempt
from sora_exporter.probes.outcomes import may_have_begun
from sora_exporter.probes.removal import CALL_SECONDS, Removal, Removed
from sora_exporter.probes.requests import Unfilled
from sora_exporter.probes.states import state_and_word, state_in
from sora_exporter.probes.stream import Opening, is_finished, is_progressing, spoken_text
from sora_exporter.result import Answer, Depth, ErrorClass, Verdict, is_success

PROGRESSING = "stream:progress"
"""The rule of a stream that reports progress and nothing else."""

POLL_SECONDS = 30.0
"""Longest duration of one poll, so that a lost poll does not use up the whole attempt."""
LAST_SECONDS, LAST_SHARE = 2.0, 0.05
"""The last poll comes at most this long, and at most this share of the attempt's time, before the attempt's end."""
CLEANUP_SHARE = 0.05
STILL_GOING = 202
NO_REASON = "the job failed without a reason"
HOPELESS = frozenset({"unfilled", "address", "address:elsewhere"})
"""Rules of polls that can never be sent."""
ID_CHARACTERS = 512
Heard = Callable[[State, float | None], None]
LONG_SECRET = 12
"""Characters; a job's id may contain a shorter secret, such as a configured header's value, by chance."""


async def create_job(attempt: Attempt, *, opening_only: bool = False) -> Verdict:
    """Send a probe's create request and record its job; time for deleting it is reserved at the end of the attempt."""
    if attempt.api.job is not None and attempt.api.job.endings:
        attempt.kept_free_seconds = min(CALL_SECONDS, CLEANUP_SHARE * attempt.remaining_seconds)
    # Progress may cost money but is not an acceptance, so a probe reads on until the stream reports more.
    opening = Opening(math.inf) if opening_only else Opening()
    verdict = await request_job(attempt, opening, opening_only=opening_only)
    if verdict.error_class is ErrorClass.INVALID_RESPONSE and is_progressing(attempt.body):
        verdict = Verdict(verdict.error_class, PROGRESSING, "the stream reported progress only: no job and no video")
    job_id = job_id_of(attempt)
    if is_accepted(attempt.api, attempt.body, verdict, job_id):
        attempt.prove(Depth.ACCEPTED)
    if attempt.job_record is not None:
        if job_id is not None:
            attempt.job_record.accepted(job_id)
        if not attempt.may_have_cost:
            attempt.job_record.gone()
    return verdict


async def request_job(attempt: Attempt, opening: Opening, *, opening_only: bool = False) -> Verdict:
    """Send the create request once; return the verdict on its answer and set ``attempt.may_have_cost``.

    The request counts as paid before it goes out: a crash in the middle leaves the record. ``opening`` follows the
    beginning of an event stream; ``opening_only`` ends the stream there.
    """
    api, service = attempt.api, attempt.service
    attempt.may_have_cost = True
    started = attempt.clock.monotonic()
    verdict = await attempt.create(
        lambda values: api.create_body(service.model, service.request, attempt.prompt, values),
        is_paid=True,
        stop=(opening.says_enough if opening_only else opening.watch) if api.create.stream else None,
    )
    attempt.phases["submit"] = attempt.clock.monotonic() - started
    attempt.may_have_cost = may_have_begun(
        verdict.error_class,
        attempt.http_status,
        is_sent=attempt.last.is_sent,
        has_begun=job_id_of(attempt) is not None or has_accepted(attempt, opening),
    )
    return verdict


def has_accepted(attempt: Attempt, opening: Opening) -> bool:
    """Return whether the beginning of an ended stream shows acceptance, regardless of the rest."""
    if not opening.text:
        return False
    reply = attempt.last
    return judge_opening(attempt, opening, reply.http_status, reply.answer.headers).error_class is ErrorClass.NONE


def judge_opening(
    attempt: Attempt, opening: Opening, http_status: int | None, headers: Mapping[str, str]
) -> Verdict:  # fmt: skip
    """Return the verdict on the beginning of a stream: an error, or that the job was accepted."""
    answer = Answer(attempt.api.endpoint, attempt.service.access, http_status, headers, opening.text)
    verdict = attempt.judge(answer)
    if verdict.error_class is ErrorClass.INVALID_RESPONSE and http_status == 200 and is_progressing(opening.text):
        return Verdict(ErrorClass.NONE, PROGRESSING)
    return verdict


def is_accepted(api: Api, body: str, verdict: Verdict, job_id: str | None) -> bool:
    """Return whether the answer to a create request shows that it was accepted: a job's id, or the asset itself.

    A stream shows it by its end or by a link to the asset; text alone may be progress.
    """
    if verdict.error_class is not ErrorClass.NONE or api.job is not None:
        return verdict.error_class is ErrorClass.NONE and job_id is not None
    return not api.create.stream or is_finished(body) or names_media(api, body)


def names_media(api: Api, body: str) -> bool:
    """Return whether the text of a chat answer holds a link to the asset."""
    link = api.asset.link if api.asset is not None else None
    return link is not None and media_link(spoken_text(body), link) is not None


def unless_nameless(api: Api, verdict: Verdict, job_id: str | None) -> Verdict:
    """Return the verdict on an answer; it is not good without a job's id if the vendor gives ids."""
    is_nameless = api.job is not None and not api.create.stream and job_id is None
    if verdict.error_class is ErrorClass.NONE and is_nameless:
        return Verdict(ErrorClass.INVALID_RESPONSE, "submit:no-id", "the answer names no job")
    return verdict


def job_id_of(attempt: Attempt) -> str | None:
    """Return the job's id in the latest answer; None for an answer that refuses.

    None also for an id that contains one of our secrets, because ids are stored.
    """
    job_id = job_id_in(attempt.api, attempt.document) if is_success(attempt.http_status) else None
    secrets = (secret for secret in attempt.client.secrets() if len(secret) >= LONG_SECRET)
    return None if job_id is None or any(secret in job_id for secret in secrets) else job_id


def job_id_in(api: Api, document: object) -> str | None:
    """Return the id in one job's document, or None."""
    found = first(document, api.job.id) if api.job is not None else None
    is_id = isinstance(found, (str, int)) and not isinstance(found, bool)
    return str(found) if is_id and len(str(found)) <= ID_CHARACTERS else None


def refused_follow_up(attempt: Attempt, job_id: str) -> Verdict | None:
    """Return the verdict on an address in the latest answer at which the job can be neither polled nor ended, or None.

    Such a job may run and cost. A call that needs a later answer is not judged.
    """
    job = attempt.api.job
    known = attempt.known.for_job(job_id)
    for call in (job.poll, *job.endings) if job is not None else ():
        try:
            refused = attempt.client.refused(known.path(call.path))
        except Unfilled:
            continue
        if refused is not None:
            return refused
    return None


@dataclass(frozen=True, slots=True)
class Followed:
    """The outcome of following a job: the verdict on its end, or None if time ran out.

    ``trouble`` is the verdict on the last poll if it failed; ``phase`` is the last observed phase of the job.
    """

    end: Verdict | None
    trouble: Verdict | None = None
    phase: str = ""


async def poll_job(attempt: Attempt, job_id: str) -> Verdict:
    """Poll at the vendor's usual interval until the job is over or the attempt's time is up.

    A failed poll does not decide by itself, since the job goes on; if time runs out, the last poll is the verdict.
    """
    interval = attempt.api.job.poll_interval_seconds if attempt.api.job is not None else 0.0
    followed = await follow_job(attempt, job_id, repeat(interval))
    phase, word = followed.phase, attempt.unknown_word
    late = Verdict(ErrorClass.GENERATION_TIMEOUT, f"generate:{phase}", f"the job was still in {phase}")
    verdict = followed.end or followed.trouble or late
    if not word or verdict.error_class not in (ErrorClass.NONE, ErrorClass.GENERATION_TIMEOUT):
        return verdict
    message = f"the job's status word {word!r} is not known: add it to the status words of the api"
    return replace(verdict, rule="generate:unknown-word", message=message)


async def follow_job(
    attempt: Attempt, job_id: str, pauses: Iterator[float], heard: Heard = lambda _state, _percent: None
) -> Followed:
    """Poll with these pauses until the job is done or failed or time is up; note queue and render phases.

    ``heard`` gets the state after each poll that shows one, and the percentage that is done if the answer has it.
    Raises ValueError for an API whose jobs have no ids.
    """
    job = attempt.api.job
    if job is None:
        raise ValueError(f"the api {attempt.service.api} of {attempt.service.id} gives no job ids")
    attempt.known = attempt.known.for_job(job_id)
    clock = attempt.clock
    phase, since = "queue", clock.monotonic()
    last_seconds = min(LAST_SECONDS, LAST_SHARE * attempt.remaining_seconds)
    trouble: Verdict | None = None
    polls = 0
    while attempt.remaining_seconds > 0:
        was_reached = attempt.is_reached
        verdict = await attempt.call(
            job.poll, endpoint=JOB_ENDPOINT, expectation=attempt.api.job_expectation, most_seconds=POLL_SECONDS
        )
        if verdict.rule in HOPELESS:
            return Followed(verdict)
        state, word = state_and_word(job, attempt.document, attempt.http_status)
        attempt.unknown_word = word or attempt.unknown_word
        if state is not None:
            heard(state, percent_done(first(attempt.document, job.progress)))
        if verdict.error_class is ErrorClass.INVALID_RESPONSE and (state is not None or word):
            verdict = Verdict(ErrorClass.NONE, "generate:state", verdict.message)
        if phase == "queue" and state in ("running", "done"):
            attempt.phases["queue"] = clock.monotonic() - since
            phase, since = "render", clock.monotonic()
        if state == "done":
            attempt.phases["render"] = clock.monotonic() - since
            return Followed(verdict)
        if state == "failed":
            return Followed(_failed(attempt, job, verdict))
        # A poll cut short by the deadline says less than the one before it.
        is_cut_short = verdict.error_class is ErrorClass.TIMEOUT and attempt.remaining_seconds <= 0 and polls > 0
        if is_cut_short:
            attempt.is_reached = was_reached
        else:
            is_waiting = verdict.error_class is ErrorClass.NONE or attempt.http_status == STILL_GOING
            trouble = None if is_waiting else verdict
        polls += 1
        pause = min(next(pauses), attempt.remaining_seconds - last_seconds)
        if pause <= 0:
            break
        await clock.sleep(pause)
    attempt.phases[phase] = clock.monotonic() - since
    return Followed(None, trouble, phase)


def percent_done(said: object) -> float | None:
    """Return a percentage between 0 and 100 from a number or a text such as ``40%``; None for anything else."""
    try:
        percent = float(said.removesuffix("%") if isinstance(said, str) else said)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return percent if 0 <= percent <= 100 else None


def _failed(attempt: Attempt, job: Job, verdict: Verdict) -> Verdict:
    """Return the verdict on a failed job; without a reason, or with a word of success for one, by its status word."""
    if verdict.error_class is ErrorClass.NONE:
        message = str(first(attempt.document, job.error) or "")[:200]
        verdict = Verdict(ErrorClass.GENERATION_FAILED, "generate:failed", message)
    if not is_good_word(verdict.message):
        return verdict
    word = job.status_word(attempt.document)
    said = f"its status is {word!r} ({verdict.error_class})" if word else f"{verdict.error_class}"
    return replace(verdict, message=f"{NO_REASON}: {said}")


async def leave_job(attempt: Attempt, job_id: str | None, verdict: Verdict) -> None:
    """Delete the attempt's job; a job whose id is missing is left to the clean-up, which searches for it."""
    if job_id is not None:
        await delete_job(attempt, job_id)
    elif verdict.error_class is ErrorClass.NONE and attempt.api.job is None and attempt.job_record is not None:
        attempt.job_record.gone()


async def delete_job(attempt: Attempt, job_id: str) -> Removed:
    """Remove the attempt's job, and forget it once it is gone or if no call for it is known.

    A job whose described call does not exist at the provider is left to the clean-up, which reports it once. So is one
    that the ledger cannot be shown now.
    """
    job = attempt.api.job
    if attempt.job_record is not None and not attempt.job_record.may_be_removed():
        return Removed.LATER

    def seconds_left() -> float:
        return attempt.deadline - attempt.clock.monotonic()

    removal = Removal(attempt.client, attempt.api, attempt.service.access, seconds_left, attempt.known)
    state = state_in(job, attempt.document, attempt.http_status) if job is not None else None
    removed = await removal.remove(job_id, state)
    is_over = removed is Removed.GONE or (removed is Removed.LEFT and (job is None or not job.endings))
    if is_over and attempt.job_record is not None:
        attempt.job_record.gone()
    return removed
