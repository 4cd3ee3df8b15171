"""Volcengine Ark and BytePlus ModelArk, which sell Seedance. Source: volcengine.com/docs/82379, read 2026-11-27."""

from __future__ import annotations

from typing import Any

from .kit import ENDINGS, Call, Fault, Refusal, Vendor, Visit, bearer_of, digest, is_text, is_whole

KEY = "ark-of-the-simulator-0123456789"
TASKS = "/api/v3/contents/generations/tasks"
RESOLUTIONS = ("480p", "720p", "1080p")
RATIOS = ("16:9", "9:16", "4:3", "3:4", "1:1", "21:9", "adaptive")
ALL_STATES = frozenset({"queued", "done", "failed"})
"""States in which a task can be cancelled or deleted."""


def error(code: str, message: str, kind: str, param: str = "") -> dict[str, Any]:
    """Return the body of a refusal."""
    said = {"code": code, "message": f"{message} Request id: {{request_id}}", "param": param, "type": kind}
    return {"error": said}


def refused(visit: Visit, http_status: int, code: str, message: str, kind: str, param: str = "") -> Refusal:
    """Return a refusal."""
    said = error(code, message, kind, param)["error"]
    said["message"] = said["message"].replace("{request_id}", visit.desk.request_id())
    return Refusal(http_status, {"error": said})


def invalid(visit: Visit, name: str) -> Refusal:
    """Return the refusal of one parameter."""
    message = f"The parameter `{name}` specified in the request is not valid."
    return refused(visit, 400, "InvalidParameter", message, "BadRequest", name)


def authenticate(visit: Visit) -> None:
    """Accept the key."""
    if bearer_of(visit) != KEY:
        message = "The API key or AK/SK in the request is missing or invalid."
        raise refused(visit, 401, "AuthenticationError", message, "Unauthorized")


def models(visit: Visit) -> dict[str, Any]:
    """Return every model."""
    names = sorted(visit.desk.vendor.models)
    return {"object": "list", "data": [{"id": name, "object": "model", "status": "Active"} for name in names]}


def create(visit: Visit) -> dict[str, Any]:
    """Accept a task."""
    body = visit.body
    visit.strike("model")
    if body.get("model") not in visit.desk.vendor.models:
        message = f"The model or endpoint {body.get('model')} does not exist or you do not have access to it."
        raise refused(visit, 404, "InvalidEndpointOrModel.NotFound", message, "NotFound")
    content = body.get("content")
    parts = content if isinstance(content, list) else []
    if not any(part.get("type") == "text" and is_text(part.get("text")) for part in parts if isinstance(part, dict)):
        message = "The request failed because it is missing `content` parameter."
        raise refused(visit, 400, "MissingParameter", message, "BadRequest", "content")
    if body.get("resolution", "720p") not in RESOLUTIONS:
        raise invalid(visit, "resolution")
    if body.get("ratio", "16:9") not in RATIOS:
        raise invalid(visit, "ratio")
    if not is_whole(body.get("duration", 5)) or not 4 <= body.get("duration", 5) <= 15:
        raise invalid(visit, "duration")
    return {"id": visit.accept(body["model"]).id}


def poll(visit: Visit) -> dict[str, Any]:
    """Return one task."""
    message = f"The specified task {visit.values['job_id']} is not found."
    job, desk = visit.known_job(refused(visit, 404, "ResourceNotFound", message, "NotFound")), visit.desk
    shown = {"id": job.id, "model": job.model, "status": desk.word(job), "created_at": int(job.placed_at)}
    if desk.state(job) == "done":
        shown |= {"content": {"video_url": visit.address(job)}, "usage": {"completion_tokens": 40594}}
        shown |= {"resolution": job.order.get("resolution", "720p"), "duration": job.order.get("duration", 5)}
    return {**shown, **desk.why_failed(job)}


def remove(visit: Visit) -> dict[str, Any]:
    """Cancel a queued task, delete an ended one, and refuse a running or cancelled one."""
    job, desk = (
        visit.known_job(refused(visit, 404, "ResourceNotFound", "The specified task is not found.", "NotFound")),
        visit.desk,
    )
    state = desk.state(job)
    if state == "running":
        message = "Cannot delete task because it is currently running."
        raise refused(visit, 409, "InvalidAction.RunningTaskDeletion", message, "Conflict")
    if state not in ALL_STATES:
        raise refused(visit, 409, "InvalidAction", "Cannot delete task because it is cancelled.", "Conflict")
    if state == "queued":
        job.is_cancelled = True
    else:
        del desk.jobs[job.id]
    return {}


def unknown(visit: Visit) -> Any:
    raise refused(visit, 404, "InvalidPath", "The requested path does not exist.", "NotFound")


def malformed(visit: Visit) -> Any:
    raise refused(visit, 400, "InvalidParameter", "The request body is not valid JSON.", "BadRequest")


def _fault(at: str, http_status: int, code: str, message: str, kind: str) -> Fault:
    return Fault(at, http_status, error(code, message, kind))


def _failed(code: str, message: str) -> Fault:
    return Fault("job", body={"error": {"code": code, "message": message}})


FAULTS = {
    "wrong_key": _fault(
        "door", 401, "AuthenticationError", "The API key or AK/SK in the request is missing or invalid.", "Unauthorized"
    ),
    "overdue": _fault(
        "create", 403, "AccountOverdueError", "The request failed because your account has an overdue balance.",
        "Forbidden",
    ),
    "service_overdue": _fault(
        "create", 403, "OperationDenied.ServiceOverdue", "The operation is denied because your account is overdue.",
        "Forbidden",
    ),
    "model_not_open": _fault(
        "model", 404, "ModelNotOpen", "Your account has not activated the model. Please activate it in the console.",
        "NotFound",
    ),
    "retired_model": _fault(
        "model", 404, "InvalidEndpointOrModel.NotFound",
        "The model or endpoint does not exist or you do not have access to it.", "NotFound",
    ),
    "rate_limit": _fault(
        "create", 429, "ModelAccountRpmRateLimitExceeded", "The requests per minute limit has been exceeded.",
        "TooManyRequests",
    ),
    "queue_full": _fault("create", 429, "QuotaExceeded", "The number of queued tasks is too large.", "TooManyRequests"),
    "own_cap_reached": _fault(
        "create", 429, "SetLimitExceeded", "Your account has reached the set inference limit for the model, and the "
        "model service has been paused.", "TooManyRequests",
    ),
    "overloaded": _fault(
        "create", 429, "ServerOverloaded", "The service is currently unable to handle additional requests.",
        "TooManyRequests",
    ),
    "unsafe_prompt": _fault(
        "create", 400, "InputTextSensitiveContentDetected",
        "The request failed because the input text may contain sensitive information.", "BadRequest",
    ),
    "internal_error": _fault(
        "door", 500, "InternalServiceError", "The service encountered an unexpected internal error.",
        "InternalServerError",
    ),
    "unsafe_video": _failed(
        "OutputVideoSensitiveContentDetected.PolicyViolation",
        "The request failed because the output video may be related to copyright restrictions.",
    ),
    "failed_job": _failed("InternalServiceError", "The service encountered an unexpected internal error."),
    "unknown_word": Fault("status", body="hatching"),
    **ENDINGS,
}  # fmt: skip

VENDOR = Vendor(
    name="ark",
    key=KEY,
    models=frozenset(
        {
            "doubao-seedance-2-0-mini-260615", "doubao-seedance-2-0-260128", "doubao-seedance-2-5-260628",
            "dreamina-seedance-2-0-260128", "seedance-1-5-pro-251215",
        }
    ),
    words={
        "queued": "queued", "running": "running", "done": "succeeded", "failed": "failed", "cancelled": "cancelled",
    },
    calls=(
        Call("GET", "/api/v3/models", "catalog", models),
        Call("POST", TASKS, "create", create),
        Call("GET", TASKS + "/{job_id}", "poll", poll),
        Call("DELETE", TASKS + "/{job_id}", "delete", remove),
    ),
    authenticate=authenticate,
    unknown=unknown,
    malformed=malformed,
    faults=FAULTS,
    job_id=lambda number: f"cgt-20261127{digest(str(number))[:10]}",
)  # fmt: skip
