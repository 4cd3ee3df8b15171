"""Veo on Vertex AI, with Google's token host. Source: docs.cloud.google.com/vertex-ai and RFC 7523, read 2026-11-27."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ..assets import asset
from .kit import Call, Fault, Refusal, Vendor, Visit, bearer_of, digest, is_text

PROJECT, LOCATION = "simulated-project", "us-central1"
GRANTED = "ya29.simulated-0123456789abcdef"
EMAIL = "prober@simulated-project.iam.gserviceaccount.com"
AUDIENCE = "https://oauth2.googleapis.com/token"
"""The audience of an assertion, for any address of the token host."""
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
MODELS = frozenset({"veo-3.1-generate-001", "veo-3.1-fast-generate-001", "veo-3.1-lite-generate-001"})
LENGTHS = (4, 6, 8)
BASE = "/v1/projects/{project}/locations/{location}/publishers/google/models/{model}"


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def service_account(host: str) -> dict[str, str]:
    """Return the members of a service account's key file; ``host`` is the address of this simulated vendor."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "simulated",
        "private_key": _key().private_bytes(*form).decode(),
        "client_email": EMAIL,
        "token_uri": f"{host}/token",
    }


def refused(http_status: int, status: str, message: str) -> Refusal:
    """Return a refusal."""
    return Refusal(http_status, error(http_status, status, message))


def error(http_status: int, status: str, message: str, reason: str = "") -> dict[str, Any]:
    """Return the body of a refusal."""
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    return {"error": {"code": http_status, "message": message, "status": status, "details": details}}


WRONG_CREDENTIAL = error(
    401,
    "UNAUTHENTICATED",
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
)


def authenticate(visit: Visit) -> None:
    """Accept the access token; the token host itself takes a signed assertion instead."""
    if visit.action == "token":
        return
    visit.strike("credentials")
    if bearer_of(visit) != GRANTED:
        raise Refusal(401, WRONG_CREDENTIAL)


def token(visit: Visit) -> dict[str, Any]:
    """Return an access token for an assertion that the service account signed."""
    form = visit.body
    try:
        if form.get("grant_type") != GRANT:
            raise jwt.InvalidTokenError
        claims = jwt.decode(
            form.get("assertion", ""),
            _key().public_key(),
            ["RS256"],
            audience=AUDIENCE,
            issuer=EMAIL,
            options={"require": ["exp", "iat", "iss", "aud"]},
        )
    except jwt.InvalidTokenError:
        raise Refusal(400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}) from None
    if claims.get("scope") != SCOPE or claims["exp"] - claims["iat"] > 3600:
        raise Refusal(400, {"error": "invalid_scope", "error_description": "Invalid OAuth scope."})
    return {"access_token": GRANTED, "expires_in": 3599, "token_type": "Bearer"}


def require_place(visit: Visit) -> str:
    """Return the model that a path names, in our project and location."""
    values = visit.values
    if (values["project"], values["location"]) != (PROJECT, LOCATION):
        raise refused(400, "INVALID_ARGUMENT", "Invalid resource field value in the request.")
    visit.strike("model")
    if values["model"] not in MODELS:
        raise refused(404, "NOT_FOUND", NO_MODEL.format(model=values["model"]))
    return values["model"]


def create(visit: Visit) -> dict[str, Any]:
    """Accept an operation. A parameter of another name is ignored, as Vertex does."""
    model, body = require_place(visit), visit.body
    instances, parameters = body.get("instances"), body.get("parameters", {})
    if not isinstance(instances, list) or not instances or len(instances) != 1:
        raise refused(400, "INVALID_ARGUMENT", "The request must have exactly one instance in 'instances'.")
    if not isinstance(instances[0], dict) or not is_text(instances[0].get("prompt")):
        raise refused(400, "INVALID_ARGUMENT", "The prompt of the instance must not be empty.")
    if parameters.get("durationSeconds", 8) not in LENGTHS:
        raise refused(400, "INVALID_ARGUMENT", "durationSeconds must be 4, 6 or 8.")
    if parameters.get("resolution", "720p") not in ("720p", "1080p", "4k"):
        raise refused(400, "INVALID_ARGUMENT", "resolution must be 720p, 1080p or 4k.")
    return {"name": visit.accept(model).id}


def poll(visit: Visit) -> dict[str, Any]:
    """Return one operation; until it is done there is no other member than its name."""
    model, desk = require_place(visit), visit.desk
    name = visit.body.get("operationName")
    job = desk.jobs.get(name) if isinstance(name, str) else None
    if job is None or job.model != model:
        raise refused(404, "NOT_FOUND", "The operation was not found.")
    state = desk.state(job)
    if state in ("queued", "running"):
        return {"name": job.id}
    if state == "failed":
        return {"name": job.id, "done": True, **desk.why_failed(job)}
    kind = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"
    form = desk.fault.body if desk.fault is not None and desk.fault.at == "asset" else "good"
    video = {"bytesBase64Encoded": base64.b64encode(asset("mp4", form).content).decode(), "mimeType": "video/mp4"}
    return {"name": job.id, "done": True, "response": {"@type": kind, "raiMediaFilteredCount": 0, "videos": [video]}}


def model_of(visit: Visit) -> dict[str, Any]:
    """Return one publisher model."""
    if visit.values["model"] not in MODELS:
        raise refused(404, "NOT_FOUND", NO_MODEL.format(model=visit.values["model"]))
    return {"name": f"publishers/google/models/{visit.values['model']}", "versionId": "001", "launchStage": "GA"}


def unknown(visit: Visit) -> Any:
    """Refuse a path or method that does not exist."""
    raise refused(404, "NOT_FOUND", f"The requested URL {visit.path} was not found on this server.")


def malformed(_visit: Visit) -> Any:
    """Refuse a body that is not a JSON object."""
    raise refused(400, "INVALID_ARGUMENT", "Invalid JSON payload received.")


def _job_id(number: int) -> str:
    tail = f"operations/{digest(f'operation {number}')[:32]}"
    return f"projects/{PROJECT}/locations/{LOCATION}/publishers/google/models/veo/{tail}"


def _failed(code: int, message: str) -> Fault:
    return Fault("job", body={"error": {"code": code, "message": message}})


NO_MODEL = (
    "Publisher Model `projects/simulated-project/locations/us-central1/publishers/google/models/{model}` was not found "
    "or your project does not have access to it. Please ensure you are using a valid model version."
)
DISABLED = "Vertex AI API has not been used in project simulated-project before or it is disabled."
BILLING = "This API method requires billing to be enabled. Please enable billing on project #simulated-project."
NO_ROLE = "Permission 'aiplatform.endpoints.predict' denied on resource (or it may not exist)."
QUOTA = (
    "Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_model with base model: veo. "
    "Please submit a quota increase request."
)
FILTERED = (
    "Veo could not generate 1 videos based on the prompt provided. You will not be charged for this request. Try "
    "rephrasing the prompt. If you think this was an error, send feedback. Support codes: 42237218"
)
FAULTS = {
    "wrong_token": Fault("credentials", 401, WRONG_CREDENTIAL),
    "wrong_account": Fault("token", 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}),
    "api_disabled": Fault("create", 403, error(403, "PERMISSION_DENIED", DISABLED, "SERVICE_DISABLED")),
    "no_billing": Fault("create", 403, error(403, "PERMISSION_DENIED", BILLING, "BILLING_DISABLED")),
    "no_role": Fault("model", 403, error(403, "PERMISSION_DENIED", NO_ROLE, "IAM_PERMISSION_DENIED")),
    "quota": Fault("create", 429, error(429, "RESOURCE_EXHAUSTED", QUOTA)),
    "retired_model": Fault("model", 404, error(404, "NOT_FOUND", NO_MODEL.format(model="veo-3.0-generate-001"))),
    "unlisted_model": Fault("catalog", 404, error(404, "NOT_FOUND", NO_MODEL.format(model="veo-3.0-generate-001"))),
    "unavailable": Fault("catalog", 503, error(503, "UNAVAILABLE", "The service is currently unavailable.")),
    "internal_error": Fault("create", 500, error(500, "INTERNAL", "Internal error encountered.")),
    "filtered": Fault("job", body={"response": {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [FILTERED]}}),
    "failed_prompt": _failed(
        3, "The prompt could not be submitted. This prompt contains words that violate Vertex AI's usage guidelines."
    ),
    "failed_quota": _failed(8, "Resource exhausted."),
    "failed_internal": _failed(13, "Internal error. Please try again."),
    "failed_unavailable": _failed(14, "The service is currently unavailable."),
    "stalled": Fault("stalled"),
    "cut_asset": Fault("asset", body="truncated"),
}

VENDOR = Vendor(
    name="vertex-veo",
    models=MODELS,
    words={},
    calls=(
        Call("POST", "/token", "token", token, is_form=True),
        Call("POST", f"{BASE}:predictLongRunning", "create", create),
        Call("POST", f"{BASE}:fetchPredictOperation", "poll", poll),
        Call("GET", "/v1/publishers/google/models/{model}", "catalog", model_of),
    ),
    authenticate=authenticate,
    unknown=unknown,
    malformed=malformed,
    faults=FAULTS,
    job_id=_job_id,
)
