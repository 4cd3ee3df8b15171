"""Recorded answers in, verdicts out: JSON lines as ``classify`` reads and prints them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sora_exporter.classify import classify
from sora_exporter.result import Answer


class LineError(Exception):
    """A line that is no recorded answer; the text names its number."""


def classify_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield one JSON line with ``id``, ``error_class``, ``status`` and ``rule`` per recorded answer; blank lines are
    passed over. Raises LineError."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            record = _record(number, line)
            verdict = classify(_answer(number, record))
            told = {
                "id": record.get("id"),
                "error_class": verdict.error_class,
                "status": verdict.status,
                "rule": verdict.rule,
            }
            yield json.dumps(told)


def _record(number: int, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise LineError(f"line {number}: not JSON: write one object per line") from None
    if not isinstance(record, dict):
        raise LineError(f'line {number}: not a JSON object: write {{"id": …, "http_status": …, "body": …}}')
    return record


EXPECTED: dict[str, tuple[type, ...]] = {
    "http_status": (int, type(None)),
    "headers": (dict, type(None)),
    "body": (str, type(None)),
    "endpoint": (str, type(None)),
    "access": (str, type(None)),
    "transport_error": (str, type(None)),
}


def _answer(number: int, record: dict[str, Any]) -> Answer:
    for name, types in EXPECTED.items():
        value = record.get(name)
        if not isinstance(value, types) or isinstance(value, bool):
            raise LineError(f"line {number}: {name} must be {types[0].__name__} or null, not {type(value).__name__}")
    if record.get("http_status") is None and not record.get("transport_error"):
        raise LineError(f"line {number}: neither http_status nor transport_error: an answer has one of them")
    return Answer(
        endpoint=record.get("endpoint") or "videos",
        access=record.get("access") or "official",
        http_status=record.get("http_status"),
        headers={str(name).lower(): str(value) for name, value in (record.get("headers") or {}).items()},
        body=record.get("body") or "",
        transport_error=record.get("transport_error"),
    )
