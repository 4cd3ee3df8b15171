"""Alibaba's DashScope (Model Studio), which sells Wan. Source: alibabacloud.com/help/model-studio, read 2026-11-27.

Only the model is checked at once: an order without a prompt becomes a task that fails.
"""

from __future__ import annotations

from typing import Any

from .kit import ENDINGS, Call, Fault, Job, Refusal, Vendor, Visit, bearer_of, digest, is_text

KEY = "sk-dashscope-of-the-simulator-0123456789"


def refused(visit: Visit, http_status: int, code: str, message: str) -> Refusal:
    """Return a refusal."""
    return Refusal(http_status, {"code": code, "message": message, "request_id": visit.desk.request_id()})


def authenticate(visit: Visit) -> None:
    """Accept the key of this region."""
    if not (key := bearer_of(visit)):
        raise refused(visit, 401, "InvalidApiKey", "No API-key provided.")
    if key != KEY:
        raise refused(visit, 401, "InvalidApiKey", "Invalid API-key provided.")


def models(visit: Visit) -> dict[str, Any]:
    """Return the models of the key, whether opened or not."""
    names = sorted(visit.desk.vendor.models)
    return {"object": "list", "data": [{"id": name, "object": "model", "owned_by": "system"} for name in names]}


def create(visit: Visit) -> dict[str, Any]:
    """Accept a task."""
    body = visit.body
    if visit.headers.get("x-dashscope-async") != "enable":
        raise refused(visit, 403, "AccessDenied", "current user api does not support synchronous calls")
    visit.strike("model")
    if body.get("model") not in visit.desk.vendor.models:
        raise refused(visit, 400, "InvalidParameter", "Model not exist.")
    job = visit.accept(body["model"])
    return {"output": {"task_id": job.id, "task_status": "PENDING"}, "request_id": visit.desk.request_id()}


def _fault_of(visit: Visit, job: Job) -> dict[str, Any]:
    """Return why a task failed: what was missing in its order, or the fault of the desk."""
    if visit.desk.state(job) == "done" and not is_text((job.order.get("input") or {}).get("prompt")):
        return {"task_status": "FAILED", "code": "InvalidParameter", "message": "Field required: input.prompt"}
    return dict(visit.desk.why_failed(job))


def poll(visit: Visit) -> dict[str, Any]:
    """Return one task; an unknown one is a status, not a refusal."""
    job, desk = visit.job(), visit.desk
    said: dict[str, Any] = {"request_id": desk.request_id()}
    if job is None:
        return {**said, "output": {"task_id": visit.values["job_id"], "task_status": "UNKNOWN"}}
    output = {"task_id": job.id, "task_status": desk.word(job), "submit_time": "2026-11-27 07:00:00.000"}
    failed = _fault_of(visit, job)
    if desk.state(job) == "done" and not failed:
        output |= {"orig_prompt": job.order["input"]["prompt"], "video_url": visit.address(job)}
        said["usage"] = {"duration": 2, "output_video_duration": 2, "SR": 480}
    return {**said, "output": {**output, **failed}}


def cancel(visit: Visit) -> dict[str, Any]:
    """Cancel a task that has not begun."""
    job = visit.job()
    if job is None or visit.desk.state(job) != "queued":
        message = "Failed to cancel the task, please confirm if the task is in PENDING status."
        raise refused(visit, 400, "UnsupportedOperation", message)
    job.is_cancelled = True
    return {"request_id": visit.desk.request_id()}


def unknown(visit: Visit) -> Any:
    raise refused(visit, 404, "InvalidURL", "url error, please check url!")


def malformed(visit: Visit) -> Any:
    raise refused(visit, 400, "InvalidParameter", "Required body invalid, please check the request body format.")


def _fault(at: str, http_status: int, code: str, message: str) -> Fault:
    return Fault(at, http_status, {"code": code, "message": message, "request_id": "{request_id}"})


FAULTS = {
    "wrong_key": _fault("door", 401, "InvalidApiKey", "Invalid API-key provided."),
    "arrears": _fault("create", 400, "Arrearage", "Access denied, please make sure your account is in good standing."),
    "free_tier_used_up": _fault(
        "create", 403, "AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted."
    ),
    "model_not_opened": _fault("model", 403, "AccessDenied.Unpurchased", "Access to model denied."),
    "retired_model": _fault("model", 404, "ModelNotFound", "Model not exist."),
    "too_fast": _fault("door", 429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    "too_many_jobs": _fault("create", 429, "Throttling.AllocationQuota", "Allocated quota exceeded."),
    "unsafe_prompt": _fault("create", 400, "DataInspectionFailed", "Input data may contain inappropriate content."),
    "internal_error": _fault("door", 500, "InternalError", "An internal error has occured, please try again later."),
    "unsafe_video": Fault(
        "job", body={"code": "DataInspectionFailed", "message": "Output data may contain inappropriate content."}
    ),
    "failed_job": Fault("job", body={"code": "InternalError", "message": "The generation failed."}),
    "refused_cancel": _fault(
        "cancel",
        400,
        "UnsupportedOperation",
        "Failed to cancel the task, please confirm if the task is in PENDING status.",
    ),
    "unknown_word": Fault("status", body="HATCHING"),
    **ENDINGS,
}

VENDOR = Vendor(
    name="dashscope",
    key=KEY,
    models=frozenset({"wan3.0-video", "wan2.7-t2v", "wan2.6-t2v", "wan2.5-t2v-preview", "qwen-max"}),
    words={
        "queued": "PENDING", "running": "RUNNING", "done": "SUCCEEDED", "failed": "FAILED", "cancelled": "CANCELED",
    },
    calls=(
        Call("GET", "/compatible-mode/v1/models", "catalog", models),
        Call("POST", "/api/v1/services/aigc/video-generation/video-synthesis", "create", create),
        Call("GET", "/api/v1/tasks/{job_id}", "poll", poll),
        Call("POST", "/api/v1/tasks/{job_id}/cancel", "cancel", cancel),
    ),
    authenticate=authenticate,
    unknown=unknown,
    malformed=malformed,
    faults=FAULTS,
    job_id=lambda number: f"26dc3acf-{digest(str(number))[:4]}-4e5f-9a0b-{digest(str(number))[4:16]}",
)  # fmt: skip
