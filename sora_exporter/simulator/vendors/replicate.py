"""Replicate. Source: replicate.com/docs/reference/http and its OpenAPI document, read 2026-11-27."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from .kit import ENDINGS, Call, Fault, Job, Refusal, Vendor, Visit, bearer_of, digest, is_whole

KEY = "r8_0123456789abcdefghijABCDEFGHIJ0123456"
MODELS = frozenset({"wan-video/wan-2.2-t2v-fast"})
FRAMES = range(81, 122)
RESOLUTIONS = ("480p", "720p")


def refused(http_status: int, title: str, detail: str) -> Refusal:
    """Return a refusal."""
    return Refusal(http_status, {"title": title, "detail": detail, "status": http_status})


def authenticate(visit: Visit) -> None:
    """Accept the key, also behind the older word."""
    if KEY not in (bearer_of(visit), bearer_of(visit, "Token")):
        raise refused(401, "Unauthenticated", "You did not pass a valid authentication token")


def invalid(field: str, description: str, kind: str = "invalid_type") -> Refusal:
    """Return the refusal of an input."""
    problem = {"type": kind, "field": field, "description": description}
    body = {"title": "Input validation failed", "detail": f"- {field}: {description}\n", "status": 422}
    return Refusal(422, {**body, "invalid_fields": [problem]})


def check(given: Any) -> None:
    """Raise the refusal of the first wrong input; the schema sets no least length of a prompt."""
    if not isinstance(given, dict) or "prompt" not in given:
        raise invalid("input", "prompt is required", "required")
    if not isinstance(given["prompt"], str):
        raise invalid("input.prompt", "Invalid type. Expected: string")
    if not is_whole(given.get("num_frames", 81)) or given.get("num_frames", 81) not in FRAMES:
        raise invalid("input.num_frames", f"Must be at least {FRAMES[0]} and at most {FRAMES[-1]}")
    if given.get("resolution", "480p") not in RESOLUTIONS:
        raise invalid("input.resolution", "Must be one of: 480p, 720p")


def describe(visit: Visit, job: Job) -> dict[str, Any]:
    """Return a prediction."""
    desk, address = visit.desk, f"{visit.base}/v1/predictions/{job.id}"
    shown = {
        "id": job.id,
        "model": job.model,
        "version": "hidden",
        "input": dict(job.order["input"]),
        "logs": "",
        "output": visit.address(job) if desk.state(job) == "done" else None,
        "data_removed": False,
        "error": None,
        "status": desk.word(job),
        "created_at": "2026-11-27T08:00:00Z",
        "urls": {"cancel": f"{address}/cancel", "get": address, "web": f"https://replicate.com/p/{job.id}"},
    }
    return {**shown, **desk.why_failed(job)}


def create(visit: Visit) -> Response:
    """Accept a prediction."""
    visit.strike("model")
    version = visit.body.get("version")
    if version not in MODELS:
        raise refused(
            422,
            "Invalid version or not permitted",
            "The specified version does not exist (or perhaps you don't have permission to use it?)",
        )
    check(visit.body.get("input"))
    return JSONResponse(describe(visit, visit.accept(version)), 201)


def find(visit: Visit) -> Job:
    """Return the prediction that the path names."""
    return visit.known_job(refused(404, "Not found", "Prediction not found"))


def poll(visit: Visit) -> dict[str, Any]:
    """Return one prediction."""
    return describe(visit, find(visit))


def cancel(visit: Visit) -> dict[str, Any]:
    """Cancel a prediction; one that has ended stays as it is."""
    job = find(visit)
    if visit.desk.state(job) in ("queued", "running"):
        job.is_cancelled = True
    return describe(visit, job)


def listed(visit: Visit) -> dict[str, Any]:
    """Return the predictions, newest first."""
    found = [describe(visit, job) for job in reversed(visit.desk.jobs.values())]
    return {"next": None, "previous": None, "results": found}


def model_of(visit: Visit) -> dict[str, Any]:
    """Return one model."""
    name = f"{visit.values['owner']}/{visit.values['name']}"
    if name not in MODELS:
        raise refused(404, "Not found", "The requested resource could not be found.")
    owner, short = visit.values["owner"], visit.values["name"]
    shown = {"url": f"https://replicate.com/{name}", "owner": owner, "name": short, "description": ""}
    return {**shown, "visibility": "public", "run_count": 1, "latest_version": {"id": digest(name)}}


def unknown(_visit: Visit) -> Any:
    """Refuse a path or method that does not exist."""
    raise refused(404, "Not found", "The requested resource could not be found.")


def malformed(_visit: Visit) -> Any:
    """Refuse a body that is not a JSON object."""
    raise refused(400, "Invalid JSON", "The body of your request is not valid JSON")


CREDIT = (
    "You have insufficient credit to run this model. Go to https://replicate.com/account/billing#billing to purchase "
    "credit. Once you purchase credit, please wait a few minutes before trying again."
)
FAULTS = {
    "wrong_key": Fault(
        "door", 401, {"title": "Unauthenticated", "detail": "You did not pass an authentication token", "status": 401}
    ),
    "no_credit": Fault("create", 402, {"title": "Insufficient credit", "detail": CREDIT, "status": 402}),
    "throttled": Fault(
        "create",
        429,
        {"detail": "Request was throttled. Your rate limit resets in ~30s.", "status": 429},
        {"retry-after": "30"},
    ),
    "unknown_version": Fault(
        "model",
        422,
        {
            "title": "Invalid version or not permitted",
            "detail": "The specified version does not exist (or perhaps you don't have permission to use it?)",
            "status": 422,
        },
    ),
    "unlisted_model": Fault("catalog", 404, {"detail": "The requested resource could not be found.", "status": 404}),
    "internal_error": Fault("door", 500, {"detail": "Internal server error", "status": 500}),
    "failed_moderation": Fault(
        "job",
        body={"error": "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"},
    ),
    "failed_job": Fault("job", body={"error": "Prediction interrupted; please retry (code: PA)"}),
    "failed_silently": Fault("job", body={"error": None}),
    "aborted": Fault("status", body="aborted"),
    "canceled": Fault("status", body="canceled"),
    "unknown_word": Fault("status", body="hatching"),
    **ENDINGS,
}

VENDOR = Vendor(
    name="replicate",
    key=KEY,
    models=MODELS,
    words={
        "queued": "starting",
        "running": "processing",
        "done": "succeeded",
        "failed": "failed",
        "cancelled": "canceled",
    },
    calls=(
        Call("POST", "/v1/predictions", "create", create),
        Call("GET", "/v1/predictions", "list", listed),
        Call("GET", "/v1/predictions/{job_id}", "poll", poll),
        Call("POST", "/v1/predictions/{job_id}/cancel", "cancel", cancel),
        Call("GET", "/v1/models/{owner}/{name}", "catalog", model_of),
    ),
    authenticate=authenticate,
    unknown=unknown,
    malformed=malformed,
    faults=FAULTS,
    job_id=lambda number: digest(f"prediction {number}")[:26],
)
