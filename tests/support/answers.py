"""Answers of providers, written in few words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sora_exporter.result import Answer


def answer(status: int | None, body: object = "", endpoint: str = "videos", **rest: Any) -> Answer:
    """Return an answer with a body of text or JSON."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return Answer(endpoint=endpoint, http_status=status, body=text, **rest)


def error(message: str, **members: object) -> Mapping[str, object]:
    """Return an error object in OpenAI's envelope."""
    return {"error": {"message": message, **members}}


def chat(content: str) -> dict[str, object]:
    """Return a chat completion that says this."""
    return {"choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}]}
