"""Chat completions as reverse channels sell video: progress as text, at last a link.

Source: docs.apiyi.com/en/api-capabilities/sora-2-video, read 2026-11-23.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from .admission import accept, admit, fail, journaled, refuse, simulation_of
from .answers import render_chunk
from .jobs import Job
from .simulation import Simulation

PROGRESS = (0, 25, 50, 75)


def _text_of(message: Any) -> str:
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):
        return " ".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _validate(request: Request, fields: Mapping[str, Any]) -> None:
    messages = fields.get("messages")
    if not isinstance(messages, list) or not any(_text_of(message).strip() for message in messages):
        refuse(request, "missing_messages", "chat")


def _last_words(job: Job, extension: str) -> str:
    if job.behaviour.job in ("anonymous", "lost"):
        return "> ✅ 视频生成成功\n"
    url = job.asset_url.removesuffix("mp4") + extension
    return f"![image]({url})\n" if extension == "png" else f"> ✅ 视频生成成功，[点击这里]({url}) 查看视频\n"


async def _stream(simulation: Simulation, job: Job, extension: str) -> AsyncIterator[str]:
    created = int(job.created_at)
    yield render_chunk(job.model, {"role": "assistant", "content": "> 🎬 排队中...\n"}, created=created)
    for percent in PROGRESS:
        await simulation.sleep(job.render_seconds / len(PROGRESS))
        yield render_chunk(job.model, {"content": f"> 🏃 进度：{percent}%\n"}, created=created)
    yield render_chunk(job.model, {"content": _last_words(job, extension)}, created=created)
    yield render_chunk(job.model, {}, "stop", created=created)
    yield "data: [DONE]\n\n"


async def complete(request: Request) -> Response:
    """Make a video (a picture for an image model) and answer its link, streamed or at once."""
    simulation = simulation_of(request)
    fields, behaviour = await admit(request, "chat", _validate)
    is_stream = fields.get("stream") is True
    if behaviour.stage == "job":
        fail(request, behaviour, "stream" if is_stream else "chat", fields["model"])
    job = accept(request, "chat", "foaicmpl-", fields, behaviour)
    del simulation.jobs[job.id]
    extension = "png" if "image-generation" in simulation.models[job.model].endpoints else "mp4"
    if is_stream:
        return StreamingResponse(_stream(simulation, job, extension), media_type="text/event-stream")
    await simulation.sleep(job.render_seconds)
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": _last_words(job, extension)},
        "finish_reason": "stop",
    }
    usage = {"prompt_tokens": 18, "completion_tokens": 280, "total_tokens": 298}
    identity = {"id": job.id, "object": "chat.completion", "created": int(job.created_at), "model": job.model}
    return JSONResponse({**identity, "choices": [choice], "usage": usage})


ROUTES = [journaled("/chat/completions", complete, method="POST", action="create", kind="chat")]
