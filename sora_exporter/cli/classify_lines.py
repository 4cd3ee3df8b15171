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


NUMBER, TEXT, OBJECT = "a number", "a text", "an object"
EXPECTED = {
    "http_status": NUMBER,
    "headers": OBJECT,
    "body": TEXT,
    "endpoint": TEXT,
    "access": TEXT,
    "transport_error": TEXT,
}
KINDS = {int: NUMBER, str: TEXT, dict: OBJECT, list: "a list", float: "a fraction", bool: "true or false"}


def _answer(number: int, record: dict[str, Any]) -> Answer:
    for name, expected in EXPECTED.items():
        value = record.get(name)
        if value is not None and (kind := KINDS[type(value)]) != expected:
            raise LineError(f"line {number}: {name} must be {expected} or null, not {kind}")
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
