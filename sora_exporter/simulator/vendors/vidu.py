"""Vidu, text to video. Source: platform.vidu.com/docs (text-to-video, cancel-generation, error-code), 2026-11-27."""

from __future__ import annotations

from typing import Any

from .kit import ENDINGS, Call, Fault, Refusal, Vendor, Visit, bearer_of, is_text, is_whole

KEY = "vda_of-the-simulator-0123456789"
MEMBERS = frozenset(
    {
        "model", "prompt", "style", "duration", "seed", "aspect_ratio", "resolution", "movement_amplitude", "bgm",
        "audio", "payload", "off_peak", "watermark", "wm_position", "wm_url", "meta_data", "callback_url",
    }
)  # fmt: skip
LENGTHS = {"viduq3-turbo": range(1, 17), "viduq3-pro": range(1, 17), "viduq2": range(1, 11), "viduq1": range(5, 6)}


def error(http_status: int, reason: str, message: str) -> dict[str, Any]:
    """Return the body of a refusal."""
    return {"code": http_status, "reason": reason, "message": message, "metadata": {"trace_id": "{request_id}"}}


def refused(visit: Visit, http_status: int, reason: str, message: str) -> Refusal:
    """Return a refusal."""
    said = error(http_status, reason, message) | {"metadata": {"trace_id": visit.desk.request_id()}}
    return Refusal(http_status, said)


def authenticate(visit: Visit) -> None:
    """Accept the key, which follows the word Token."""
    if bearer_of(visit, "Token") != KEY:
        raise refused(visit, 401, "Unauthorized", "invalid token")


def create(visit: Visit) -> dict[str, Any]:
    """Accept a task."""
    body = visit.body
    visit.strike("model")
    model = body.get("model")
    if model not in visit.desk.vendor.models:
        raise refused(visit, 400, "FieldInvalid", "invalid field: model")
    if unwanted := sorted(set(body) - MEMBERS):
        raise refused(visit, 400, "FieldUnwanted", f"unwanted field: {unwanted[0]}")
    if not is_text(body.get("prompt")):
        raise refused(visit, 400, "FieldLacking", "field is missing or empty: prompt")
    if not is_whole(body.get("duration", 5)) or body.get("duration", 5) not in LENGTHS[model]:
        raise refused(visit, 400, "FieldInvalid", "invalid field: duration")
    if body.get("resolution", "720p") not in ("540p", "720p", "1080p"):
        raise refused(visit, 400, "FieldInvalid", "invalid field: resolution")
    job = visit.accept(model)
    return {"task_id": job.id, "state": "created", "credits": 4, "created_at": "2026-11-27T07:00:00Z", **body}


def poll(visit: Visit) -> dict[str, Any]:
    """Return one task with what it made."""
    job, desk = visit.known_job(refused(visit, 404, "TaskNotFound", "task not found")), visit.desk
    state = desk.state(job)
    shown = {"id": job.id, "state": desk.word(job), "err_code": "", "credits": 4, "creations": []}
    if state == "cancelled":
        shown |= {"err_code": "UserCancelled", "credits": 0}
    if state == "done":
        shown |= {"creations": [{"id": job.id, "url": visit.address(job), "cover_url": "", "watermarked_url": ""}]}
    return {**shown, **desk.why_failed(job)}


def cancel(visit: Visit) -> dict[str, Any]:
    """Cancel a task that has not begun; the body repeats its id."""
    job = visit.job()
    if job is None or visit.body.get("id") != job.id:
        raise refused(visit, 404, "TaskNotFound", "task not found")
    state = visit.desk.state(job)
    if state != "queued":
        raise refused(visit, 400, "BadRequest", f"task state is {visit.desk.word(job)}, can not cancel")
    job.is_cancelled = True
    return {}


def credits_left(_visit: Visit) -> dict[str, Any]:
    """Return what is left of each kind of credit."""
    kinds = {"test": 20, "metered": 100}
    left = [{"type": kind, "credit_remain": some, "concurrency_limit": 5} for kind, some in kinds.items()]
    return {"remains": left, "packages": []}


def unknown(visit: Visit) -> Any:
    raise refused(visit, 404, "NotFound", "not found")


def malformed(visit: Visit) -> Any:
    raise refused(visit, 400, "BadRequest", "the body is not JSON")


def _fault(at: str, http_status: int, reason: str, message: str) -> Fault:
    return Fault(at, http_status, error(http_status, reason, message))


def _failed(code: str) -> Fault:
    return Fault("job", body={"err_code": code, "credits": 0})


FAULTS = {
    "wrong_key": _fault("door", 401, "Unauthorized", "invalid token"),
    "forbidden": _fault("door", 403, "Forbidden", "forbidden"),
    "no_credits": _fault("create", 400, "CreditInsufficient", "credits are not enough"),
    "retired_model": _fault("model", 400, "ModelUnavailable", "model is unavailable"),
    "too_many_jobs": _fault("create", 429, "QuotaExceeded", "the number of concurrent tasks exceeds the quota"),
    "too_fast": _fault("door", 429, "TooManyRequests", "too many requests"),
    "throttled": _fault("create", 429, "SystemThrottling", "system throttling, please try again later"),
    "unsafe_prompt": _fault("create", 400, "TaskPromptPolicyViolation", "the prompt violates the policy"),
    "illegal_input": _fault("create", 400, "AuditSubmitIllegal", "the audit of the input failed"),
    "internal_error": _fault("door", 500, "InternalServiceFailure", "internal service failure"),
    "unsafe_video": _failed("CreationPolicyViolation"),
    "failed_job": _failed("InternalServiceFailure"),
    "refused_cancel": _fault("cancel", 400, "BadRequest", "task state is scheduled, can not cancel"),
    "unknown_word": Fault("status", body="hatching"),
    **ENDINGS,
}

VENDOR = Vendor(
    name="vidu",
    key=KEY,
    models=frozenset(LENGTHS),
    words={"queued": "queueing", "running": "processing", "done": "success", "failed": "failed", "cancelled": "failed"},
    calls=(
        Call("POST", "/ent/v2/text2video", "create", create),
        Call("GET", "/ent/v2/tasks/{job_id}/creations", "poll", poll),
        Call("POST", "/ent/v2/tasks/{job_id}/cancel", "cancel", cancel),
        Call("GET", "/ent/v2/credits", "balance", credits_left),
    ),
    authenticate=authenticate,
    unknown=unknown,
    malformed=malformed,
    faults=FAULTS,
    job_id=lambda number: str(911168866168216 + number),
)
