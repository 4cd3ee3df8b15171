"""xAI's Grok Imagine video. Source: docs.x.ai/api-reference and xai_sdk 1.21.0, read 2026-11-27."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from .kit import ENDINGS, Call, Fault, Refusal, Vendor, Visit, bearer_of, is_text, is_whole, uuids

KEY = "xai-0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijABCDEFGHIJ0123456789abcdefghij"
MODELS = frozenset({"grok-imagine-video", "grok-imagine-video-1.5", "grok-imagine-video-1.5-lite"})
MEMBERS = frozenset(
    {"model", "prompt", "duration", "resolution", "aspect_ratio", "image", "reference_images", "generate_audio", "user"}
)
ARGUMENT, MISSING, DENIED = (
    "Client specified an invalid argument",
    "Some requested entity was not found",
    "permission-denied",
)


def refused(http_status: int, code: str, error: str) -> Refusal:
    """Return a refusal."""
    return Refusal(http_status, {"code": code, "error": error})


def authenticate(visit: Visit) -> None:
    """Accept the key; a wrong one is a wrong argument here."""
    key = bearer_of(visit)
    if not key:
        raise refused(401, "unauthenticated:no-credentials", "No credentials provided")
    if key != KEY:
        raise refused(400, ARGUMENT, WRONG_KEY)


def create(visit: Visit) -> dict[str, Any]:
    """Accept a video; the answer is its id alone."""
    body = visit.body
    visit.strike("model")
    model = body.get("model")
    if model not in MODELS:
        raise refused(404, MISSING, NO_MODEL.format(model=model))
    if unknown := sorted(set(body) - MEMBERS):
        raise Refusal(
            422, {"error": f"Failed to deserialize the JSON body into the target type: unknown field {unknown[0]}"}
        )
    if not is_text(body.get("prompt")):
        raise refused(400, ARGUMENT, "Prompt cannot be empty")
    if not is_whole(body.get("duration", 8)) or not 1 <= body.get("duration", 8) <= 15:
        raise refused(400, ARGUMENT, "duration must be between 1 and 15")
    if body.get("resolution", "480p") not in ("480p", "720p", "1080p"):
        raise refused(400, ARGUMENT, "resolution must be one of 480p, 720p, 1080p")
    return {"request_id": visit.accept(model).id}


def poll(visit: Visit) -> Response:
    """Return the state of a video: 202 while it is pending, at first without a body."""
    job, desk = visit.known_job(refused(404, MISSING, "The requested video was not found")), visit.desk
    state, video = desk.state(job), {"duration": job.order.get("duration", 8), "respect_moderation": True}
    if state == "queued":
        return Response(status_code=202)
    word = desk.word(job)
    if state == "running":
        return JSONResponse({"status": word, "progress": 40, "model": job.model}, 202 if word == "pending" else 200)
    if state == "failed":
        return JSONResponse({"status": word, "video": {**video, "duration": 0}, "model": "", **desk.why_failed(job)})
    usage = {"cost_in_usd_ticks": 200000000}
    done = {"status": word, "video": {**video, "url": visit.address(job)}, "model": job.model, "progress": 100}
    return JSONResponse({**done, "usage": usage})


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1764000000, "owned_by": "xai", "version": "1.0",
            "input_modalities": ["text", "image"], "output_modalities": ["video"], "aliases": []}  # fmt: skip


def models(_visit: Visit) -> dict[str, Any]:
    """Return the models that make videos."""
    return {"models": [_model(name) for name in sorted(MODELS)]}


def model_of(visit: Visit) -> dict[str, Any]:
    """Return one model."""
    if visit.values["model"] not in MODELS:
        raise refused(404, MISSING, NO_MODEL.format(model=visit.values["model"]))
    return _model(visit.values["model"])


def unknown(visit: Visit) -> Any:
    """Refuse a path or method that does not exist."""
    raise Refusal(404, {"error": f"No route for {visit.method} {visit.path}"})


def malformed(_visit: Visit) -> Any:
    """Refuse a body that is not a JSON object."""
    raise Refusal(400, {"error": "Failed to parse the request body as JSON"})


WRONG_KEY = "Incorrect API key provided: xa***23. You can obtain an API key from https://console.x.ai."
NO_MODEL = (
    "The model {model} does not exist or your team simulated does not have access to it. Please ensure you're using "
    "the correct API key."
)
SPENT = (
    "Your team simulated has either used all available credits or reached its monthly spending limit. To continue "
    "making API requests, please purchase more credits or raise your spending limit."
)
BUSY = (
    "Too many requests for team simulated and model grok-imagine-video. Your team's rate limit is - Requests per "
    "Minute (actual/limit): 61/60."
)


def _refusal(at: str, http_status: int, code: str, error: str) -> Fault:
    return Fault(at, http_status, {"code": code, "error": error})


def _failed(code: str, message: str) -> Fault:
    return Fault("job", body={"error": {"code": code, "message": message}})


FAULTS = {
    "wrong_key": _refusal("door", 400, ARGUMENT, WRONG_KEY),
    "no_key": _refusal("door", 401, "unauthenticated:no-credentials", "No credentials provided"),
    "no_credit": _refusal("create", 403, DENIED, SPENT),
    "spending_limit": _refusal("create", 429, "Some resource has been exhausted", SPENT),
    "rate_limited": _refusal("create", 429, "Some resource has been exhausted", BUSY),
    "unknown_model": _refusal("model", 404, MISSING, NO_MODEL),
    "unlisted_model": _refusal("catalog", 404, MISSING, NO_MODEL),
    "unsafe_prompt": _refusal("create", 400, "invalid-argument", "Generated video rejected by content moderation."),
    "unavailable": _refusal("door", 503, "The service is currently unavailable", "Service temporarily unavailable."),
    "held_back": Fault("job", body={"status": "done", "video": {"duration": 1, "respect_moderation": False}}),
    "failed_internal": _failed("internal_error", "The video could not be generated."),
    "failed_service": _failed("service_unavailable", "The service is unavailable."),
    "failed_argument": _failed("invalid_argument", "The argument is not valid."),
    "expired_request": Fault("job", body={"status": "expired"}),
    "unknown_word": Fault("status", body="hatching"),
    **ENDINGS,
}

VENDOR = Vendor(
    name="xai",
    key=KEY,
    models=MODELS,
    words={"queued": "pending", "running": "pending", "done": "done", "failed": "failed"},
    calls=(
        Call("POST", "/v1/videos/generations", "create", create),
        Call("GET", "/v1/videos/{job_id}", "poll", poll),
        Call("GET", "/v1/video-generation-models", "catalog", models),
        Call("GET", "/v1/video-generation-models/{model}", "catalog", model_of),
    ),
    authenticate=authenticate,
    unknown=unknown,
    malformed=malformed,
    faults=FAULTS,
    job_id=uuids("grok video"),
)
