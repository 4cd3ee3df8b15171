"""Going back to the route that took a job: until it is done, and for the video."""

from __future__ import annotations

import asyncio

from sora_exporter.apis import first
from sora_exporter.apis.spec import fill_path
from sora_exporter.classify import classify
from sora_exporter.clock import Clock
from sora_exporter.config import Config, Service
from sora_exporter.fallback.outcome import GenerationFailed, RouteAttempt, Video, VideoJob
from sora_exporter.fallback.submit import Submission
from sora_exporter.probes.asset import AssetCheck, decode_base64
from sora_exporter.probes.attempt import JOB_ENDPOINT, Attempt, Client
from sora_exporter.probes.generate import ASSET_BYTES, asset_address
from sora_exporter.result import ErrorClass, Verdict
from sora_exporter.runner import user_rules

POLL_SECONDS = 30.0
BACKOFF = 1.5
LONGEST_PAUSE_SECONDS = 30.0


async def finish(
    config: Config, service: Service, client: Client, clock: Clock, job: VideoJob, timeout: float
) -> Video:  # fmt: skip
    """Return the finished video. Raises GenerationFailed when the job failed or is not done in time."""
    started = clock.monotonic()
    submission = job._running if isinstance(job._running, Submission) else None
    if submission is not None and submission.running is not None:
        trail = submission.trail
        verdict = await _streamed(submission.running, timeout)
    elif job.job_id:
        rules = user_rules(config, service.provider)
        trail = Attempt(
            service, config.api(service), client, lambda answer: classify(answer, rules), clock, started + timeout
        )
        verdict = await _polled(trail, job.job_id)
    elif submission is not None:
        trail, verdict = submission.trail, Verdict(ErrorClass.NONE, "inline")
    else:
        raise ValueError("a job without an id can only be waited for by the client that created it")
    if verdict.error_class is not ErrorClass.NONE:
        raise _failure(job, verdict)
    return _video(trail, job, clock.monotonic() - started)


async def _streamed(running: asyncio.Task[Verdict], timeout: float) -> Verdict:
    done, _ = await asyncio.wait((running,), timeout=timeout)
    return running.result() if done else Verdict(ErrorClass.GENERATION_TIMEOUT, "wait", "the stream goes on")


async def _polled(trail: Attempt, job_id: str) -> Verdict:
    """Poll with growing pauses until the job is done, failed, or its time is up; a failed poll decides nothing."""
    job = trail.api.job
    if job is None:
        return Verdict(ErrorClass.INVALID_REQUEST, "wait", f"the api {trail.service.api} names no job")
    path, pause = fill_path(job.poll.path, job_id=job_id), job.poll_interval_seconds / 2
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
        await trail.clock.sleep(min(pause, trail.remaining_seconds))
        pause = min(pause * BACKOFF, LONGEST_PAUSE_SECONDS)
    return Verdict(ErrorClass.GENERATION_TIMEOUT, "wait", "the job was not done in time")


def _video(trail: Attempt, job: VideoJob, seconds: float) -> Video:
    asset = trail.api.asset
    inline = decode_base64(first(trail.document, asset.base64)) if asset is not None and asset.base64 else None
    if inline is not None:
        return Video(job, "", inline, seconds)
    address = asset_address(trail, job.job_id or None)
    if address is None:
        raise _failure(job, Verdict(ErrorClass.INVALID_RESPONSE, "asset:missing", "the finished job names no video"))
    return Video(job, address, b"", seconds)


async def fetch(config: Config, service: Service, client: Client, video: Video, timeout: float) -> bytes:
    """Return the bytes of a finished video, proven whole. Raises GenerationFailed."""
    api = config.api(service)
    check = AssetCheck(api.asset.kinds if api.asset is not None else ("video", "image"))
    if video.content:
        check.feed(video.content)
        fault, content = check.fault(""), video.content
    else:
        pieces: list[bytes] = []

        def keep(piece: bytes) -> None:
            check.feed(piece)
            pieces.append(piece)

        reply = await client.download(
            video.address,
            keep,
            limit=ASSET_BYTES,
            timeout_seconds=timeout,
            endpoint=api.endpoint,
            access=service.access,
        )
        content = b"".join(pieces)
        fault = reply.answer.transport_error or (
            check.fault(reply.answer.headers.get("content-type", ""))
            if reply.http_status == 200
            else f"HTTP {reply.http_status}"
        )
    if fault:
        raise _failure(video.job, Verdict(ErrorClass.INVALID_RESPONSE, "asset:faulty", fault))
    return content


def _failure(job: VideoJob, verdict: Verdict) -> GenerationFailed:
    said = RouteAttempt(job.service_id, job.access, verdict.error_class, verdict.message, rule=verdict.rule)
    return GenerationFailed(f"job {job.job_id or '(stream)'} gave no video", (*job.attempts, said))
