"""xAI's video API, which sub2api's pools sell. Source: tryAGI/Xai and vercel/ai, read 2026-11-27."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .admission import accept, admit, find_job, journaled, refuse, require_prompt, simulation_of

DURATIONS = range(1, 16)


def _validate(request: Request, fields: Mapping[str, Any]) -> None:
    require_prompt(request, fields, "xai")
    duration = fields.get("duration", 8)
    if isinstance(duration, bool) or duration not in DURATIONS:
        refuse(request, "invalid_duration", "xai", str(duration))


async def create(request: Request) -> Response:
    """Accept a job and answer its ``request_id`` alone."""
    fields, behaviour = await admit(request, "xai", _validate)
    job = accept(request, "xai", "", fields, behaviour, fields.get("duration", 8))
    return JSONResponse({} if behaviour.job == "anonymous" else {"request_id": job.id})


async def poll(request: Request) -> Response:
    """Answer the job's state: 202 while it is pending, its video when it is done."""
    job, now = find_job(request, "xai"), simulation_of(request).clock()
    status, video = job.status(now), {"duration": job.request.get("duration", 8), "respect_moderation": True}
    if status in ("queued", "in_progress"):
        return JSONResponse({"status": "pending", "progress": job.progress(now), "model": job.model}, 202)
    if status == "failed":
        failed = {"status": "failed", "video": video | {"duration": 0}, "model": "", "error": dict(job.error)}
        return JSONResponse(failed)
    done = {"status": "done", "video": video | {"url": job.asset_url}, "model": job.model, "progress": 100}
    return JSONResponse(done)


ROUTES = [
    journaled("/videos/generations", create, method="POST", action="create", kind="xai"),
    journaled("/videos/{job_id}", poll, method="GET", action="poll", kind="xai-video"),
]
"""xAI polls where OpenAI does, so its API has a prefix of its own."""
