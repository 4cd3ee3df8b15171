"""One create request on one route, and whether the route took it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any

from sora_exporter.classify.sunset import after_sunset
from sora_exporter.fallback.outcome import RouteAttempt
from sora_exporter.fallback.route import Route
from sora_exporter.http.exchange import EXCHANGE, Exchange
from sora_exporter.http.retry_after import retry_after
from sora_exporter.probes.attempt import Attempt
from sora_exporter.probes.job import job_id_of
from sora_exporter.probes.stream import Opening, is_progressing
from sora_exporter.result import Answer, ErrorClass, Verdict

UNSURE_STATUS = frozenset({408, 502, 504, 520, 524})
"""A gateway's answers that do not tell what became of the request behind it."""
UNSURE_CLASSES = frozenset({ErrorClass.SERVER_ERROR, ErrorClass.TIMEOUT, ErrorClass.INVALID_RESPONSE})
STREAM_SECONDS = 1800.0
"""How long an event stream may go on; sora2api gives up after 1500."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What one create request came to; ``reading`` ends with the answer, which of a stream is long after its start."""

    attempt: RouteAttempt
    retry_after_seconds: float | None
    trail: Attempt
    reading: asyncio.Task[Verdict]

    @property
    def job_id(self) -> str:
        """The id the vendor gave the job; empty where the answer itself is the job."""
        return job_id_of(self.trail) or ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the answer at the moment that decides."""

    verdict: Verdict
    http_status: int | None
    headers: Mapping[str, str]
    is_sent: bool


class Beginning:
    """Watches a stream come in until it has said enough; the stream is read on all the same."""

    def __init__(self) -> None:
        self.is_told = asyncio.Event()
        self.received = b""
        self._opening = Opening()

    def watch(self, received: bytearray) -> bool:
        """Take in everything received so far; never ask for the end."""
        if not self.is_told.is_set() and self._opening.says_enough(received):
            self.received = bytes(received)
            self.is_told.set()
        return False


async def submit(
    route: Route, prompt: str, seconds: int, members: dict[str, Any], within_seconds: float
) -> Submission:  # fmt: skip
    """Send the create request once and return what came of it; cancelling it closes the connection."""
    order = route.ordering(seconds, members)
    is_stream = route.api.create.stream
    started = route.clock.monotonic()
    trail = order.attempt(STREAM_SECONDS if is_stream else within_seconds, prompt)
    beginning, context = Beginning(), copy_context()
    reading = asyncio.create_task(_create(trail, beginning if is_stream else None), context=context)
    try:
        is_in_time = await _until_told(reading, beginning, within_seconds if is_stream else None)
    except asyncio.CancelledError:
        await drop(reading)
        raise
    seen = _ended(trail, reading.result()) if reading.done() else _begun(trail, context, beginning, is_in_time)
    verdict = after_sunset(seen.verdict, route.service.sunset_at or trail.sunset_at, route.clock.now())
    is_taken = verdict.error_class is ErrorClass.NONE
    if not is_taken:
        await drop(reading)
    attempt = RouteAttempt(
        route.service.id,
        route.service.access,
        verdict.error_class,
        "" if is_taken else route.redacted(verdict.message),
        seen.http_status,
        route.clock.monotonic() - started,
        verdict.rule,
        is_ambiguous=not is_taken and is_unsure(seen),
    )
    return Submission(attempt, retry_after(seen.headers, route.clock.now()), trail, reading)


async def drop(reading: asyncio.Task[Verdict]) -> None:
    """Stop reading and wait until the connection is closed."""
    reading.cancel()
    await asyncio.wait((reading,))


async def _create(trail: Attempt, beginning: Beginning | None) -> Verdict:
    """Send the create request and read its answer to the end."""
    api, service = trail.api, trail.service
    return await trail.ask(
        api.create.method,
        api.create_path(service.model),
        endpoint=api.endpoint,
        body=api.create_body(service.model, service.request, trail.prompt),
        is_multipart=api.create.encoding == "multipart",
        is_paid=True,
        expectation=api.create_expectation,
        stop=beginning.watch if beginning else None,
    )


async def _until_told(
    reading: asyncio.Task[Verdict], beginning: Beginning, within_seconds: float | None
) -> bool:  # fmt: skip
    """Wait until the answer has ended or its beginning says enough; return whether that was in time."""
    telling = asyncio.create_task(beginning.is_told.wait())
    try:
        done, _ = await asyncio.wait(
            (reading, telling), timeout=within_seconds, return_when=asyncio.FIRST_COMPLETED
        )  # fmt: skip
    finally:
        telling.cancel()
    return bool(done)


def _ended(trail: Attempt, verdict: Verdict) -> Seen:
    """Return what a whole answer says; one that names no job, where the vendor gives ids, is no good one."""
    reply = trail.last
    is_accepted = verdict.error_class is ErrorClass.NONE
    if is_accepted and trail.api.job is not None and not trail.api.create.stream and job_id_of(trail) is None:
        verdict = Verdict(ErrorClass.INVALID_RESPONSE, "submit:no-id", "the answer names no job")
    return Seen(verdict, reply.http_status, reply.answer.headers, reply.is_sent)


def _begun(trail: Attempt, context: Context, beginning: Beginning, is_in_time: bool) -> Seen:
    """Return what the beginning of a stream says: an error, or that the job was taken."""
    exchange = context.get(EXCHANGE) or Exchange()
    http_status, headers = exchange.http_status, dict(exchange.headers)
    if not is_in_time:
        verdict = Verdict(ErrorClass.TIMEOUT, "submit", "the stream told nothing in time")
        return Seen(verdict, http_status, headers, exchange.is_sent)
    body = beginning.received.decode("utf-8", "replace")
    verdict = trail.judge(Answer(trail.api.endpoint, trail.service.access, http_status, headers, body))
    if verdict.error_class is ErrorClass.INVALID_RESPONSE and http_status == 200 and is_progressing(body):
        verdict = Verdict(ErrorClass.NONE, "stream:progress")
    return Seen(verdict, http_status, headers, exchange.is_sent)


def is_unsure(seen: Seen) -> bool:
    """Whether a route that did not accept may have begun a job all the same.

    A definite refusal in the body settles it, whatever the status. Open is a request that went out without an answer,
    a gateway's answer, a success without a job, and a job said not to be done in time: it was begun.
    """
    if not seen.is_sent:
        return False
    if seen.http_status is None or seen.verdict.error_class is ErrorClass.GENERATION_TIMEOUT:
        return True
    is_untold = 200 <= seen.http_status < 300 or seen.http_status in UNSURE_STATUS
    return is_untold and seen.verdict.error_class in UNSURE_CLASSES
