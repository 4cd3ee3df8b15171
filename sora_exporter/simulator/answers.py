"""The bodies of bodies.yml, taken in turn and filled in."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from .data import read

DATA: Mapping[str, Any] = read("bodies.yml")
ERROR_CLASSES: frozenset[str] = frozenset(DATA["errors"])
_WORD = re.compile(r"\{(\w+)\}")


def fill(value: Any, words: Mapping[str, Any]) -> Any:
    """Return a copy of a JSON value with every ``{word}`` in its texts replaced.

    A text that is one ``{word}`` and nothing else becomes the word's value as it is, e.g. a number.
    """
    if isinstance(value, str):
        if value.startswith("{") and value.endswith("}") and value[1:-1] in words:
            return words[value[1:-1]]
        return _WORD.sub(lambda found: str(words.get(found[1], found[0])), value)
    if isinstance(value, Mapping):
        return {key: fill(member, words) for key, member in value.items()}
    if isinstance(value, Sequence):
        return [fill(member, words) for member in value]
    return value


def render_chunk(model: str, delta: Mapping[str, Any], finish_reason: str | None = None, created: int = 0) -> str:
    """Return one ``data:`` line of a streamed chat completion, with its empty line."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    identity = {"id": "foaicmpl-simulated", "object": "chat.completion.chunk", "created": created, "model": model}
    return f"data: {json.dumps(identity | {'choices': [choice]}, ensure_ascii=False)}\n\n"


class Answers:
    """Chooses a body for each request; the order depends on the seed and on nothing else."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._turns: Counter[tuple[str, ...]] = Counter()
        self._request_number = 0

    def error(self, name: str, where: str, words: Mapping[str, Any], number: int | None = None) -> Response:
        """Return an answer of one error class; ``where`` is a kind of request, ``stream`` a streamed chat.

        A class without a body for that kind of request is answered by its bodies for any kind.
        """
        bodies = DATA["errors"][name]
        return self.render(self._take(("errors", name, where), _fitting(bodies, where), number), words)

    def refusal(self, name: str, where: str, words: Mapping[str, Any]) -> Response:
        """Return a refusal of validation, e.g. ``missing_prompt``."""
        bodies = _fitting(DATA["refusals"][name], where)
        return self.render(self._take(("refusals", name, where), bodies, None), words)

    def job_error(self, name: str) -> Mapping[str, str]:
        """Return code and message of a job that ended badly with this error class."""
        bodies = DATA["job_errors"].get(name) or [{"code": name, "message": f"The job ended: {name}."}]
        chosen: Mapping[str, str] = self._take(("job_errors", name), bodies, None)
        return chosen

    def _take(self, key: tuple[str, ...], bodies: Sequence[Any], number: int | None) -> Any:
        if number is not None:
            return bodies[number % len(bodies)]
        turn = self._turns[key] + self._seed
        self._turns[key] += 1
        return bodies[turn % len(bodies)]

    def request_id(self) -> str:
        """Return a new request id; it depends on the seed and on the number of those before it."""
        self._request_number += 1
        return hashlib.sha256(f"{self._seed}/{self._request_number}".encode()).hexdigest()[:32]

    def render(self, body: Mapping[str, Any], words: Mapping[str, Any]) -> Response:
        """Return a body of a file as an answer, with the words and a new request id filled in."""
        words = {"request_id": self.request_id(), **words}
        status, headers = body.get("http_status", 200), fill(body.get("headers", {}), words)
        if "sse" in body:
            return Response(_stream(fill(body["sse"], words), words["model"]), status, headers, "text/event-stream")
        if "json" in body:
            text = json.dumps(fill(body["json"], words), ensure_ascii=False)
            return Response(text, status, headers, "application/json")
        return Response(fill(body["text"], words), status, headers, body.get("type", "text/html"))


def _fitting(bodies: Sequence[Mapping[str, Any]], where: str) -> Sequence[Mapping[str, Any]]:
    """Return the bodies for this kind of request; event streams only fit ``stream``."""
    kind = "chat" if where == "stream" else where
    plain = [body for body in bodies if "sse" not in body]
    fitting = [body for body in plain if kind in body.get("where", (kind,))] or plain
    return fitting + [body for body in bodies if "sse" in body] if where == "stream" else fitting


def _stream(events: Sequence[Mapping[str, Any]], model: str) -> str:
    """Return a stream that begins well and then carries its fault, as an error event or as ordinary text."""
    if not events:
        return "data: [DONE]\n\n"
    lines = [render_chunk(model, {"role": "assistant", "content": None, "reasoning_content": "Generation begins\n"})]
    for event in events:
        text = event.get("content")
        lines.append(
            f"data: {json.dumps(event, ensure_ascii=False)}\n\n"
            if text is None
            else render_chunk(model, {"content": text}, "STOP")
        )
    return "".join([*lines, "data: [DONE]\n\n"])
