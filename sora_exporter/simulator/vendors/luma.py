"""Luma's Agents API, Ray 3.2. Source: docs.lumalabs.ai (2026-07) and its SDK luma-agents 0.3.0, read 2026-11-27."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from .kit import ENDINGS, Call, Fault, Job, Refusal, Vendor, Visit, bearer_of, uuids

KEY = "luma-api-0123456789abcdef0123456789abcdef"
MODELS = frozenset({"ray-3.2"})
MEMBERS = frozenset({"model", "type", "prompt", "aspect_ratio", "video", "image", "callback_url", "user_id"})
VIDEO = {"resolution": ("360p", "540p", "720p", "1080p"), "duration": ("5s", "10s")}
RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "9:21")
PROMPT_CHARACTERS = 6000


def refused(http_status: int, detail: str) -> Refusal:
    """Return a refusal."""
    return Refusal(http_status, {"detail": detail})


def authenticate(visit: Visit) -> None:
    """Accept a key of this API; those of the older one are refused."""
    if bearer_of(visit) != KEY:
        raise refused(401, "Invalid API key")


def check(body: Any) -> None:
    """Raise the refusal of the first wrong member."""
    if unknown := sorted(set(body) - MEMBERS):
        raise refused(400, f"{unknown[0]}: Extra inputs are not permitted")
    prompt, video = body.get("prompt"), body.get("video", {})
    if not isinstance(prompt, str) or not 1 <= len(prompt) <= PROMPT_CHARACTERS:
        raise refused(400, "prompt: String should have at least 1 character")
    if body.get("type") != "video" or body.get("aspect_ratio", "16:9") not in RATIOS or not isinstance(video, dict):
        raise refused(400, "type, aspect_ratio or video is not valid")
    for name, said in video.items():
        if said not in VIDEO.get(name, ()):
            raise refused(400, f"video.{name}: {said} is not valid")


def describe(visit: Visit, job: Job) -> dict[str, Any]:
    """Return a generation."""
    desk = visit.desk
    shown = {
        "id": job.id,
        "created_at": "2026-11-27T08:00:00Z",
        "model": job.model,
        "type": "video",
        "state": desk.word(job),
        "failure_code": None,
        "failure_reason": None,
        "output": [{"type": "video", "url": visit.address(job)}] if desk.state(job) == "done" else [],
    }
    return {**shown, **desk.why_failed(job)}


def create(visit: Visit) -> Response:
    """Accept a generation."""
    visit.strike("model")
    model = visit.body.get("model")
    if model not in MODELS:
        raise refused(400, f"model: {model} is not a known model")
    check(visit.body)
    return JSONResponse(describe(visit, visit.accept(model)), 201)


def poll(visit: Visit) -> dict[str, Any]:
    """Return one generation."""
    job = visit.known_job(refused(404, "generation not found"))
    return describe(visit, job)


def unknown(_visit: Visit) -> Any:
    """Refuse a path or method that does not exist."""
    raise refused(404, "Not Found")


def malformed(_visit: Visit) -> Any:
    """Refuse a body that is not a JSON object."""
    raise refused(400, "The body is not valid JSON")


def _failed(code: str, reason: str) -> Fault:
    return Fault("job", body={"failure_code": code, "failure_reason": reason})


LIMITS = {"retry-after": "12", "x-ratelimit-limit": "10", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "12"}
FAULTS = {
    "wrong_key": Fault("door", 401, {"detail": "Invalid API key"}),
    "forbidden": Fault("create", 403, {"detail": "Forbidden"}),
    "no_balance": Fault("create", 402, {"detail": "Insufficient balance"}),
    "rate_limited": Fault("create", 429, {"detail": "Rate limit exceeded"}, LIMITS),
    "too_many_jobs": Fault("create", 429, {"detail": "Too many concurrent jobs"}, LIMITS),
    "combination": Fault("create", 422, {"detail": "1080p is not available for this duration"}),
    "bad_gateway": Fault("door", 502, {"detail": "Bad gateway"}),
    "unavailable": Fault("door", 503, {"detail": "Service unavailable"}),
    "failed_moderation": _failed("content_moderated", "The prompt was moderated."),
    "failed_budget": _failed("budget_exhausted", "The budget is used up."),
    "failed_rate": _failed("rate_limited", "Too many requests."),
    "failed_job": _failed("generation_failed", "The generation failed."),
    "failed_output": _failed("output_not_found", "The output was not found."),
    "failed_request": _failed("invalid_request", "The request is not valid."),
    "unknown_word": Fault("status", body="hatching"),
    **ENDINGS,
}

VENDOR = Vendor(
    name="luma",
    key=KEY,
    models=MODELS,
    words={"queued": "queued", "running": "processing", "done": "completed", "failed": "failed"},
    calls=(Call("POST", "/v1/generations", "create", create), Call("GET", "/v1/generations/{job_id}", "poll", poll)),
    authenticate=authenticate,
    unknown=unknown,
    malformed=malformed,
    faults=FAULTS,
    job_id=uuids("luma generation"),
)
