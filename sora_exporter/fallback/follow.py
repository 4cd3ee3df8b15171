"""Going back to the route that took a job: until it is done, and for the video."""

from __future__ import annotations

import asyncio

from sora_exporter.config.apis import first
from sora_exporter.config.apis.spec import fill_path
from sora_exporter.fallback.outcome import GenerationFailed, RouteAttempt, Video, VideoJob
from sora_exporter.fallback.route import Route
from sora_exporter.fallback.submit import Submission
from sora_exporter.http.reply import Reply
from sora_exporter.probes.asset import AssetCheck, decode_base64
from sora_exporter.probes.attempt import JOB_ENDPOINT, Attempt
from sora_exporter.probes.generate import ASSET_BYTES, asset_address
from sora_exporter.result import ErrorClass, Verdict

POLL_SECONDS = 30.0
"""How long one poll may take; a lost one must not use up the whole time."""
BACKOFF = 1.5
LONGEST_PAUSE_SECONDS = 30.0


async def finish(route: Route, job: VideoJob, timeout: float) -> Video:
    """Return the finished video of a job with an id. Raises GenerationFailed."""
    started = route.clock.monotonic()
    trail = route.attempt(timeout)
    return _video(route, job, trail, await _polled(trail, job.job_id), started)


async def finish_answer(route: Route, job: VideoJob, submission: Submission, timeout: float) -> Video:
    """Return the video of a job that is the answer to its create request. Raises GenerationFailed."""
    started = route.clock.monotonic()
    done, _ = await asyncio.wait((submission.reading,), timeout=timeout)
    late = Verdict(ErrorClass.GENERATION_TIMEOUT, "wait", f"the answer goes on after {timeout:g} s")
    return _video(route, job, submission.trail, submission.reading.result() if done else late, started)


async def _polled(trail: Attempt, job_id: str) -> Verdict:
    """Poll with growing pauses until the job is done, failed, or its time is up; a failed poll decides nothing."""
    job = trail.api.job
    if job is None:
        raise ValueError(f"the api {trail.service.api} of {trail.service.id} gives no job ids")
    path, pause = fill_path(job.poll.path, job_id=job_id), job.poll_interval_seconds / 2
    last_words = ""
    while trail.remaining_seconds > 0:
        verdict = await trail.ask(
            job.poll.method,
            path,
            endpoint=JOB_ENDPOINT,
            expectation=trail.api.job_expectation,
            most_seconds=POLL_SECONDS,
        )
        word = job.word(trail.document)
        if word == "done":
            return Verdict(ErrorClass.NONE, "job:done")
        if word == "failed":
            is_told = verdict.error_class is not ErrorClass.NONE
            return verdict if is_told else Verdict(ErrorClass.GENERATION_FAILED, "job:failed", "the job failed")
        last_words = _last_words(verdict)
        await trail.clock.sleep(min(pause, trail.remaining_seconds))
        pause = min(pause * BACKOFF, LONGEST_PAUSE_SECONDS)
    return Verdict(ErrorClass.GENERATION_TIMEOUT, "wait", f"the job was not done in time{last_words}")


def _last_words(poll: Verdict) -> str:
    """Return what to add to "not done in time" when not even the last poll succeeded."""
    return "" if poll.error_class is ErrorClass.NONE else f"; the last poll: {poll.error_class} ({poll.message})"


def _video(route: Route, job: VideoJob, trail: Attempt, verdict: Verdict, started: float) -> Video:
    if verdict.error_class is not ErrorClass.NONE:
        raise _failure(route, job, verdict)
    seconds = route.clock.monotonic() - started
    asset = trail.api.asset
    inline = decode_base64(first(trail.document, asset.base64)) if asset is not None and asset.base64 else None
    if inline is not None:
        return Video(job, "", inline, seconds)
    address = asset_address(trail, job.job_id or None)
    if address is None:
        missing = Verdict(ErrorClass.INVALID_RESPONSE, "asset:missing", "the finished job names no video")
        raise _failure(route, job, missing)
    return Video(job, address, b"", seconds)


async def fetch(route: Route, video: Video, timeout: float) -> bytes:
    """Return the bytes of a finished video, proven whole. Raises GenerationFailed."""
    check = AssetCheck(route.api.asset.kinds if route.api.asset is not None else ("video", "image"))
    content = bytearray(video.content)
    check.feed(video.content)
    fault = check.fault("") if video.content else await _download(route, video.address, check, content, timeout)
    if fault:
        raise _failure(route, video.job, Verdict(ErrorClass.INVALID_RESPONSE, "asset:faulty", fault))
    return bytes(content)


async def _download(route: Route, address: str, check: AssetCheck, content: bytearray, timeout: float) -> str:
    """Fill ``content``; return what is wrong with it, or empty text."""

    def keep(piece: bytes) -> None:
        check.feed(piece)
        content.extend(piece)

    reply = await route.client.download(
        address,
        keep,
        limit=ASSET_BYTES,
        timeout_seconds=timeout,
        endpoint=route.api.endpoint,
        access=route.service.access,
    )
    return _fault(reply, check)


def _fault(reply: Reply, check: AssetCheck) -> str:
    if reply.answer.transport_error is not None:
        return f"the video could not be fetched: {reply.answer.transport_error}"
    if reply.http_status != 200:
        return f"the video's address answered HTTP {reply.http_status}"
    length = reply.answer.headers.get("content-length", "")
    return check.fault(reply.answer.headers.get("content-type", ""), int(length) if length.isdecimal() else None)


def _failure(route: Route, job: VideoJob, verdict: Verdict) -> GenerationFailed:
    access, words = route.service.access, route.redacted(verdict.message)
    said = RouteAttempt(job.service_id, access, verdict.error_class, words, rule=verdict.rule)
    return GenerationFailed(f"{job.service_id} took the job {job.job_id}".rstrip() + " but gave no video",
                            (*job.attempts, said))  # fmt: skip
