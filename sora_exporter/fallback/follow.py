"""Following a job at the route that accepted it: until it is over, and for its video."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from sora_exporter.config.apis.spec import State
from sora_exporter.fallback.outcome import GenerationFailed, RouteAttempt, Video, VideoJob
from sora_exporter.fallback.progress import Progress, ShowProgress
from sora_exporter.fallback.route import Route
from sora_exporter.fallback.submit import Submission
from sora_exporter.probes.asset import AssetCheck
from sora_exporter.probes.attempt import Attempt
from sora_exporter.probes.generate import asset_address, faulty, fetch_asset, inline_asset, missing_asset, take_steps
from sora_exporter.probes.job import Heard, follow_job
from sora_exporter.result import ErrorClass, Verdict

BACKOFF = 1.5
LONGEST_PAUSE_SECONDS = 30.0


async def finish(route: Route, job: VideoJob, timeout: float, show: ShowProgress) -> Video:
    """Return the finished video of a job with an id. Raises GenerationFailed, ValueError for an api without ids."""
    started = route.clock.monotonic()
    trail = route.attempt(timeout)

    def heard(state: State, percent: float | None) -> None:
        show(Progress(job, state, percent, route.clock.monotonic() - started))

    verdict = await _followed(trail, job.job_id, heard)
    if verdict.error_class is ErrorClass.NONE:
        verdict = await take_steps(trail) or verdict
    return _video(route, job, trail, verdict, started)


async def finish_answer(
    route: Route, job: VideoJob, submission: Submission, timeout: float, show: ShowProgress
) -> Video:  # fmt: skip
    """Return the video of a job that is the answer to its create request. Raises GenerationFailed."""
    started = route.clock.monotonic()
    show(Progress(job, "running", None, 0.0))
    done, _ = await asyncio.wait((submission.reading,), timeout=timeout)
    if done:
        state: State = "done" if submission.reading.result().error_class is ErrorClass.NONE else "failed"
        show(Progress(job, state, None, route.clock.monotonic() - started))
    late = Verdict(ErrorClass.GENERATION_TIMEOUT, "wait", f"the answer goes on after {timeout:g} s")
    return _video(route, job, submission.trail, submission.reading.result() if done else late, started)


async def _followed(trail: Attempt, job_id: str, heard: Heard) -> Verdict:
    followed = await follow_job(trail, job_id, pauses(trail), heard)
    if followed.end is not None:
        return followed.end
    poll = followed.trouble
    last_words = f"; the last poll: {poll.error_class} ({poll.message})" if poll is not None else ""
    return Verdict(ErrorClass.GENERATION_TIMEOUT, "wait", f"the job was not done in time{last_words}")


def pauses(trail: Attempt) -> Iterator[float]:
    """Yield the growing pauses between polls, in seconds, from half the vendor's usual interval on."""
    pause = trail.api.job.poll_interval_seconds / 2 if trail.api.job is not None else 0.0
    while True:
        yield pause
        pause = min(pause * BACKOFF, LONGEST_PAUSE_SECONDS)


def _video(route: Route, job: VideoJob, trail: Attempt, verdict: Verdict, started: float) -> Video:
    if verdict.error_class is not ErrorClass.NONE:
        raise _failure(route, job, verdict)
    seconds = route.clock.monotonic() - started
    inline = inline_asset(trail)
    if inline is not None:
        return Video(job, "", inline, seconds)
    address = asset_address(trail, job.job_id or None)
    if address is None:
        raise _failure(route, job, missing_asset(trail))
    return Video(job, address, b"", seconds)


async def fetch(route: Route, video: Video, timeout: float) -> bytes:
    """Return the bytes of a finished video after a check that it is complete. Raises GenerationFailed."""
    check = AssetCheck(route.api.asset.kinds if route.api.asset is not None else ("video", "image"))
    content = bytearray(video.content)
    if content:
        check.feed(video.content)
        fault = faulty(check.fault(""))
    else:
        fault = await fetch_asset(route.attempt(timeout), video.address, check, content.extend)
    if fault is not None:
        raise _failure(route, video.job, fault)
    return bytes(content)


def _failure(route: Route, job: VideoJob, verdict: Verdict) -> GenerationFailed:
    message = route.redacted(verdict.message)
    last = RouteAttempt(job.service_id, route.service.access, verdict.error_class, message, rule=verdict.rule)
    what = f"{job.service_id} accepted the job {job.job_id}".rstrip()
    return GenerationFailed(f"{what} but delivered no video", (*job.attempts, last))
