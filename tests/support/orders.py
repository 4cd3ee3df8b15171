"""One order for every kind of request, and the statuses that the bodies of a class have there."""

from __future__ import annotations

from typing import Any

from sora_exporter.simulator.answers import DATA

MODEL = "sora-2"
CREATES: dict[str, tuple[str, dict[str, Any]]] = {
    "videos": ("/v1/videos", {"prompt": "a cat"}),
    "generations": ("/v1/video/generations", {"prompt": "a cat"}),
    "ark": ("/v1/contents/generations/tasks", {"content": [{"type": "text", "text": "a cat"}]}),
    "chat": ("/v1/chat/completions", {"messages": [{"role": "user", "content": "a cat"}]}),
    "stream": ("/v1/chat/completions", {"stream": True, "messages": [{"role": "user", "content": "a cat"}]}),
    "images": ("/v1/images/generations", {"prompt": "a cat"}),
}


def fitting_statuses(error_class: str, where: str) -> set[int]:
    """The HTTP statuses that bodies.yml has for this class at this kind of request."""
    kind = "chat" if where == "stream" else where
    bodies = DATA["errors"][error_class]
    plain = [body for body in bodies if "sse" not in body]
    fitting = [body for body in plain if kind in body.get("where", (kind,))] or plain
    streams = [body for body in bodies if "sse" in body and where == "stream"]
    return {body.get("http_status", 200) for body in [*fitting, *streams]}


async def create(provider: Any, where: str) -> Any:
    """Order something of MODEL at one endpoint."""
    path, body = CREATES[where]
    return await provider.client.post(path, json=body | {"model": MODEL})
