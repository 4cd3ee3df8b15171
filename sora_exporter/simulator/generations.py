"""new-api's own video API, ``/video/generations``. Source: QuantumNous/new-api, dto/video.go, read 2026-11-23."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .admission import accept, admit, find_job, journaled, refuse, require_prompt, simulation_of

RESOLUTIONS = ("480p", "720p", "1080p")


def _validate(request: Request, fields: Mapping[str, Any]) -> None:
    require_prompt(request, fields, "generations")
    resolution = (fields.get("metadata") or {}).get("resolution", RESOLUTIONS[0])
    if resolution not in RESOLUTIONS:
        refuse(request, "invalid_resolution", "generations", str(resolution))


async def create(request: Request) -> Response:
    """Accept a job and answer its id as ``task_id``."""
    fields, behaviour = await admit(request, "generations", _validate)
    job = accept(request, "generations", "task_", fields, behaviour, fields.get("duration"))
    return JSONResponse({"task_id": "" if behaviour.job == "anonymous" else job.id, "status": "queued"})


async def poll(request: Request) -> Response:
    """Answer the job's state; a completed one has the video's ``url``."""
    job, now = find_job(request, "generations"), simulation_of(request).clock()
    answer: dict[str, Any] = {"task_id": job.id, "status": job.status(now), "format": "mp4", "url": "", "error": None}
    if answer["status"] == "completed":
        answer["url"] = job.asset_url
        answer["metadata"] = {"duration": job.request.get("duration", 5), "fps": 24, "width": 1280, "height": 720}
    if answer["status"] == "failed":
        answer["error"] = dict(job.error)
    return JSONResponse(answer)


ROUTES = [
    journaled("/video/generations", create, method="POST", action="create", kind="generations"),
    journaled("/video/generations/{job_id}", poll, method="GET", action="poll", kind="generations"),
]
