"""One create request on one route, and whether the route took it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any

from sora_exporter.apis import Api
from sora_exporter.classify import classify
from sora_exporter.clock import Clock
from sora_exporter.config import Config, Service
from sora_exporter.fallback.outcome import RouteAttempt, VideoJob
from sora_exporter.lifecycle import after_sunset
from sora_exporter.probes.attempt import Attempt, Client
from sora_exporter.probes.job import create_job, job_id_of
from sora_exporter.probes.stream import has_said_enough, is_progressing
from sora_exporter.redact import redact
from sora_exporter.reply import Reply, Request
from sora_exporter.result import DETAIL_CHARACTERS, Answer, ErrorClass, Verdict
from sora_exporter.runner import user_rules

UNSURE_STATUS = frozenset({408, 502, 504, 520, 524})
"""A gateway's answers that do not tell what became of the request behind it."""
UNSURE_CLASSES = frozenset({ErrorClass.SERVER_ERROR, ErrorClass.TIMEOUT, ErrorClass.INVALID_RESPONSE})
STREAM_SECONDS = 1800.0


@dataclass
class Submission:
    """What one create request came to; ``running`` reads on where the answer is a stream."""

    attempt: RouteAttempt
    retry_after_seconds: float | None
    trail: Attempt
    running: asyncio.Task[Verdict] | None = None

    def job(self) -> VideoJob:
        """Return the job that was accepted."""
        job_id = job_id_of(self.trail) if self.running is None else None
        return VideoJob(self.attempt.service_id, self.attempt.access, job_id or "", (), self)


class WatchedClient:
    """A provider's client that tells when a stream has said enough, and reads on all the same."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.beginning = asyncio.Event()
        self.received = b""

    async def ask(self, request: Request, access: str) -> Reply:
        """Pass the request on, watching what comes back."""

        def watch(received: bytearray) -> bool:
            if not self.beginning.is_set() and has_said_enough(received):
                self.received = bytes(received)
                self.beginning.set()
            return False

        return await self._client.ask(replace(request, stop=watch), access)

    def secrets(self) -> tuple[str, ...]:
        """Return what must not leave memory."""
        return self._client.secrets()

    async def download(
        self, url: str, sink: Callable[[bytes], None], *, limit: int, timeout_seconds: float, endpoint: str, access: str
    ) -> Reply:
        """Pass the download on."""
        return await self._client.download(
            url, sink, limit=limit, timeout_seconds=timeout_seconds, endpoint=endpoint, access=access
        )


async def submit(
    config: Config,
    service: Service,
    client: Client,
    clock: Clock,
    prompt: str,
    seconds: int,
    members: dict[str, Any],
    submit_seconds: float,
) -> Submission:
    """Send the create request once and return what came of it; cancelling it cancels the request."""
    api = config.api(service)
    ordered = service.model_copy(update={"request": {**service.request, **duration(api, seconds), **members}})
    watched = WatchedClient(client) if api.create.stream else None
    started = clock.monotonic()
    deadline = started + (STREAM_SECONDS if watched else submit_seconds)
    rules = user_rules(config, service.provider)
    trail = Attempt(
        ordered, api, watched or client, lambda answer: classify(answer, rules), clock, deadline, prompt
    )  # fmt: skip
    running = asyncio.ensure_future(create_job(trail))
    verdict = await _verdict(running, watched, trail, submit_seconds)
    seconds_taken = clock.monotonic() - started
    verdict = after_sunset(verdict, service.sunset_at or trail.sunset_at, clock.now())
    is_taken = verdict.error_class is ErrorClass.NONE
    attempt = RouteAttempt(
        service.id,
        service.access,
        verdict.error_class,
        "" if is_taken else redact(verdict.message, client.secrets(), DETAIL_CHARACTERS),
        trail.http_status,
        seconds_taken,
        verdict.rule,
        is_ambiguous=not is_taken and is_unsure(trail, verdict),
    )
    is_streaming = watched is not None and is_taken
    return Submission(attempt, retry_after(trail.last.answer, clock.now()), trail, running if is_streaming else None)


async def _verdict(
    running: asyncio.Future[Verdict], watched: WatchedClient | None, trail: Attempt, submit_seconds: float
) -> Verdict:
    """Return the verdict on a create request: of a stream, on its beginning."""
    if watched is None:
        try:
            return await running
        finally:
            running.cancel()
    beginning = asyncio.ensure_future(watched.beginning.wait())
    try:
        await asyncio.wait((running, beginning), timeout=submit_seconds, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            return running.result()
        verdict = _of_beginning(watched, trail)
    except asyncio.CancelledError:
        running.cancel()
        raise
    finally:
        beginning.cancel()
    if verdict.error_class is not ErrorClass.NONE:
        running.cancel()
        await asyncio.wait((running,))
    return verdict


def _of_beginning(watched: WatchedClient, trail: Attempt) -> Verdict:
    """Return what the beginning of a stream says: an error, or that the job was taken."""
    if not watched.beginning.is_set():
        return Verdict(ErrorClass.TIMEOUT, "submit", "the stream told nothing in time")
    body = watched.received.decode("utf-8", "replace")
    headers = {"content-type": "text/event-stream"}
    verdict = trail.judge(Answer(trail.api.endpoint, trail.service.access, 200, headers, body))
    if verdict.error_class is ErrorClass.INVALID_RESPONSE and is_progressing(body):
        return Verdict(ErrorClass.NONE, "stream:progress")
    return verdict


def is_unsure(trail: Attempt, verdict: Verdict) -> bool:
    """Whether a route that did not accept may have begun a job all the same.

    A definite refusal in the body settles it, whatever the status; else a request that went out without an answer,
    a gateway's answer, and a success without a job leave it open.
    """
    if not trail.last.is_sent:
        return False
    if trail.http_status is None:
        return True
    is_success = 200 <= trail.http_status < 300
    return verdict.error_class in UNSURE_CLASSES and (is_success or trail.http_status in UNSURE_STATUS)


def duration(api: Api, seconds: int) -> dict[str, Any]:
    """Return the member that orders the length of the video, in the type the vendor's shape has it."""
    for path in api.create.billed_seconds:
        if path in api.create.body:
            return {path: type(api.create.body[path])(seconds)}
    return {}


def retry_after(answer: Answer, now: float) -> float | None:
    """Return how many seconds the answer asks to wait (seconds or an HTTP date), or None where it does not."""
    said = answer.headers.get("retry-after", "").strip()
    try:
        return max(float(said), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(said).timestamp() - now, 0.0) if said else None
    except (ValueError, OverflowError):
        return None
