"""MiniMax's first video API, which sells Hailuo. Source: platform.minimax.io/docs/api-reference, read 2026-11-27.

Every refusal is an answer with HTTP 200 and a code in ``base_resp``.
"""

from __future__ import annotations

from typing import Any

from .kit import Call, Fault, Job, Refusal, Vendor, Visit, bearer_of, is_text

KEY = "minimax-of-the-simulator-0123456789"
MEMBERS = frozenset(
    {
        "model", "prompt", "prompt_optimizer", "fast_pretreatment", "duration", "resolution", "callback_url",
        "aigc_watermark",
    }
)  # fmt: skip
LENGTHS = {"768P": (6, 10), "1080P": (6,)}


def base(code: int, message: str) -> dict[str, Any]:
    """Return the member that every answer has."""
    return {"base_resp": {"status_code": code, "status_msg": message}}


def answer(members: dict[str, Any]) -> dict[str, Any]:
    """Return a good answer."""
    return {**members, **base(0, "success")}


def refused(code: int, message: str) -> Refusal:
    """Return a refusal of a create request."""
    return Refusal(200, {"task_id": "", **base(code, message)})


def authenticate(visit: Visit) -> None:
    """Accept the key."""
    if not (key := bearer_of(visit)):
        message = "login fail: Please carry the API secret key in the 'Authorization' field of the request header"
        raise refused(1004, message)
    if key != KEY:
        raise refused(2049, "invalid api key")


def file_id(job: Job) -> int:
    """Return the id of the file that a job made."""
    return int(job.id) + 1


def create(visit: Visit) -> dict[str, Any]:
    """Accept a task."""
    body = visit.body
    visit.strike("model")
    if body.get("model") not in visit.desk.vendor.models:
        raise refused(2013, f"invalid params, unknown model '{body.get('model')}'")
    if unknown := sorted(set(body) - MEMBERS):
        raise refused(2013, f"invalid params, unknown field {unknown[0]}")
    if not is_text(body.get("prompt")):
        raise refused(2013, "invalid params, prompt is required")
    if body.get("duration", 6) not in LENGTHS.get(body.get("resolution", "768P"), ()):
        raise refused(2013, "invalid params, duration does not support resolution")
    return answer({"task_id": visit.accept(body["model"]).id})


def poll(visit: Visit) -> dict[str, Any]:
    """Return one task, named in the query."""
    job, desk = visit.job(visit.query.get("task_id", "")), visit.desk
    if job is None:
        raise Refusal(200, base(2013, "invalid params, task_id not found"))
    shown = {"task_id": job.id, "status": desk.word(job), "file_id": "", "video_width": 0, "video_height": 0}
    if desk.state(job) == "done":
        shown |= {"file_id": str(file_id(job)), "video_width": 1366, "video_height": 768}
    return {**answer(shown), **desk.why_failed(job)}


def _of_file(visit: Visit, said: object) -> Job:
    job = next((job for job in visit.desk.jobs.values() if str(file_id(job)) == str(said)), None)
    if job is None or visit.desk.state(job) != "done":
        raise Refusal(200, base(2013, "invalid params, file not found"))
    return job


def retrieve(visit: Visit) -> dict[str, Any]:
    """Return where a file is; its id is a number here."""
    job = _of_file(visit, visit.query.get("file_id"))
    file = {"file_id": file_id(job), "bytes": 0, "created_at": 1700469398, "filename": "output.mp4"}
    return answer({"file": file | {"purpose": "video_generation", "download_url": visit.address(job)}})


def delete(visit: Visit) -> dict[str, Any]:
    """Delete a file."""
    if visit.body.get("purpose") != "video_generation":
        raise Refusal(200, base(2013, "invalid params, purpose"))
    job = _of_file(visit, visit.body.get("file_id"))
    del visit.desk.jobs[job.id]
    return answer({"file_id": file_id(job)})


def unknown(_visit: Visit) -> Any:
    raise Refusal(404, "404 page not found")


def malformed(_visit: Visit) -> Any:
    raise refused(2013, "invalid params, the body is not JSON")


def _fault(at: str, code: int, message: str) -> Fault:
    return Fault(at, 200, {"task_id": "", **base(code, message)})


FAULTS = {
    "wrong_key": _fault("door", 2049, "invalid api key"),
    "key_of_other_region": _fault("door", 1004, "not authorized, token not match group"),
    "no_balance": _fault("create", 1008, "insufficient balance"),
    "plan_used_up": _fault("create", 2056, "usage limit exceeded"),
    "model_not_in_plan": _fault("model", 2061, "your current token plan not support model"),
    "retired_model": _fault("model", 2013, "invalid params, this model is no longer available"),
    "rate_limit": _fault("door", 1002, "rate limit"),
    "unsafe_prompt": _fault("create", 1026, "input new_sensitive"),
    "internal_error": _fault("door", 1033, "system error"),
    "unknown_error": _fault("create", 1000, "unknown error"),
    "time_out": _fault("door", 1001, "request timeout"),
    "unsafe_video": Fault("job", body=base(1027, "output new_sensitive")),
    "failed_job": Fault("job", body=base(1000, "unknown error")),
    "unexplained_failure": Fault("job", body=base(0, "success")),
    "unknown_word": Fault("status", body="Hatching"),
    "stalled": Fault("stalled"),
    "refused_poll": _fault("poll", 1002, "rate limit"),
    "lost_file": Fault("retrieve", 200, base(2013, "invalid params, file not found")),
    "expired_asset": Fault("asset", body="expired"),
    "cut_asset": Fault("asset", body="truncated"),
}

VENDOR = Vendor(
    name="minimax",
    key=KEY,
    models=frozenset({"MiniMax-Hailuo-2.3", "MiniMax-Hailuo-02", "T2V-01-Director", "T2V-01"}),
    words={"queued": "Queueing", "running": "Processing", "done": "Success", "failed": "Fail"},
    calls=(
        Call("POST", "/v1/video_generation", "create", create),
        Call("GET", "/v1/query/video_generation", "poll", poll),
        Call("GET", "/v1/files/retrieve", "retrieve", retrieve),
        Call("POST", "/v1/files/delete", "delete", delete),
    ),
    authenticate=authenticate,
    unknown=unknown,
    malformed=malformed,
    faults=FAULTS,
    job_id=lambda number: str(106916112212000 + 2 * number),
)
