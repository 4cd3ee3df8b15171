"""MiniMax's second video API, which sells H3. Source: platform.minimax.io/docs/api-reference, read 2026-11-27."""

from __future__ import annotations

from typing import Any

from .kit import ENDINGS, Call, Fault, Refusal, Vendor, Visit, bearer_of, is_text, is_whole
from .minimax import KEY

MEMBERS = frozenset({"model", "content", "resolution", "duration", "ratio", "callback_url", "seed", "watermark"})
KEPT = {"cancelled": "cancelled", "running": "running"}
"""States in which a task can be neither cancelled nor deleted."""


def error(http_status: int, kind: str, message: str) -> dict[str, Any]:
    """Return the body of a refusal; MiniMax's number is at the end of the message."""
    said = {"type": kind, "message": message, "http_code": str(http_status)}
    return {"type": "error", "error": said, "request_id": "{request_id}"}


def refused(visit: Visit, http_status: int, kind: str, message: str) -> Refusal:
    """Return a refusal."""
    return Refusal(http_status, {**error(http_status, kind, message), "request_id": visit.desk.request_id()})


def bad(visit: Visit, message: str) -> Refusal:
    """Return a refusal of the parameters."""
    return refused(visit, 400, "bad_request_error", f"invalid params, {message} (2013)")


def authenticate(visit: Visit) -> None:
    """Accept the key."""
    if bearer_of(visit) != KEY:
        message = (
            "login fail: Please carry the API secret key in the 'Authorization' field of the request header (1004)"
        )
        raise refused(visit, 401, "authorized_error", message)


def create(visit: Visit) -> dict[str, Any]:
    """Accept a task."""
    body = visit.body
    visit.strike("model")
    if body.get("model") not in visit.desk.vendor.models:
        raise bad(visit, f"unsupported model {body.get('model')}")
    if unknown := sorted(set(body) - MEMBERS):
        raise bad(visit, f"unknown parameter {unknown[0]}")
    content = body.get("content")
    parts = content if isinstance(content, list) else []
    if not any(part.get("type") == "text" and is_text(part.get("text")) for part in parts if isinstance(part, dict)):
        raise bad(visit, "content must include a non-empty text item (prompt is required)")
    if not is_whole(body.get("duration", 5)) or not 4 <= body.get("duration", 5) <= 15:
        raise bad(visit, "duration must be between 4 and 15")
    if body.get("resolution", "768P") not in ("768P", "2K"):
        raise bad(visit, "resolution must be 768P or 2K")
    return {"task_id": visit.accept(body["model"]).id}


def poll(visit: Visit) -> dict[str, Any]:
    """Return one task."""
    job, desk = visit.known_job(bad(visit, "invalid task_id")), visit.desk
    shown = {"id": job.id, "status": desk.word(job), "model": job.model, "resolution": job.order.get("resolution")}
    if desk.state(job) == "done":
        seconds = job.order.get("duration", 5)
        usage = {"total_seconds": seconds, "input_seconds": 0, "output_seconds": seconds}
        shown |= {"content": {"url": visit.address(job)}, "duration": seconds, "usage": usage}
    return {"task": {**shown, **desk.why_failed(job)}}


def remove(visit: Visit) -> dict[str, Any]:
    """Cancel a queued task, delete an ended one, and refuse a running one."""
    job, desk = visit.known_job(bad(visit, "invalid task_id")), visit.desk
    state = desk.state(job)
    if state in KEPT:
        raise bad(visit, f"task is {KEPT[state]} and cannot be cancelled or deleted")
    if state == "queued":
        job.is_cancelled = True
        return {"task_id": job.id, "action": "cancelled"}
    del desk.jobs[job.id]
    return {"task_id": job.id, "action": "deleted"}


def unknown(_visit: Visit) -> Any:
    raise Refusal(404, "404 page not found")


def malformed(visit: Visit) -> Any:
    raise bad(visit, "the body is not JSON")


def _fault(at: str, http_status: int, kind: str, message: str) -> Fault:
    return Fault(at, http_status, error(http_status, kind, message))


def _failed(code: int, message: str) -> Fault:
    return Fault("job", body={"error": {"code": str(code), "message": message}})


FAULTS = {
    "wrong_key": _fault("door", 401, "authorized_error", "login fail: invalid api key (2049)"),
    "no_balance": _fault("create", 402, "insufficient_balance_error", "insufficient balance (1008)"),
    "retired_model": _fault("model", 400, "bad_request_error", "invalid params, model is no longer available (2013)"),
    "unsafe_prompt": _fault(
        "create", 422, "unprocessable_entity_error", "video description contains sensitive content (1026)"
    ),
    "rate_limit": _fault("door", 429, "rate_limit_error", "rate limit, please retry later (1002)"),
    "internal_error": _fault("door", 500, "server_error", "internal error (1000)"),
    "unsafe_video": _failed(1027, "output new_sensitive"),
    "failed_job": _failed(1033, "system error"),
    "unknown_word": Fault("status", body="hatching"),
    **ENDINGS,
}

VENDOR = Vendor(
    name="minimax-h3",
    key=KEY,
    models=frozenset({"MiniMax-H3"}),
    words={
        "queued": "queued", "running": "running", "done": "succeeded", "failed": "failed", "cancelled": "cancelled",
    },
    calls=(
        Call("POST", "/v2/video_generation", "create", create),
        Call("GET", "/v2/query/video_generation/{job_id}", "poll", poll),
        Call("DELETE", "/v2/video_generation/{job_id}", "delete", remove),
    ),
    authenticate=authenticate,
    unknown=unknown,
    malformed=malformed,
    faults=FAULTS,
    job_id=lambda number: str(424010985738000 + number),
)  # fmt: skip
