"""new-api's own video API, ``/video/generations``. Source: QuantumNous/new-api, dto/video.go, read 2026-11-23."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .admission import admit, find_job, journaled, note, refuse, simulation_of


def _validate(request: Request, fields: Mapping[str, Any]) -> None:
    if not str(fields.get("prompt") or "").strip():
        refuse(request, "missing_prompt", "generations")


async def create(request: Request) -> Response:
    """Accept a job and answer its id as ``task_id``."""
    simulation = simulation_of(request)
    fields, behaviour = await admit(request, "generations", _validate)
    duration = fields.get("duration", 5)
    cost = simulation.price(fields["model"], float(duration) if isinstance(duration, int | float) else 5.0)
    base_url = str(request.base_url).rstrip("/")
    job = simulation.accept("generations", "task_", fields, behaviour, cost_usd=cost, base_url=base_url)
    note(request, job_id=job.id, cost_usd=cost)
    if behaviour.job == "anonymous":
        return JSONResponse({"task_id": "", "status": "queued"})
    return JSONResponse({"task_id": job.id, "status": "queued"})


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
    journaled("/video/generations", create, method="POST", action="create"),
    journaled("/video/generations/{job_id}", poll, method="GET", action="poll"),
]
