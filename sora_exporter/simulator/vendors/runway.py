"""Runway, text to video. Source: docs.dev.runwayml.com and its SDK 5.13.0, read 2026-11-27."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from .kit import ENDINGS, Call, Fault, Job, Refusal, Vendor, Visit, bearer_of, is_whole, uuids

KEY = "key_" + "0123456789abcdef" * 8
VERSION = "2024-11-06"
LENGTHS = {"gen4.5": range(2, 11), "veo3.1": (4, 6, 8), "veo3.1_fast": (4, 6, 8), "seedance2": range(4, 16)}
"""Seconds that a model offers."""
RATIOS = ("1280:720", "720:1280")
MEMBERS = frozenset({"model", "promptText", "ratio", "duration", "seed", "audio", "contentModeration"})
PROMPT_UNITS = 1000


def refused(http_status: int, error: str) -> Refusal:
    """Return a refusal that is one sentence."""
    return Refusal(http_status, {"error": error})


def invalid(path: str, code: str, message: str, **facts: Any) -> Refusal:
    """Return the refusal of a body, as its validation describes one member."""
    issue = {"code": code, **facts, "path": [path], "message": message}
    return Refusal(
        400, {"error": "Validation of body failed", "issues": [issue], "docUrl": "https://docs.dev.runwayml.com/api"}
    )


def authenticate(visit: Visit) -> None:
    """Accept the key, with the version of the API in every request."""
    if bearer_of(visit) != KEY:
        raise refused(401, "The API key is missing or not valid.")
    if visit.headers.get("x-runway-version") != VERSION:
        raise refused(400, "This version of the API is not valid: send the header X-Runway-Version.")


def create(visit: Visit) -> dict[str, Any]:
    """Accept a task; the answer is its id alone."""
    body = visit.body
    visit.strike("model")
    model = body.get("model")
    if model not in LENGTHS:
        raise invalid("model", "invalid_value", "Invalid option", values=sorted(LENGTHS))
    if unknown := sorted(set(body) - MEMBERS):
        raise invalid(unknown[0], "unrecognized_keys", f"Unrecognized key: {unknown[0]}", keys=unknown)
    prompt = body.get("promptText")
    if not isinstance(prompt, str) or not 1 <= len(prompt.encode("utf-16-le")) // 2 <= PROMPT_UNITS:
        raise invalid("promptText", "too_small", "Too small: expected string to have >=1 characters", minimum=1)
    if body.get("ratio") not in RATIOS:
        raise invalid("ratio", "invalid_value", "Invalid option", values=list(RATIOS))
    lengths = LENGTHS[model]
    if not is_whole(body.get("duration")) or body["duration"] not in lengths:
        most = max(lengths)
        raise invalid("duration", "too_big", f"Too big: expected number to be <={most}", maximum=most)
    return {"id": visit.accept(model).id}


def find(visit: Visit) -> Job:
    """Return the task that the path names."""
    return visit.known_job(refused(404, "The task was not found."))


def poll(visit: Visit) -> dict[str, Any]:
    """Return one task."""
    job, desk = find(visit), visit.desk
    shown = {"id": job.id, "createdAt": "2026-11-27T08:00:00.000Z", "status": desk.word(job), **desk.why_failed(job)}
    if desk.state(job) == "done":
        shown["output"] = [visit.address(job)]
    if desk.state(job) == "running":
        shown["progress"] = 0.45
    return shown


def delete(visit: Visit) -> Response:
    """Cancel a task that has not ended, and delete any other; afterwards it is not found."""
    del visit.desk.jobs[find(visit).id]
    return Response(status_code=204)


def organization(_visit: Visit) -> dict[str, Any]:
    """Return the credits, and the models that the tier may use."""
    limits = {"maxConcurrentGenerations": 2, "maxDailyGenerations": 50}
    return {
        "creditBalance": 1234,
        "tier": {"maxMonthlyCreditSpend": 10000, "models": dict.fromkeys(LENGTHS, limits)},
        "usage": {"models": {"gen4.5": {"dailyGenerations": 3}}},
    }


def unknown(visit: Visit) -> Any:
    """Refuse a path or method that does not exist."""
    raise refused(404, f"There is no {visit.method} {visit.path}.")


def malformed(_visit: Visit) -> Any:
    """Refuse a body that is not a JSON object."""
    raise refused(400, "The body is not valid JSON.")


def _failed(code: str | None, failure: str) -> Fault:
    return Fault("job", body={"failure": failure, "failureCode": code})


FAULTS = {
    "wrong_key": Fault("door", 401, {"error": "The API key is missing or not valid."}),
    "no_credits": Fault("create", 400, {"error": "You do not have enough credits to run this task."}),
    "daily_limit": Fault("create", 429, {"error": "You have reached the daily limit of generations of your tier."}),
    "model_gone": Fault(
        "model",
        400,
        {
            "error": "Validation of body failed",
            "issues": [
                {"code": "invalid_value", "values": ["gen4_turbo"], "path": ["model"], "message": "Invalid option"}
            ],
        },
    ),
    "bad_gateway": Fault("door", 502, {"error": "Bad gateway"}),
    "shedding": Fault("door", 503, {"error": "The API is overloaded."}),
    "gateway_timeout": Fault("door", 504, {"error": "Gateway timeout"}),
    "failed_input": _failed("SAFETY.INPUT.TEXT", "The input was rejected."),
    "failed_output": _failed("SAFETY.OUTPUT.VIDEO", "The output was rejected."),
    "failed_preprocessing": _failed("INPUT_PREPROCESSING.SAFETY.TEXT", "The input was rejected."),
    "failed_quality": _failed("INTERNAL.BAD_OUTPUT.CODE01", "An unexpected error occurred."),
    "failed_internal": _failed(None, "An unexpected error occurred."),
    "failed_asset": _failed("ASSET.INVALID", "An asset is not valid."),
    "throttled": Fault("status", body="THROTTLED"),
    "cancelled": Fault("status", body="CANCELLED"),
    "unknown_word": Fault("status", body="HATCHING"),
    **ENDINGS,
}

VENDOR = Vendor(
    name="runway",
    key=KEY,
    models=frozenset(LENGTHS),
    words={
        "queued": "PENDING",
        "running": "RUNNING",
        "done": "SUCCEEDED",
        "failed": "FAILED",
        "cancelled": "CANCELLED",
    },
    calls=(
        Call("POST", "/v1/text_to_video", "create", create),
        Call("GET", "/v1/tasks/{job_id}", "poll", poll),
        Call("DELETE", "/v1/tasks/{job_id}", "delete", delete),
        Call("GET", "/v1/organization", "catalog", organization),
    ),
    authenticate=authenticate,
    unknown=unknown,
    malformed=malformed,
    faults=FAULTS,
    job_id=uuids("runway task"),
)
