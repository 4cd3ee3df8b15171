"""A pool of web accounts behind chat completions, as in sora2api: nearly everything happens inside the stream."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from .admission import Refused, accept, ask_maker, fail, note, simulation_of
from .answers import fill, render_chunk
from .behaviours import Behaviour
from .jobs import Job
from .request_fields import read_fields
from .simulation import Simulation

PROGRESS = (25, 50, 75)


def _thought(model: str, text: str) -> str:
    return render_chunk(model, {"role": "assistant", "content": None, "reasoning_content": text})


async def _fruitless(model: str, words: Mapping[str, Any], reason: str, *, begins: bool) -> AsyncIterator[str]:
    """Yield a stream whose every try fails; only a try with an account begins a generation."""
    for attempt in range(1, words["retries"] + 1):
        if begins:
            yield _thought(model, words["begins"])
        yield _thought(model, fill(words["retry"], {"attempt": attempt, "reason": reason}))
    error = {"error": {"message": reason, "type": "server_error", "param": None, "code": None}}
    yield f"data: {json.dumps(error, ensure_ascii=False)}\n\n"
    yield "data: [DONE]\n\n"


async def _fruitful(simulation: Simulation, job: Job, words: Mapping[str, Any]) -> AsyncIterator[str]:
    yield _thought(job.model, words["begins"])
    for percent in PROGRESS:
        await simulation.sleep(job.render_seconds / len(PROGRESS))
        yield _thought(job.model, fill(words["progress"], {"percent": percent}))
    yield render_chunk(job.model, {"content": f"```html\n<video src='{job.asset_url}' controls></video>\n```"}, "STOP")
    yield "data: [DONE]\n\n"


async def complete(request: Request) -> Response:
    """Stream a video or the reason why there is none; without ``stream`` only say whether an account is free."""
    simulation, fields = simulation_of(request), await read_fields(request)
    words, condition, model = simulation.peer.gateway.stream, simulation.peer.condition, fields["model"]
    if fields.get("stream") is not True:
        return _availability(model, words["unavailable" if condition in words["pool"] else "available"])
    if condition in words["pool"]:
        return _streamed(_fruitless(model, words, words["pool"][condition], begins=False))
    if condition in words["account"]:
        note(request, reached_maker=condition != "dead_upstream")
        return _streamed(_fruitless(model, words, words["account"][condition], begins=True))
    return await ask_maker(request, "pool", _generate)


async def _generate(request: Request) -> Response:
    """Make the video; a fault of the maker's behaviour ends the stream as an error of the account."""
    simulation, fields = simulation_of(request), await read_fields(request)
    model, words = fields["model"], simulation.peer.gateway.stream
    behaviour: Behaviour = simulation.meet(model)
    note(request, behaviour=behaviour.behaviour)
    try:
        fail(request, behaviour, "stream", model)
    except Refused as refused:
        if refused.response.status_code == 200:
            raise
        reason = f"API request failed: {refused.response.status_code} - {bytes(refused.response.body).decode()}"
        return _streamed(_fruitless(model, words, reason, begins=True))
    job = accept(request, "pool", "", fields, behaviour)
    del simulation.jobs[job.id]
    return _streamed(_fruitful(simulation, job, words))


def _availability(model: str, text: str) -> Response:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return JSONResponse({"id": "chatcmpl-simulated", "object": "chat.completion", "model": model, "choices": [choice]})


def _streamed(chunks: AsyncIterator[str]) -> Response:
    return StreamingResponse(chunks, media_type="text/event-stream", headers={"x-accel-buffering": "no"})
