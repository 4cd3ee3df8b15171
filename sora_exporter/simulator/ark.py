"""Volcengine Ark's tasks, which sell Seedance. Source: volcengine.com/docs/82379, read 2026-11-23."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .admission import accept, admit, find_job, journaled, refuse, simulation_of
from .jobs import LIFETIME_SECONDS, Job

PATH = "/contents/generations/tasks"
STATUS_WORDS = {"in_progress": "running", "completed": "succeeded"}


def status_word(job: Job, now: float) -> str:
    """Return queued, running, succeeded, failed, expired or cancelled."""
    status = job.status(now)
    if status in ("queued", "in_progress") and now - job.created_at > LIFETIME_SECONDS:
        return "expired"
    return STATUS_WORDS.get(status, status)


def describe(job: Job, now: float) -> dict[str, Any]:
    """Return the task as Ark shows it."""
    status = status_word(job, now)
    answer: dict[str, Any] = {
        "id": job.id,
        "model": job.model,
        "status": status,
        "created_at": int(job.created_at),
        "updated_at": job.ended_at(now) or int(now),
    }
    if status == "succeeded":
        answer["content"] = {"video_url": job.asset_url}
        answer["usage"] = {"completion_tokens": 108900, "total_tokens": 108900}
    if status == "failed":
        answer["error"] = dict(job.error)
    return answer


def _has_text(content: Any) -> bool:
    parts = content if isinstance(content, list) else []
    return any(isinstance(part, dict) and str(part.get("text") or "").strip() for part in parts)


def _validate(request: Request, fields: Mapping[str, Any]) -> None:
    if not _has_text(fields.get("content")):
        refuse(request, "missing_content", "ark")


async def create(request: Request) -> Response:
    """Accept a task; the answer is its id alone."""
    fields, behaviour = await admit(request, "ark", _validate)
    job = accept(request, "ark", "cgt-", fields, behaviour, fields.get("duration"))
    return JSONResponse({} if behaviour.job == "anonymous" else {"id": job.id})


async def list_tasks(request: Request) -> Response:
    """Answer every task of this API."""
    simulation = simulation_of(request)
    items = [describe(job, simulation.clock()) for job in simulation.jobs.values() if job.api == "ark"]
    return JSONResponse({"items": items, "total": len(items)})


async def poll(request: Request) -> Response:
    """Answer the task's state."""
    return JSONResponse(describe(find_job(request, "ark"), simulation_of(request).clock()))


async def delete(request: Request) -> Response:
    """Cancel a queued task, forget an ended one; a running one is refused, as Ark does."""
    job, simulation = find_job(request, "ark"), simulation_of(request)
    status = status_word(job, simulation.clock())
    if status == "running":
        refuse(request, "running_job", "ark", job.id)
    if status == "queued":
        job.is_cancelled = True
    else:
        del simulation.jobs[job.id]
    return JSONResponse({})


ROUTES = [
    journaled(PATH, create, method="POST", action="create", kind="ark"),
    journaled(PATH, list_tasks, method="GET", action="list", kind="ark"),
    journaled(PATH + "/{job_id}", poll, method="GET", action="poll", kind="ark"),
    journaled(PATH + "/{job_id}", delete, method="DELETE", action="delete", kind="ark"),
]
