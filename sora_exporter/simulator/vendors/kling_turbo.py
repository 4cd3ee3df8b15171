"""Kling 3.0 Turbo, whose protocol is newer than that of ``kling``. Source: kling.ai/document-api, read 2026-11-27."""

from __future__ import annotations

from typing import Any

from .kit import Call, Fault, Job, Vendor, Visit, bearer_of, is_text, is_whole
from .kling import FAULTS, KEY, answer, malformed, refused, unknown

MEMBERS = frozenset({"prompt", "settings", "options"})
SETTINGS = frozenset({"resolution", "duration", "aspect_ratio"})
SHARED = (
    "wrong_key", "pack_used_up", "model_not_permitted", "retired_model", "unsafe_prompt", "too_fast", "maintenance",
    "unknown_word", "stalled", "expired_asset",
)  # fmt: skip
"""Faults of Kling's older protocol, one of each kind: both have the same codes."""


def authenticate(visit: Visit) -> None:
    """Accept the newer kind of key alone."""
    if bearer_of(visit) != KEY:
        raise refused(visit, 401, 1002, "Authorization is invalid")


def describe(visit: Visit, job: Job) -> dict[str, Any]:
    """Return a task as a poll shows it."""
    desk = visit.desk
    shown = {"id": job.id, "status": desk.word(job), "message": "", "create_time": int(job.placed_at * 1000)}
    if desk.state(job) == "done":
        shown |= {"outputs": [{"type": "video", "id": job.id, "url": visit.address(job), "duration": "5.1"}]}
    return {**shown, **desk.why_failed(job)}


def create(visit: Visit) -> dict[str, Any]:
    """Accept a task of the model in the path."""
    body, model = visit.body, visit.values["model"]
    settings = body.get("settings", {})
    visit.strike("model")
    if model not in visit.desk.vendor.models:
        raise refused(visit, 404, 1203, f"Model {model} is not found")
    if unnamed := sorted((set(body) - MEMBERS) | (set(settings) - SETTINGS)):
        raise refused(visit, 400, 1201, f"Unknown parameter {unnamed[0]}")
    if not is_text(body.get("prompt")):
        raise refused(visit, 400, 1201, "prompt must not be empty")
    if not is_whole(settings.get("duration", 5)) or not 3 <= settings.get("duration", 5) <= 15:
        raise refused(visit, 400, 1201, "duration is invalid")
    return answer(visit, {"id": visit.accept(model).id, "status": "submitted"})


def poll(visit: Visit) -> dict[str, Any]:
    """Return the tasks that the query names, without unknown ones."""
    jobs = [visit.job(job_id) for job_id in visit.query.get("task_ids", "").split(",")]
    return answer(visit, [describe(visit, job) for job in jobs if job is not None])


VENDOR = Vendor(
    name="kling-turbo",
    key=KEY,
    models=frozenset({"kling-3.0-turbo"}),
    words={"queued": "submitted", "running": "processing", "done": "succeeded", "failed": "failed"},
    calls=(
        Call("POST", "/text-to-video/{model}", "create", create),
        Call("GET", "/tasks", "poll", poll),
    ),
    authenticate=authenticate,
    unknown=unknown,
    malformed=malformed,
    faults={
        **{name: FAULTS[name] for name in SHARED},
        "failed_moderation": Fault("job", body={"message": "Trigger the content risk control of the platform"}),
        "failed_job": Fault("job", body={"message": "Service busy, generation failed"}),
    },
    job_id=lambda number: str(866168216009236000 + number),
)
