"""OpenAI's videos API. Source: openai-python, src/openai/resources/videos.py, read 2026-11-23."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .admission import accept, admit, find_job, journaled, refuse, require_prompt, simulation_of
from .downloads import answer_asset
from .jobs import LIFETIME_SECONDS, Job

SECONDS = ("4", "8", "12")


def describe(job: Job, now: float) -> dict[str, Any]:
    """Return the job as OpenAI's video object."""
    status = job.status(now)
    completed_at = job.ended_at(now) if status == "completed" else None
    return {
        "id": job.id,
        "object": "video",
        "model": job.model,
        "status": status,
        "progress": job.progress(now),
        "created_at": int(job.created_at),
        "completed_at": completed_at,
        "expires_at": completed_at + LIFETIME_SECONDS if completed_at else None,
        "seconds": job.request.get("seconds", "4"),
        "size": job.request.get("size", "720x1280"),
        "prompt": job.request["prompt"],
        "remixed_from_video_id": None,
        "error": dict(job.error) if status == "failed" else None,
    }


def _validate(request: Request, fields: Mapping[str, Any]) -> None:
    require_prompt(request, fields, "videos")
    if fields.get("seconds", "4") not in SECONDS:
        refuse(request, "invalid_seconds", "videos", str(fields["seconds"]))


async def create(request: Request) -> Response:
    """Accept a job; the answer lacks its id when the behaviour says so."""
    fields, behaviour = await admit(request, "videos", _validate)
    job = accept(request, "videos", "video_", fields, behaviour, int(fields.get("seconds", "4")))
    answer = describe(job, simulation_of(request).clock())
    if behaviour.job == "anonymous":
        del answer["id"]
    return JSONResponse(answer)


async def list_jobs(request: Request) -> Response:
    """Answer at most ``limit`` jobs, newest first unless ``order`` is asc, from the one following ``after``."""
    simulation, wishes = simulation_of(request), request.query_params
    text = wishes.get("limit", "20")
    limit = int(text) if text.isdecimal() else 20
    jobs = [describe(job, simulation.clock()) for job in simulation.jobs.values() if job.api == "videos"]
    if wishes.get("order", "desc") == "desc":
        jobs.reverse()
    ids = [job["id"] for job in jobs]
    if wishes.get("after") in ids:
        jobs = jobs[ids.index(wishes["after"]) + 1 :]
    data = jobs[:limit]
    edges = {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None}
    return JSONResponse({"object": "list", "data": data, "has_more": len(jobs) > limit, **edges})


async def poll(request: Request) -> Response:
    """Answer the job's state."""
    return JSONResponse(describe(find_job(request, "videos"), simulation_of(request).clock()))


async def content(request: Request) -> Response:
    """Answer the finished video, or its picture for the other variants."""
    job = find_job(request, "videos")
    if job.status(simulation_of(request).clock()) != "completed":
        refuse(request, "not_ready", "videos", job.id)
    is_video = request.query_params.get("variant", "video") == "video"
    return answer_asset(request, "mp4" if is_video else "png", job.behaviour.asset)


async def delete(request: Request) -> Response:
    """Forget the job, finished or not."""
    job = find_job(request, "videos")
    del simulation_of(request).jobs[job.id]
    return JSONResponse({"id": job.id, "deleted": True, "object": "video.deleted"})


ROUTES = [
    journaled("/videos", create, method="POST", action="create", kind="videos"),
    journaled("/videos", list_jobs, method="GET", action="list", kind="videos"),
    journaled("/videos/{job_id}", poll, method="GET", action="poll", kind="videos"),
    journaled("/videos/{job_id}/content", content, method="GET", action="content", kind="videos"),
    journaled("/videos/{job_id}", delete, method="DELETE", action="delete", kind="videos"),
]
