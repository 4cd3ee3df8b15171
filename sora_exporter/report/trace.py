"""The calls of an attempt as text for a person who describes a vendor's API: each request, its answer, the result."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from sora_exporter.figures import neutral, one_line, seconds_text
from sora_exporter.http.trace import Call
from sora_exporter.result import ProbeResult


def call_text(call: Call) -> str:
    """Return one exchange: lines of the request begin with ``>``, those of the answer with ``<``."""
    return neutral("\n".join([*_message(">", _request_line(call), call.headers, call.body), *_answer(call)]))


def result_text(result: ProbeResult) -> str:
    """Return what an attempt came to: error class, the rule that decided, depth, and the reason."""
    depth = f", proves {result.depth}" if result.depth else ""
    return f"= {result.error_class} by {result.rule}{depth}: {one_line(result.detail)}"


def _request_line(call: Call) -> str:
    return f"{call.method} {call.url}" if call.method else "(nothing was sent)"


def _answer(call: Call) -> Iterator[str]:
    if call.http_status is not None:
        phases = ", ".join(f"{name} {seconds_text(seconds)}" for name, seconds in call.phases.items())
        line = f"{call.http_status} after {seconds_text(call.seconds)} ({phases})"
        # An asset goes to its check, not into the trace.
        body = call.answer_body or (f"({call.answer_bytes} bytes)" if call.answer_bytes else "")
        yield from _message("<", line, call.answer_headers, body)
    if call.trouble:
        yield f"< {call.trouble}"


def _message(mark: str, first: str, headers: Mapping[str, str], body: str) -> Iterator[str]:
    yield f"{mark} {first}"
    for name, value in headers.items():
        yield f"{mark} {name}: {value}"
    if body:
        yield mark
        yield from (f"{mark} {line}" for line in _indented(body).splitlines())


def _indented(body: str) -> str:
    """Return JSON with an indentation, and any other text as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body
