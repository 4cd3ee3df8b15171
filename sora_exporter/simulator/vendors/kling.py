"""Kling, text to video. Source: the API documents of Kling (general information, text to video), read 2026-11-27."""

from __future__ import annotations

import time
from typing import Any

import jwt

from .kit import ENDINGS, Call, Fault, Job, Refusal, Vendor, Visit, bearer_of, is_text

KEY = "kling-of-the-simulator-0123456789"
ACCESS_KEY, SECRET_KEY = "kling-access-0123456789", "kling-secret-0123456789-0123456789"
MEMBERS = frozenset(
    {
        "model_name", "prompt", "negative_prompt", "cfg_scale", "mode", "sound", "camera_control", "aspect_ratio",
        "duration", "callback_url", "external_task_id",
    }
)  # fmt: skip
LENGTHS = {"kling-v3": {str(seconds) for seconds in range(3, 16)}}
"""Seconds that a model offers; 5 and 10 for every other."""


def answer(visit: Visit, data: Any) -> dict[str, Any]:
    """Return a good answer."""
    return {"code": 0, "message": "SUCCEED", "request_id": visit.desk.request_id(), "data": data}


def refused(visit: Visit, http_status: int, code: int, message: str) -> Refusal:
    """Return a refusal."""
    return Refusal(http_status, {"code": code, "message": message, "request_id": visit.desk.request_id()})


def authenticate(visit: Visit) -> None:
    """Accept the key itself, or a token that the access key issued and the secret key signed."""
    token = bearer_of(visit)
    if not token:
        raise refused(visit, 401, 1001, "Authorization is empty")
    if token == KEY:
        return
    try:
        claims = jwt.decode(token, SECRET_KEY, ["HS256"], issuer=ACCESS_KEY, options={"require": ["exp", "nbf", "iss"]})
    except jwt.ImmatureSignatureError:
        raise refused(visit, 401, 1003, "Authorization is not yet valid") from None
    except jwt.ExpiredSignatureError:
        raise refused(visit, 401, 1004, "Authorization has expired") from None
    except jwt.InvalidTokenError:
        raise refused(visit, 401, 1002, "Authorization is invalid") from None
    if claims["exp"] - time.time() > 1800 + 5:
        raise refused(visit, 401, 1002, "Authorization is invalid")


def describe(visit: Visit, job: Job) -> dict[str, Any]:
    """Return a task as a poll shows it."""
    desk = visit.desk
    shown = {
        "task_id": job.id,
        "task_status": desk.word(job),
        "task_status_msg": "",
        "task_info": {"external_task_id": job.order.get("external_task_id", "")},
        "created_at": int(job.placed_at * 1000),
        "updated_at": int(desk.now * 1000),
    }
    if desk.state(job) == "done":
        video = {"id": job.id, "url": visit.address(job), "watermark_url": "", "duration": "5.1"}
        shown |= {"task_result": {"videos": [video]}, "final_unit_deduction": "1"}
    return {**shown, **desk.why_failed(job)}


def create(visit: Visit) -> dict[str, Any]:
    """Accept a task: the model is checked first, then the parameters, then the account."""
    body = visit.body
    visit.strike("model")
    model = body.get("model_name", "kling-v1")
    if model not in visit.desk.vendor.models:
        raise refused(visit, 404, 1203, f"Model {model} is not found")
    if unknown := sorted(set(body) - MEMBERS):
        raise refused(visit, 400, 1201, f"Unknown parameter {unknown[0]}")
    if not is_text(body.get("prompt")):
        raise refused(visit, 400, 1201, "prompt must not be empty")
    if body.get("duration", "5") not in LENGTHS.get(model, {"5", "10"}):
        raise refused(visit, 400, 1201, f"duration value '{body['duration']}' is invalid")
    if body.get("mode", "std") not in ("std", "pro") or body.get("aspect_ratio", "16:9") not in ("16:9", "9:16", "1:1"):
        raise refused(visit, 400, 1201, "mode or aspect_ratio is invalid")
    return answer(visit, describe(visit, visit.accept(model)))


def poll(visit: Visit) -> dict[str, Any]:
    """Return one task."""
    job = visit.known_job(refused(visit, 404, 1203, f"Task {visit.values['job_id']} is not found"))
    return answer(visit, describe(visit, job))


def costs(visit: Visit) -> dict[str, Any]:
    """Return the account's resource packs; the period is required."""
    if not {"start_time", "end_time"} <= set(visit.query):
        raise refused(visit, 400, 1200, "start_time and end_time are required")
    pack = {"resource_pack_type": "decreasing_total", "total_quantity": 200.0, "purchase_time": 1726124664368}
    packs = [
        {**pack, "resource_pack_name": "Video 1", "remaining_quantity": 118.0, "status": "online"},
        {**pack, "resource_pack_name": "Video 2", "remaining_quantity": 50.0, "status": "expired"},
        {**pack, "resource_pack_name": "Video 3", "remaining_quantity": 60.5, "status": "online"},
    ]
    return answer(visit, {"code": 0, "msg": "success", "resource_pack_subscribe_infos": packs})


def unknown(visit: Visit) -> Any:
    raise refused(visit, 404, 1202, f"The requested method is invalid: {visit.method} {visit.path}")


def malformed(visit: Visit) -> Any:
    raise refused(visit, 400, 1200, "The request body is not JSON")


def _fault(at: str, http_status: int, code: int, message: str) -> Fault:
    return Fault(at, http_status, {"code": code, "message": message, "request_id": "{request_id}"})


FAULTS = {
    "wrong_key": _fault("door", 401, 1002, "Authorization is invalid"),
    "clock_behind": _fault("door", 401, 1004, "Authorization has expired"),
    "clock_ahead": _fault("door", 401, 1003, "Authorization is not yet valid"),
    "account_exception": _fault("create", 429, 1100, "Account exception"),
    "arrears": _fault("create", 429, 1101, "Account in arrears"),
    "pack_used_up": _fault("create", 429, 1102, "Account balance not enough"),
    "model_not_permitted": _fault("model", 403, 1103, "Unauthorized access to requested resource"),
    "retired_model": _fault("model", 404, 1203, "The requested resource does not exist"),
    "platform_policy": _fault("create", 400, 1300, "Trigger strategy of the platform"),
    "unsafe_prompt": _fault("create", 400, 1301, "Trigger the content security policy of the platform"),
    "too_fast": _fault("door", 429, 1302, "The API request is too fast, exceeding the rate limit of the platform"),
    "too_many_jobs": _fault("create", 429, 1303, "parallel task over resource pack limit"),
    "address_not_listed": _fault("door", 429, 1304, "Trigger the platform's IP whitelisting policy"),
    "internal_error": _fault("door", 500, 5000, "Server internal error"),
    "maintenance": _fault("door", 503, 5001, "Server temporarily unavailable, usually due to maintenance"),
    "backlog": _fault("door", 504, 5002, "Server internal timeout, usually due to a backlog"),
    "failed_moderation": Fault("job", body={"task_status_msg": "Trigger the content risk control of the platform"}),
    "failed_risk_control": Fault("job", body={"task_status_msg": "Failure to pass the risk control system"}),
    "failed_job": Fault("job", body={"task_status_msg": "Service busy, generation failed"}),
    "unknown_word": Fault("status", body="hatching"),
    **ENDINGS,
}

VENDOR = Vendor(
    name="kling",
    key=KEY,
    models=frozenset({"kling-v1", "kling-v1-6", "kling-v2-1-master", "kling-v2-5-turbo", "kling-v2-6", "kling-v3"}),
    words={"queued": "submitted", "running": "processing", "done": "succeed", "failed": "failed"},
    calls=(
        Call("POST", "/v1/videos/text2video", "create", create),
        Call("GET", "/v1/videos/text2video/{job_id}", "poll", poll),
        Call("GET", "/account/costs", "balance", costs),
    ),
    authenticate=authenticate,
    unknown=unknown,
    malformed=malformed,
    faults=FAULTS,
    job_id=lambda number: str(866168216002236000 + number),
)
