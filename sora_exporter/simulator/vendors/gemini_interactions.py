"""Gemini's Interactions API, which makes videos with Omni. Source: google-genai 2.19.0 and 3.1.0, read 2026-11-27."""

from __future__ import annotations

import base64
import re
from typing import Any

from starlette.responses import Response

from ..assets import asset
from .kit import Call, Fault, Job, Refusal, Vendor, Visit, digest, is_text

KEY = "AQ.simulated0123456789abcdefghijABCDEFGHIJ"
MODELS = frozenset({"gemini-omni-1.1-flash", "gemini-omni-1.2-flash"})
MEMBERS = frozenset(
    {"model", "input", "background", "store", "response_format", "system_instruction", "generation_config", "stream"}
)
FORMAT = {
    "type": ("video",),
    "resolution": ("360p", "720p", "1080p", "4k"),
    "aspect_ratio": ("16:9", "9:16"),
    "delivery": ("inline", "uri"),
}
SECONDS = range(3, 16)
PAGE = 1
"""Models on one page of the list: few, so that a reader has to turn it."""


def refused(http_status: int, code: str, message: str) -> Refusal:
    """Return a refusal of the Interactions API, whose code is a word."""
    return Refusal(http_status, {"error": {"code": code, "message": message}})


def numbered(http_status: int, status: str, message: str, **details: Any) -> dict[str, Any]:
    """Return the body of a refusal of the rest of the API, whose code is a number."""
    return {"error": {"code": http_status, "message": message, "status": status, **details}}


INFO = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "googleapis.com"}
HOST = {"service": "generativelanguage.googleapis.com"}
WRONG_KEY = numbered(
    400,
    "INVALID_ARGUMENT",
    "API key not valid. Please pass a valid API key.",
    details=[{**INFO, "reason": "API_KEY_INVALID", "metadata": HOST}],
)
NO_KEY = numbered(
    403,
    "PERMISSION_DENIED",
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other "
    "form of API consumer identity to call this API.",
)


def authenticate(visit: Visit) -> None:
    """Accept the key in its own header, and nothing beside it."""
    key = visit.headers.get("x-goog-api-key")
    if "authorization" in visit.headers or (key and "key" in visit.query):
        raise Refusal(400, numbered(400, "INVALID_ARGUMENT", "Multiple authentication credentials received."))
    if not key:
        raise Refusal(403, NO_KEY)
    if key != KEY:
        raise Refusal(400, WRONG_KEY)


def check(body: Any) -> None:
    """Raise the refusal of the first wrong member."""
    if unknown := sorted(set(body) - MEMBERS):
        raise refused(400, "invalid_request", f"Unknown parameter '{unknown[0]}'.")
    given = body.get("input")
    if not is_text(given) and not (isinstance(given, list) and given):
        raise refused(400, "invalid_request", "'input' must not be empty.")
    if body.get("background") and body.get("store") is False:
        raise refused(400, "invalid_request", "'background' requires 'store'.")
    form = body.get("response_format", {})
    for name, allowed in FORMAT.items():
        if name in form and form[name] not in allowed:
            raise refused(400, "invalid_request", f"'response_format.{name}' is not valid: {form[name]}.")
    seconds = re.fullmatch(r"(\d+)s", str(form.get("duration", "5s")))
    if seconds is None or int(seconds[1]) not in SECONDS:
        raise refused(400, "invalid_request", "'response_format.duration' must be from 3s to 15s.")


def describe(visit: Visit, job: Job) -> dict[str, Any]:
    """Return an interaction; the video is not its only step."""
    desk = visit.desk
    shown = {
        "id": job.id,
        "object": "interaction",
        "model": job.model,
        "status": desk.word(job),
        "created": "2026-11-27T08:00:00Z",
        "updated": "2026-11-27T08:00:01Z",
        "steps": [],
    }
    if desk.state(job) == "done":
        video = {"type": "video", "mime_type": "video/mp4", **_content(visit, job)}
        text = {"type": "text", "text": "Here is your video."}
        shown["steps"] = [
            {"type": "user_input", "content": [{"type": "text", "text": str(job.order.get("input"))}]},
            {"type": "thought", "summary": []},
            {"type": "model_output", "content": [text, video]},
        ]
        shown["usage"] = {"total_tokens": 17376}
    return {**shown, **desk.why_failed(job)}


def _form(visit: Visit) -> str:
    fault = visit.desk.fault
    return fault.body if fault is not None and fault.at == "asset" else "good"


def _content(visit: Visit, job: Job) -> dict[str, str]:
    """Return the video as text, or its address, as ordered."""
    if job.order.get("response_format", {}).get("delivery") == "uri":
        return {"uri": f"{visit.base}/v1beta/files/{job.id}:download?alt=media"}
    return {"data": base64.b64encode(asset("mp4", _form(visit)).content).decode()}


def create(visit: Visit) -> dict[str, Any]:
    """Accept an interaction in the background."""
    visit.strike("model")
    model = visit.body.get("model")
    if model not in MODELS:
        raise refused(404, "not_found", f"Model '{model}' was not found.")
    check(visit.body)
    if not visit.body.get("background"):
        raise refused(400, "failed_precondition", "The simulated API makes videos in the background only.")
    return describe(visit, visit.accept(model))


def find(visit: Visit) -> Job:
    """Return the interaction that the path names."""
    return visit.known_job(refused(404, "not_found", "The interaction was not found."))


def poll(visit: Visit) -> dict[str, Any]:
    """Return one interaction."""
    return describe(visit, find(visit))


def cancel(visit: Visit) -> dict[str, Any]:
    """Cancel an interaction that has not ended."""
    job = find(visit)
    if visit.desk.state(job) not in ("queued", "running"):
        raise refused(400, "failed_precondition", "Only an interaction in progress can be cancelled.")
    job.is_cancelled = True
    return describe(visit, job)


def delete(visit: Visit) -> dict[str, Any]:
    """Delete an interaction that has ended."""
    job = find(visit)
    if visit.desk.state(job) in ("queued", "running"):
        raise refused(400, "failed_precondition", "An interaction in progress cannot be deleted.")
    del visit.desk.jobs[job.id]
    return {}


def download(visit: Visit) -> Response:
    """Return a video that was ordered as a file; the key is needed here too."""
    find(visit)
    chosen = asset("mp4", _form(visit))
    return Response(chosen.content, media_type=chosen.media_type)


def _model(name: str) -> dict[str, Any]:
    methods = ["createInteraction"] if name in MODELS else ["generateContent"]
    return {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": methods}


LISTED = ("gemini-3.5-pro", *sorted(MODELS))


def models(visit: Visit) -> dict[str, Any]:
    """Return the models, page after page."""
    start = int(visit.query.get("pageToken", "0"))
    page = {"models": [_model(name) for name in LISTED[start : start + PAGE]]}
    return page if start + PAGE >= len(LISTED) else {**page, "nextPageToken": str(start + PAGE)}


def model_of(visit: Visit) -> dict[str, Any]:
    """Return one model."""
    name = visit.values["model"]
    if name not in LISTED:
        raise Refusal(404, numbered(404, "NOT_FOUND", f"models/{name} is not found for API version v1beta."))
    return _model(name)


def unknown(_visit: Visit) -> Any:
    """Refuse a path or method that does not exist."""
    raise Refusal(404, numbered(404, "NOT_FOUND", "Method not found."))


def malformed(_visit: Visit) -> Any:
    """Refuse a body that is not a JSON object."""
    raise refused(400, "invalid_request", "The request body is not valid JSON.")


RETIRED = "models/veo-3.1-generate-preview is no longer available. Please use gemini-omni-1.1-flash."
QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. Quota exceeded for metric: "
    "generate_content_paid_tier_requests, limit: 0. Please retry in 10h17m5s"
)
REFUSAL = "I cannot make this video because it would violate our content policy."
BUSY = "Resource has been exhausted (e.g. check quota)."


def _exhausted(message: str, delay: str) -> Fault:
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
    return Fault("create", 429, numbered(429, "RESOURCE_EXHAUSTED", message, details=[retry]))


FAULTS = {
    "wrong_key": Fault("door", 400, WRONG_KEY),
    "no_key": Fault("door", 403, NO_KEY),
    "refused_key": Fault("door", 401, {"error": {"code": "authentication", "message": "The API key is not valid."}}),
    "place": Fault(
        "create",
        400,
        {"error": {"code": "failed_precondition", "message": "User location is not supported for the API use."}},
    ),
    "quota": _exhausted(QUOTA, "37025s"),
    "rate_limited": Fault("create", 429, {"error": {"code": "rate_limit_exceeded", "message": "Too many requests."}}),
    "retired_model": Fault("model", 404, numbered(404, "NOT_FOUND", RETIRED)),
    "unlisted_model": Fault(
        "catalog", 404, numbered(404, "NOT_FOUND", "models/x is not found for API version v1beta.")
    ),
    "overloaded": Fault("door", 503, numbered(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")),
    "internal_error": Fault("door", 500, numbered(500, "INTERNAL", "An internal error has occurred.")),
    "failed_moderation": Fault(
        "job", body={"errors": [{"code": "content_blocked", "message": "The request was blocked by safety filters."}]}
    ),
    "failed_job": Fault("job", body={"errors": [{"code": "internal", "message": "An internal error has occurred."}]}),
    "incomplete": Fault("job", body={"status": "incomplete"}),
    "budget_exceeded": Fault("job", body={"status": "budget_exceeded"}),
    "requires_action": Fault("job", body={"status": "requires_action"}),
    "no_video": Fault(
        "job",
        body={
            "status": "completed",
            "steps": [{"type": "model_output", "content": [{"type": "text", "text": "I made no video."}]}],
        },
    ),
    "refused_in_words": Fault(
        "job",
        body={
            "status": "completed",
            "steps": [{"type": "model_output", "content": [{"type": "text", "text": REFUSAL}]}],
        },
    ),
    "unknown_word": Fault("status", body="hatching"),
    "stalled": Fault("stalled"),
    "cut_asset": Fault("asset", body="truncated"),
}

VENDOR = Vendor(
    name="gemini-interactions",
    key=KEY,
    models=MODELS,
    words={
        "queued": "queued",
        "running": "in_progress",
        "done": "completed",
        "failed": "failed",
        "cancelled": "cancelled",
    },
    calls=(
        Call("POST", "/v1beta/interactions", "create", create),
        Call("GET", "/v1beta/interactions/{job_id}", "poll", poll),
        Call("POST", "/v1beta/interactions/{job_id}/cancel", "cancel", cancel),
        Call("DELETE", "/v1beta/interactions/{job_id}", "delete", delete),
        Call("GET", "/v1beta/files/{job_id}:download", "download", download),
        Call("GET", "/v1beta/models", "catalog", models),
        Call("GET", "/v1beta/models/{model}", "catalog", model_of),
    ),
    authenticate=authenticate,
    unknown=unknown,
    malformed=malformed,
    faults=FAULTS,
    job_id=lambda number: f"v1_{digest(f'interaction {number}')[:40]}",
)
