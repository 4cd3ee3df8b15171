"""PixVerse, text to video. Source: docs.platform.pixverse.ai (text-to-video, error codes, balance), read 2026-11-27.

Each request has an id of its own in ``Ai-trace-id``: one that came before is answered as it was then.
"""

from __future__ import annotations

import uuid
from typing import Any

from .kit import ENDINGS, Call, Fault, Job, Refusal, Vendor, Visit, is_text, is_whole

KEY = "sk-pixverse-of-the-simulator-0123456789"
REQUIRED = ("prompt", "model", "duration", "quality", "aspect_ratio")
MEMBERS = frozenset(
    {*REQUIRED, "motion_mode", "negative_prompt", "seed", "style", "template_id", "water_mark"}
    | {"generate_audio_switch", "generate_multi_clip_switch", "thinking_type"}
)
LENGTHS = {"v6": range(1, 16), "v5": (5, 8)}


def answer(resp: Any) -> dict[str, Any]:
    """Return a good answer."""
    return {"ErrCode": 0, "ErrMsg": "success", "Resp": resp}


def error(code: int, message: str) -> dict[str, Any]:
    """Return the body of a refusal, which comes with HTTP status 200."""
    return {"ErrCode": code, "ErrMsg": message, "Resp": None}


def authenticate(visit: Visit) -> None:
    """Accept the key and a trace id that is a UUID."""
    if visit.headers.get("api-key") != KEY:
        raise Refusal(200, error(400012, "invalid account"))
    try:
        uuid.UUID(visit.headers.get("ai-trace-id", ""))
    except ValueError:
        raise Refusal(200, error(400011, "empty parameter: Ai-trace-id")) from None


def create(visit: Visit) -> dict[str, Any]:
    """Accept a job, or return the one that the same trace id made."""
    body, trace = visit.body, visit.headers["ai-trace-id"]
    if (earlier := visit.desk.answered.get(trace)) is not None:
        said: dict[str, Any] = earlier
        return said
    visit.strike("model")
    lacking = [name for name in REQUIRED if body.get(name) is None]
    if lacking or not is_text(body["prompt"]):
        raise Refusal(200, error(400011, f"empty parameter: {(lacking or ['prompt'])[0]}"))
    if body["model"] not in visit.desk.vendor.models:
        raise Refusal(200, error(400017, "invalid param: unsupported model"))
    if unknown := sorted(set(body) - MEMBERS):
        raise Refusal(200, error(400017, f"invalid param: {unknown[0]}"))
    if not is_whole(body["duration"]) or body["duration"] not in LENGTHS[body["model"]]:
        raise Refusal(200, error(400017, "invalid param: duration"))
    if body["quality"] not in ("360p", "540p", "720p", "1080p"):
        raise Refusal(200, error(400017, "invalid param: quality"))
    said = answer({"video_id": int(visit.accept(body["model"]).id), "credits": 45})
    visit.desk.answered[trace] = said
    return said


def poll(visit: Visit) -> dict[str, Any]:
    """Return one job; its status is a number."""
    job, desk = visit.known_job(Refusal(200, error(500008, "requested data not found"))), visit.desk
    return answer({**_shown(visit, job), **desk.why_failed(job)})


def _shown(visit: Visit, job: Job) -> dict[str, Any]:
    shown = {"id": int(job.id), "status": visit.desk.word(job), "url": "", "prompt": job.order["prompt"], "seed": 0}
    if visit.desk.state(job) == "done":
        shown |= {"url": visit.address(job), "outputWidth": 640, "outputHeight": 360, "size": 4200}
    return shown


def balance(_visit: Visit) -> dict[str, Any]:
    """Return both kinds of credits."""
    return answer({"account_id": 123452341, "credit_monthly": 1069020, "credit_package": 3630})


def unknown(_visit: Visit) -> Any:
    raise Refusal(404, "404 page not found")


def malformed(_visit: Visit) -> Any:
    raise Refusal(200, error(400013, "invalid param type"))


def _fault(at: str, code: int, message: str, http_status: int = 200) -> Fault:
    return Fault(at, http_status, error(code, message))


FAULTS = {
    "wrong_key": _fault("door", 400012, "invalid account"),
    "no_permission": _fault("model", 500020, "this account is not permitted to do this"),
    "no_credits": _fault("create", 500090, "insufficient balance, unable to generate video"),
    "retired_model": _fault("model", 400017, "invalid param: this model is no longer supported"),
    "too_many_jobs": _fault("create", 500044, "reached the limit for concurrent generations", 400),
    "high_load": _fault("create", 500069, "the system is currently experiencing high load"),
    "unsafe_prompt": _fault("create", 500063, "content moderation failed, please modify the prompt", 400),
    "database": _fault("door", 500100, "database error", 500),
    "unknown_error": _fault("door", 99999, "unknown error", 500),
    "unsafe_video": Fault("job", body={"status": 7}),
    "failed_job": Fault("job", body={"status": 8}),
    "deleted_job": Fault("job", body={"status": 6}),
    "unknown_word": Fault("status", body=19),
    **ENDINGS,
}

VENDOR = Vendor(
    name="pixverse",
    key=KEY,
    models=frozenset(LENGTHS),
    words={"queued": 5, "running": 5, "done": 1, "failed": 8},
    calls=(
        Call("POST", "/openapi/v2/video/text/generate", "create", create),
        Call("GET", "/openapi/v2/video/result/{job_id}", "poll", poll),
        Call("GET", "/openapi/v2/account/balance", "balance", balance),
    ),
    authenticate=authenticate,
    unknown=unknown,
    malformed=malformed,
    faults=FAULTS,
    job_id=lambda number: str(318633193768000 + number),
)
