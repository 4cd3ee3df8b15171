"""Luma's Dream Machine API, Ray 2. Source: docs.lumalabs.ai and its SDK lumaai (2025-10), read 2026-11-27."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from .kit import ENDINGS, Call, Fault, Job, Refusal, Vendor, Visit, bearer_of, is_text, uuids

KEY = "luma-0123456789abcdef-0123456789abcdef"
BASE = "/dream-machine/v1"
MODELS = frozenset({"ray-2", "ray-flash-2"})
MEMBERS = {
    "resolution": ("540p", "720p", "1080p", "4k"),
    "duration": ("5s", "9s"),
    "aspect_ratio": ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "9:21"),
    "loop": (True, False),
}
SHORTEST, LONGEST = 3, 5000
"""Characters of a prompt."""


def refused(http_status: int, detail: str) -> Refusal:
    """Return a refusal."""
    return Refusal(http_status, {"detail": detail})


def authenticate(visit: Visit) -> None:
    """Accept a key of this API; those of the Agents API are refused."""
    if bearer_of(visit) != KEY:
        raise refused(401, "Not authenticated")


def describe(visit: Visit, job: Job) -> dict[str, Any]:
    """Return a generation."""
    desk = visit.desk
    shown = {
        "id": job.id,
        "generation_type": "video",
        "state": desk.word(job),
        "failure_reason": None,
        "created_at": "2026-11-27T08:00:00Z",
        "assets": {"video": visit.address(job)} if desk.state(job) == "done" else None,
        "model": job.model,
        "request": dict(job.order),
    }
    return {**shown, **desk.why_failed(job)}


def create(visit: Visit) -> Response:
    """Accept a generation."""
    body = visit.body
    visit.strike("model")
    prompt = str(body.get("prompt") or "")
    if not is_text(body.get("prompt")):
        raise refused(400, "Prompt is required")
    if len(prompt) < SHORTEST:
        raise refused(400, f"Prompt is too short, minimum length is {SHORTEST} characters")
    if len(prompt) > LONGEST:
        raise refused(400, f"Prompt is too long, maximum length is {LONGEST} characters")
    if body.get("model") not in MODELS:
        raise refused(400, f"Invalid model: {body.get('model')}")
    for name, said in body.items():
        if name not in ("prompt", "model") and said not in MEMBERS.get(name, ()):
            raise refused(400, f"Invalid {name}: {said}")
    return JSONResponse(describe(visit, visit.accept(body["model"])), 201)


def find(visit: Visit) -> Job:
    """Return the generation that the path names."""
    return visit.known_job(refused(404, "Generation not found"))


def poll(visit: Visit) -> dict[str, Any]:
    """Return one generation."""
    return describe(visit, find(visit))


def delete(visit: Visit) -> Response:
    """Delete a generation."""
    del visit.desk.jobs[find(visit).id]
    return Response(status_code=204)


def listed(visit: Visit) -> dict[str, Any]:
    """Return the latest generations, newest first."""
    limit, offset = (int(visit.query.get(name, usual)) for name, usual in (("limit", "10"), ("offset", "0")))
    jobs = [*reversed(visit.desk.jobs.values())]
    found = [describe(visit, job) for job in jobs[offset : offset + limit]]
    return {"generations": found, "count": len(jobs), "limit": limit, "offset": offset, "has_more": False}


def credits_left(_visit: Visit) -> dict[str, Any]:
    """Return the credits, in cents."""
    return {"credit_balance": 1234.0}


def unknown(_visit: Visit) -> Any:
    """Refuse a path or method that does not exist."""
    raise refused(404, "Not Found")


def malformed(_visit: Visit) -> Any:
    """Refuse a body that is not a JSON object."""
    raise refused(400, "Invalid JSON")


FAULTS = {
    "wrong_key": Fault("door", 401, {"detail": "Not authenticated"}),
    "no_credits": Fault("create", 400, {"detail": "Insufficient credits"}),
    "rate_limited": Fault("create", 429, {"detail": "Rate limit exceeded"}),
    "bad_gateway": Fault("door", 502, {"detail": "Bad gateway"}),
    "failed_blacklist": Fault("job", body={"failure_reason": "Contains blacklisted words"}),
    "failed_frames": Fault("job", body={"failure_reason": "Frame moderation failed"}),
    "failed_prompt": Fault("job", body={"failure_reason": "Advanced prompt moderation failed"}),
    "failed_job": Fault("job", body={"failure_reason": "Job failed"}),
    "unknown_word": Fault("status", body="hatching"),
    **ENDINGS,
}

VENDOR = Vendor(
    name="luma-dream-machine",
    key=KEY,
    models=MODELS,
    words={"queued": "queued", "running": "dreaming", "done": "completed", "failed": "failed"},
    calls=(
        Call("POST", f"{BASE}/generations/video", "create", create),
        Call("GET", f"{BASE}/generations", "list", listed),
        Call("GET", f"{BASE}/generations/{{job_id}}", "poll", poll),
        Call("DELETE", f"{BASE}/generations/{{job_id}}", "delete", delete),
        Call("GET", f"{BASE}/credits", "balance", credits_left),
    ),
    authenticate=authenticate,
    unknown=unknown,
    malformed=malformed,
    faults=FAULTS,
    job_id=uuids("dream"),
)
