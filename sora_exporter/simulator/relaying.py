"""The gateways at work: their own checks first, then the maker, whose refusals they translate into their own words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from . import catalog, chat, generations, images, pool, videos, xai
from .admission import (
    DroppedConnection,
    Endpoint,
    Refused,
    ask_maker,
    has_key,
    has_prompt,
    job_named,
    note,
    record,
    simulation_of,
)
from .answers import fill
from .gateways import GATEWAYS, Gateway, Rule
from .jobs import Job
from .request_fields import UnreadableBody, read_fields

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request: its endpoint, its name in the journal, and the API of the job that its path names."""

    endpoint: Endpoint
    action: str
    api: str = ""


KINDS: Mapping[str, Kind] = {
    "models": Kind(catalog.list_models, "models"),
    "model": Kind(catalog.retrieve_model, "models"),
    "videos": Kind(videos.create, "create"),
    "video": Kind(videos.poll, "poll", "videos"),
    "content": Kind(videos.content, "content", "videos"),
    "generations": Kind(generations.create, "create"),
    "generation": Kind(generations.poll, "poll", "generations"),
    "chat": Kind(chat.complete, "create"),
    "images": Kind(images.generate, "create"),
    "pool": Kind(pool.complete, "create"),
    "xai": Kind(xai.create, "create"),
    "xai-video": Kind(xai.poll, "poll", "xai"),
}
"""The kinds that the files' routes name; every other name is one of the gateway's balance calls."""


@dataclass(frozen=True, slots=True)
class Order:
    """A request as a gateway reads it; ``fields`` is None for a body that cannot be read."""

    request: Request
    kind: str
    fields: Mapping[str, Any] | None

    @property
    def model(self) -> str:
        """The model of the path or of the body, "" without one."""
        named = self.request.path_params.get("model") or (self.fields or {}).get("model")
        return named if isinstance(named, str) else ""

    def find_job(self) -> Job | None:
        """Return the job that the path names, None without one."""
        return job_named(self.request, KINDS[self.kind].api)

    def status(self) -> str:
        """Return the status of the job that the path names, "" without one."""
        job = self.find_job() if "job_id" in self.request.path_params else None
        return job.status(simulation_of(self.request).clock()) if job else ""


FINDINGS: Mapping[str, Callable[[Order], bool]] = {
    "missing_key": lambda order: not has_key(order.request),
    "unreadable_body": lambda order: order.fields is None,
    "missing_model": lambda order: not order.model.strip(),
    "unknown_model": lambda order: order.model not in simulation_of(order.request).models,
    "absent_prompt": lambda order: "prompt" not in (order.fields or {}),
    "missing_prompt": lambda order: not has_prompt(order.fields or {}),
    "missing_messages": lambda order: not (order.fields or {}).get("messages"),
    "unknown_job": lambda order: order.find_job() is None,
    "unfinished_job": lambda order: order.status() != "completed",
}
"""The findings of a check in the request itself."""


def router_of(gateway: Gateway) -> Router:
    """Return the routes of a gateway; every other path and method is refused in its words."""
    routes = []
    for line, kind in gateway.routes.items():
        method, _, path = line.partition(" ")
        routes.append(Route(path, _relay(gateway, kind), methods=[method]))
    if gateway.wrong_method:
        routes += [Route(route.path, _no_such_call(gateway.wrong_method), methods=METHODS) for route in routes]
    unknown = Route("/{path:path}", _no_such_call(gateway.unknown_path), methods=METHODS)
    return Router([*routes, unknown], redirect_slashes=False)


def _no_such_call(document: Mapping[str, Any]) -> Endpoint:
    async def answer(request: Request) -> Response:
        words = {"value": f"{request.method} {request.url.path}"}
        response = simulation_of(request).answers.render(document, words)
        simulation_of(request).record(request.method, request.url.path, http_status=response.status_code)
        return response

    return answer


def _relay(gateway: Gateway, kind: str) -> Endpoint:
    """Return the endpoint for one kind of request at a gateway; it also writes the journal."""
    known = KINDS.get(kind)

    async def judge(request: Request) -> Response:
        order = Order(request, kind, await _read(request))
        note(request, model=order.model or None)
        _check(order, gateway)
        if known is None:
            simulation = simulation_of(request)
            return simulation.answers.render({"json": gateway.balances[kind]}, simulation.amounts())
        if kind in gateway.asks_maker:
            return await _forward(order, gateway, known.endpoint)
        return await known.endpoint(request)

    async def answer(request: Request) -> Response:
        response = await record(request, known.action if known else "balance", judge)
        words = {"request_id": simulation_of(request).answers.request_id()}
        for name, value in fill(gateway.headers, words).items():
            response.headers.setdefault(name, value)
        return response

    return answer


async def _read(request: Request) -> Mapping[str, Any] | None:
    try:
        return await read_fields(request) if request.method == "POST" else {}
    except UnreadableBody:
        return None


def _check(order: Order, gateway: Gateway) -> None:
    """Raise Refused with the answer of the first check that finds something."""
    simulation = simulation_of(order.request)
    for rule in gateway.checks:
        if rule.is_for(order.kind) and any(_is_found(name, order, simulation.peer.condition) for name in rule.finds):
            raise _refusal(order, gateway, rule.document, {})


def _is_found(name: str, order: Order, condition: str) -> bool:
    return FINDINGS[name](order) if name in FINDINGS else name == condition


async def _forward(order: Order, gateway: Gateway, endpoint: Endpoint) -> Response:
    """Return the maker's good answer, or raise Refused with the gateway's translation of any other.

    A pool calls the maker by itself, since its answer is a stream.
    """
    if gateway.stream:
        return await endpoint(order.request)
    condition = simulation_of(order.request).peer.condition
    if condition == "dead_upstream":
        raise _refusal(order, gateway, _first(gateway.dead_upstream, order.kind), {})
    try:
        answer = await ask_maker(order.request, order.kind, endpoint)
    except Refused as refused:
        answer = refused.response
    if isinstance(answer, DroppedConnection):
        raise _refusal(order, gateway, _first(gateway.dead_upstream, order.kind), {})
    if answer.status_code < 400:
        return answer
    words = _upstream_words(answer)
    shape = "openai" if words["upstream_type"] else ""
    document = _first(gateway.upstream, order.kind, answer.status_code, shape)
    raise _refusal(order, gateway, document, words)


def _first(rules: Sequence[Rule], kind: str, status: int = 0, shape: str = "") -> Mapping[str, Any]:
    """Return the answer of the first rule that fits; a file has one for every kind that goes to the maker."""
    return next(
        rule.document
        for rule in rules
        if rule.is_for(kind) and (not rule.statuses or status in rule.statuses) and rule.shape in ("", shape)
    )


def _upstream_words(answer: Response) -> dict[str, Any]:
    """Return the parts of a maker's refusal by which a gateway's answer may name it."""
    text = bytes(answer.body).decode("utf-8", "replace")
    try:
        document = json.loads(text)
    except ValueError:
        document = {}
    found = document.get("error") if isinstance(document, Mapping) else None
    error = found if isinstance(found, Mapping) else {"message": found or text}
    members = {f"upstream_{name}": error.get(name) for name in ("message", "type", "param", "code")}
    return {**members, "upstream_body": text, "upstream_status": answer.status_code}


def _refusal(order: Order, gateway: Gateway, document: Mapping[str, Any], words: Mapping[str, Any]) -> Refused:
    """Return a gateway's answer to be raised; its request id is the same in headers and body."""
    simulation = simulation_of(order.request)
    document = {**document, "headers": {**gateway.headers, **document.get("headers", {})}}
    if document.get("http_status") == "upstream":
        document["http_status"] = words["upstream_status"]
    known = {"model": order.model, "status": order.status(), **simulation.amounts()}
    return Refused(simulation.answers.render(document, {**known, **words}))


ROUTERS: Mapping[str, Router] = {name: router_of(gateway) for name, gateway in GATEWAYS.items() if gateway.routes}
"""The routes of every gateway; ``direct`` has none of its own."""
