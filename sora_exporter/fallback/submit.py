"""One create request on one route, and whether the route accepted it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from sora_exporter.classify.sunset import after_sunset
from sora_exporter.fallback.order import Order
from sora_exporter.fallback.outcome import RouteAttempt
from sora_exporter.fallback.route import Route
from sora_exporter.http.retry_after import retry_after
from sora_exporter.probes.attempt import Attempt, is_event_stream
from sora_exporter.probes.depth import deeper, depth_of
from sora_exporter.probes.job import has_accepted, is_accepted, job_id_of, judge_opening, request_job, unless_nameless
from sora_exporter.probes.outcomes import may_have_begun
from sora_exporter.probes.stream import Opening
from sora_exporter.result import Depth, ErrorClass, ProbeKind, Verdict

STREAM_SECONDS = 1800.0
"""Longest duration of an event stream; sora2api gives up after 1500."""


@dataclass(frozen=True, slots=True)
class Submission:
    """The outcome of one create request; ``reading`` ends with the answer, for a stream long after its beginning."""

    attempt: RouteAttempt
    retry_after_seconds: float | None
    trail: Attempt
    reading: asyncio.Task[Verdict]
    depth: Depth | None

    @property
    def job_id(self) -> str:
        """The id the vendor gave the job; empty when the answer itself is the job."""
        return job_id_of(self.trail) or ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The state of the answer at the moment that decides."""

    verdict: Verdict
    http_status: int | None
    headers: Mapping[str, str]
    is_sent: bool
    has_begun: bool = False

    @property
    def is_ambiguous(self) -> bool:
        """True if a route that did not accept may have begun a job, and may charge for it."""
        return self.verdict.error_class is not ErrorClass.NONE and may_have_begun(
            self.verdict.error_class, self.http_status, is_sent=self.is_sent, has_begun=self.has_begun
        )


async def submit(route: Route, prompt: str, order: Order, within_seconds: float) -> Submission:
    """Send the create request once and return its outcome; cancelling this closes the connection."""
    ordering = route.ordering(order.seconds, order.members, order.files)
    is_stream = route.api.create.stream
    started = route.clock.monotonic()
    trail = ordering.attempt(STREAM_SECONDS if is_stream else within_seconds, prompt)
    opening = Opening()
    reading = asyncio.create_task(request_job(trail, opening))
    try:
        is_in_time = await _until_decided(reading, opening, within_seconds if is_stream else None)
    except asyncio.CancelledError:
        await drop(reading)
        raise
    seen = _ended(trail, opening, reading.result()) if reading.done() else _begun(trail, opening, is_in_time)
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
        is_ambiguous=seen.is_ambiguous,
    )
    depth = _depth(trail, seen, verdict)
    return Submission(attempt, retry_after(seen.headers, route.clock.now()), trail, reading, depth)


def _depth(trail: Attempt, seen: Seen, verdict: Verdict) -> Depth | None:
    """Return the depth that the answer proves so far; a stream proves acceptance by its end or a link to the asset."""
    is_document = trail.is_document or is_event_stream(seen.headers)
    shown = depth_of(ProbeKind.SUBMIT, verdict, seen.http_status, is_document=is_document, is_relay=trail.is_relay)
    return deeper(shown, Depth.ACCEPTED if is_accepted(trail.api, trail.body, verdict, job_id_of(trail)) else None)


async def drop(reading: asyncio.Task[Verdict]) -> None:
    """Stop reading and wait until the connection is closed."""
    reading.cancel()
    await asyncio.wait((reading,))


async def _until_decided(
    reading: asyncio.Task[Verdict], opening: Opening, within_seconds: float | None
) -> bool:  # fmt: skip
    """Wait until the answer has ended or its beginning decides; return whether that was in time."""
    beginning = asyncio.create_task(opening.is_complete.wait())
    try:
        done, _ = await asyncio.wait(
            (reading, beginning), timeout=within_seconds, return_when=asyncio.FIRST_COMPLETED
        )  # fmt: skip
    finally:
        beginning.cancel()
    return bool(done)


def _ended(trail: Attempt, opening: Opening, verdict: Verdict) -> Seen:
    """Return the state of a complete answer."""
    reply, job_id = trail.last, job_id_of(trail)
    verdict = unless_nameless(trail.api, verdict, job_id)
    has_begun = job_id is not None or has_accepted(trail, opening)
    return Seen(verdict, reply.http_status, reply.answer.headers, reply.is_sent, has_begun)


def _begun(trail: Attempt, opening: Opening, is_in_time: bool) -> Seen:
    """Return the state of an unfinished stream: an error, or the acceptance of the job."""
    exchange = trail.exchange
    http_status, headers = exchange.http_status, dict(exchange.headers)
    late = Verdict(ErrorClass.TIMEOUT, "submit", "the stream reported nothing in time")
    verdict = judge_opening(trail, opening, http_status, headers) if is_in_time else late
    return Seen(verdict, http_status, headers, exchange.is_sent)
