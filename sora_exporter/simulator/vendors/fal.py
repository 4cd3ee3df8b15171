"""fal's queue. Source: fal.ai/docs (inference API, errors, reliability) and fal_client 1.0.3, read 2026-11-27.

Every input is accepted. A wrong one ends as a completed request, whose result is the refusal.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from .kit import ENDINGS, Call, Fault, Job, Refusal, Vendor, Visit, bearer_of, is_text, uuids

KEY = "01234567-89ab-cdef-0123-456789abcdef:0123456789abcdef0123456789abcdef"
MODELS = frozenset({"fal-ai/ltx-video", "fal-ai/kling-video/v2.5-turbo/pro/text-to-video"})
REQUESTS = "/{owner}/{app}/requests/{job_id}"


def refused(http_status: int, detail: str) -> Refusal:
    """Return a refusal that is one sentence."""
    return Refusal(http_status, {"detail": detail})


def require_key(visit: Visit) -> None:
    """Refuse a call without the key."""
    if bearer_of(visit, "Key") != KEY:
        raise refused(401, "Cannot access application. Authentication is required to access this application.")


def addresses(visit: Visit, job: Job) -> dict[str, str]:
    """Return the addresses of a request, which leave out what follows the second part of the model's name."""
    owner, app = job.model.split("/")[:2]
    base = f"{visit.base}/{owner}/{app}/requests/{job.id}"
    return {"response_url": base, "status_url": f"{base}/status", "cancel_url": f"{base}/cancel"}


def create(visit: Visit) -> dict[str, Any]:
    """Put a request into the queue."""
    model = visit.path.removeprefix("/")
    visit.strike("model")
    if model not in MODELS:
        raise refused(404, f"Application '{model}' not found")
    job = visit.accept(model)
    return {"status": "IN_QUEUE", "request_id": job.id, "queue_position": 0, **addresses(visit, job)}


def find(visit: Visit) -> Job:
    """Return the request that the path names."""
    job = visit.job()
    if job is None or job.model.split("/")[:2] != [visit.values["owner"], visit.values["app"]]:
        raise refused(404, "Request not found")
    return job


def poll(visit: Visit) -> Response:
    """Return the state of a request: 202 until it is completed."""
    job, desk = find(visit), visit.desk
    state = desk.state(job)
    if state == "cancelled":
        raise refused(404, "Request not found")
    shown = {"status": desk.word(job), "request_id": job.id, **addresses(visit, job)}
    if state in ("queued", "running"):
        extra: dict[str, Any] = {"queue_position": 0} if state == "queued" else {"logs": []}
        return JSONResponse({**shown, **extra}, 202)
    return JSONResponse({**shown, "logs": [], "metrics": {"inference_time": 3.7}, **desk.why_failed(job)})


def result(visit: Visit) -> dict[str, Any]:
    """Return the output of a completed request, or the refusal of its input."""
    job, desk = find(visit), visit.desk
    if desk.state(job) not in ("done", "failed"):
        raise refused(400, "Request is still in progress")
    if not is_text(job.order.get("prompt")):
        raise _invalid("missing", "Field required")
    if why := desk.why_failed(job):
        raise Refusal(503, {"detail": why["error"], "error_type": why["error_type"]})
    return {"video": {"url": visit.address(job), "content_type": "video/mp4", "file_size": 4300}, "seed": 1}


def cancel(visit: Visit) -> Response:
    """Take a request from the queue, or ask its runner to stop."""
    job, state = find(visit), visit.desk.state(find(visit))
    if state in ("done", "failed"):
        return JSONResponse({"status": "ALREADY_COMPLETED"}, 400)
    if state == "cancelled":
        return JSONResponse({"status": "NOT_FOUND"}, 404)
    job.is_cancelled = True
    if state == "queued":
        return JSONResponse({"status": "OK"})
    return JSONResponse({"status": "CANCELLATION_REQUESTED"}, 202)


def billing(visit: Visit) -> dict[str, Any]:
    """Return the account's credits."""
    require_key(visit)  # Reads need no key here, this one does.
    if visit.query.get("expand") != "credits":
        return {"username": "simulated"}
    return {"username": "simulated", "credits": {"current_balance": 24.5, "currency": "USD"}}


def unknown(visit: Visit) -> Any:
    """Refuse a path or method that does not exist."""
    raise refused(404, f"Application '{visit.path.removeprefix('/')}' not found")


def malformed(_visit: Visit) -> Any:
    """Refuse a body that is not a JSON object."""
    raise refused(400, "Invalid JSON")


def _detail(kind: str, message: str) -> dict[str, Any]:
    return {
        "detail": [
            {"loc": ["body", "prompt"], "msg": message, "type": kind, "url": f"https://docs.fal.ai/errors#{kind}"}
        ]
    }


def _invalid(kind: str, message: str) -> Refusal:
    return Refusal(422, _detail(kind, message))


def _failed(kind: str, message: str) -> Fault:
    return Fault("job", body={"error": message, "error_type": kind})


LOCKED = "User is locked. Reason:"
FLAGGED = "The content could not be processed because it contained material flagged by a content checker."
FAULTS = {
    "wrong_key": Fault("create", 401, {"detail": "Authentication is required to access this application."}),
    "unknown_model": Fault("model", 404, {"detail": "Application 'ltx-video-9' not found"}),
    "exhausted_balance": Fault(
        "create", 403, {"detail": f"{LOCKED} Exhausted balance. Top up your balance at fal.ai/dashboard/billing."}
    ),
    "admin_lock": Fault("create", 403, {"detail": f"{LOCKED} Admin lock. Please contact support@fal.ai"}),
    "internal_error": Fault("create", 500, {"detail": "Internal server error", "error_type": "internal_error"}),
    "unsafe_prompt": Fault("result", 422, _detail("content_policy_violation", FLAGGED)),
    "invalid_input": Fault("result", 422, _detail("value_error", "Value is not valid")),
    "no_media": Fault("result", 422, _detail("no_media_generated", "No media was generated.")),
    "model_timeout": Fault("result", 504, _detail("generation_timeout", "The generation took too long.")),
    "downstream": Fault("result", 400, _detail("downstream_service_error", "A service behind the model failed.")),
    "failed_runner": _failed("runner_disconnected", "The runner disconnected."),
    "failed_scheduling": _failed("runner_scheduling_failure", "No runner is available."),
    "failed_start": _failed("startup_timeout", "The runner did not start in time."),
    "failed_timeout": _failed("request_timeout", "Request timed out"),
    "unknown_word": Fault("status", body="HATCHING"),
    **ENDINGS,
}

VENDOR = Vendor(
    name="fal",
    key=KEY,
    models=MODELS,
    words={
        "queued": "IN_QUEUE",
        "running": "IN_PROGRESS",
        "done": "COMPLETED",
        "failed": "COMPLETED",
        "cancelled": "CANCELED",
    },
    calls=(
        Call("GET", f"{REQUESTS}/status", "poll", poll),
        Call("GET", REQUESTS, "result", result),
        Call("PUT", f"{REQUESTS}/cancel", "cancel", cancel),
        Call("GET", "/v1/account/billing", "balance", billing),
        Call("POST", "/{model:path}", "create", create),
    ),
    authenticate=require_key,
    unknown=unknown,
    malformed=malformed,
    faults=FAULTS,
    job_id=uuids("fal request"),
    has_open_reads=True,
)
