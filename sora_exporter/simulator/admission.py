"""The way of a request to the maker of the video, in the order in which a maker checks: key, model, order, rights.

A gateway's own checks come before, see ``relaying``. Source: new-api, router/video-router.go and relay/relay_task.go,
read 2026-11-23.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, NoReturn

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from .behaviours import Behaviour
from .gateways import Peer
from .jobs import Job
from .request_fields import UnreadableBody, read_fields
from .simulation import Simulation

DEPRECATION_SECONDS = 90 * 86400
"""The time before its end in which a model counts as deprecated."""

DEFAULT_SECONDS = 5.0

Endpoint = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    """A request that ends here; carries the answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class DroppedConnection(Response):
    """Promises more than it sends and stops: the server closes the connection in the middle."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (the ASGI signature)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1048576")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


def simulation_of(request: Request) -> Simulation:
    """Return the state of the provider that this request goes to."""
    state: Simulation = request.app.state.simulation
    return state


def maker_of(request: Request) -> Peer:
    """Return the maker that judges this request: the peer itself, or the one behind the gateway."""
    peer = simulation_of(request).peer
    return peer if peer.gateway.name == "direct" else peer.maker


def journaled(path: str, endpoint: Endpoint, *, method: str, action: str, kind: str = "models") -> Route:
    """Return a route of the maker itself; every request is written into the journal under ``action``."""

    async def answer(request: Request) -> Response:
        async def judge(request: Request) -> Response:
            return await ask_maker(request, kind, endpoint)

        return await record(request, action, judge)

    return Route(path, answer, methods=[method])


async def record(request: Request, action: str, endpoint: Endpoint) -> Response:
    """Return the endpoint's answer, or its refusal, and write the request into the journal."""
    try:
        response = _send_off(request, action, await endpoint(request))
    except Refused as refused:
        response = refused.response
    facts = {"action": action, "http_status": response.status_code, **getattr(request.state, "facts", {})}
    simulation_of(request).record(request.method, request.url.path, **facts)
    return response


async def ask_maker(request: Request, kind: str, endpoint: Endpoint) -> Response:
    """Return the maker's answer after its check of the key, or raise Refused."""
    maker, simulation = maker_of(request), simulation_of(request)
    note(request, reached_maker=True)
    require_key(request)
    for rule in maker.gateway.checks:
        if rule.is_for(kind) and maker.condition in rule.finds:
            raise Refused(simulation.answers.render(rule.document, {}))
    return await endpoint(request)


def require_rights(request: Request, kind: str, model: str) -> None:
    """Refuse an order without a mistake that the key may not place or the balance cannot pay."""
    maker = maker_of(request)
    for rule in maker.gateway.rights:
        if rule.is_for(kind) and maker.condition in rule.finds:
            raise Refused(simulation_of(request).answers.render(rule.document, {"model": model}))


def _send_off(request: Request, action: str, response: Response) -> Response:
    """Return a good answer with the headers of RFC 9745 and RFC 8594 of a dying model, or lose it on the way."""
    model = getattr(request.state, "facts", {}).get("model")
    behaviour = simulation_of(request).behaviours.get(model or "", Behaviour())
    if action == "create" and behaviour.connection == "dropped_after_create":
        return DroppedConnection()
    if behaviour.sunset:
        sunset_at = datetime.fromisoformat(behaviour.sunset).replace(tzinfo=UTC)
        response.headers["deprecation"] = f"@{int(sunset_at.timestamp()) - DEPRECATION_SECONDS}"
        response.headers["sunset"] = format_datetime(sunset_at, usegmt=True)
    return response


def note(request: Request, **facts: Any) -> None:
    """Remember facts (model, job_id, cost_usd, behaviour) for the journal entry of this request."""
    request.state.facts = {**getattr(request.state, "facts", {}), **facts}


def has_key(request: Request) -> bool:
    """Return whether the request carries a key; ``Authorization: Bearer KEY`` and the bare key both do."""
    return bool(request.headers.get("authorization", "").removeprefix("Bearer").strip())


def require_key(request: Request) -> None:
    """Refuse a request without a key."""
    if not has_key(request):
        refuse(request, "missing_key", "models")


def refuse(request: Request, refusal: str, where: str, value: str = "", model: str = "") -> NoReturn:
    """Raise Refused with one of the bodies of this refusal."""
    answers = simulation_of(request).answers
    raise Refused(answers.refusal(refusal, where, {"model": model, "value": value}))


def fail(request: Request, behaviour: Behaviour, where: str, model: str) -> None:
    """Raise Refused with an answer of the behaviour's error class."""
    if behaviour.connection == "dropped":
        raise Refused(DroppedConnection())
    if behaviour.answer:
        answers = simulation_of(request).answers
        raise Refused(answers.error(behaviour.answer, where, {"model": model}, behaviour.body))


async def admit(
    request: Request, where: str, validate: Callable[[Request, Mapping[str, Any]], None]
) -> tuple[dict[str, Any], Behaviour]:
    """Return the fields of a create request and the behaviour that it met, or raise Refused.

    ``where`` is the kind of request as bodies.yml calls it; ``validate`` raises Refused for wrong parameters.
    """
    simulation = simulation_of(request)
    try:
        fields = await read_fields(request)
    except UnreadableBody:
        refuse(request, "invalid_json", where)
    model = fields.get("model")
    if not isinstance(model, str) or not model:
        refuse(request, "missing_model", where)
    note(request, model=model)
    if where == "chat" and fields.get("stream") is True:
        where = "stream"
    if model not in simulation.models:
        raise Refused(simulation.answers.error("model_not_found", where, {"model": model}))
    behaviour = simulation.meet(model)
    note(request, behaviour=behaviour.behaviour)
    if behaviour.delay_seconds:
        await _linger(request, behaviour.delay_seconds)
    if behaviour.stage in ("key", "channel"):
        fail(request, behaviour, where, model)
    validate(request, fields)
    require_rights(request, where, model)
    if behaviour.stage == "upstream":
        fail(request, behaviour, where, model)
    return fields, behaviour


def has_prompt(fields: Mapping[str, Any]) -> bool:
    """Return whether the prompt is there and not blank."""
    return bool(str(fields.get("prompt") or "").strip())


def require_prompt(request: Request, fields: Mapping[str, Any], where: str) -> None:
    """Refuse an order whose prompt is missing, empty or blank."""
    if not has_prompt(fields):
        refuse(request, "missing_prompt", where)


def accept(
    request: Request, api: str, prefix: str, fields: Mapping[str, Any], behaviour: Behaviour, seconds: Any = 0
) -> Job:
    """Return the job of an admitted order and charge for it; ``seconds`` of video count if they are a number."""
    simulation = simulation_of(request)
    length = float(seconds) if isinstance(seconds, int | float) else DEFAULT_SECONDS
    job = simulation.accept(
        api,
        prefix,
        fields,
        behaviour,
        cost_usd=simulation.price(fields["model"], length),
        base_url=str(request.base_url).rstrip("/"),
    )
    note(request, job_id=job.id, cost_usd=job.cost_usd)
    return job


async def _linger(request: Request, seconds: float) -> None:
    """Wait, but not longer than the caller; the order continues in any case, as at a real relay."""
    sleeping = asyncio.ensure_future(simulation_of(request).sleep(seconds))
    leaving = asyncio.ensure_future(request.receive())
    await asyncio.wait({sleeping, leaving}, return_when=asyncio.FIRST_COMPLETED)
    sleeping.cancel()
    leaving.cancel()


def job_named(request: Request, api: str) -> Job | None:
    """Return the job that the path names, None for an unknown, lost or other API's one."""
    job = simulation_of(request).jobs.get(request.path_params["job_id"])
    return job if job is not None and job.api == api and job.behaviour.job != "lost" else None


def find_job(request: Request, api: str) -> Job:
    """Return the job that the path names, or raise Refused as the provider does for an unknown one."""
    simulation = simulation_of(request)
    identity = request.path_params["job_id"]
    known = simulation.jobs.get(identity)
    note(request, job_id=identity, model=known.model if known else None)
    job = job_named(request, api)
    if job is None:
        refuse(request, "unknown_job", api, identity)
    current = simulation.behaviours[job.model]
    if current.stage == "key" or current.connection == "dropped" or (current.stage, request.method) == ("poll", "GET"):
        fail(request, current, api, job.model)
    return job
