"""``sora-exporter classify``: recorded answers in, verdicts out, as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import click

from sora_exporter.classify import classify as verdict_of
from sora_exporter.cli.mistakes import fail
from sora_exporter.result import Answer

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


class LineError(Exception):
    """A line that is not a recorded answer; the text names its number."""


@click.command()
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
def classify(file: Any) -> None:
    """Classify recorded answers. One JSON object per line is read from FILE or standard input."""
    try:
        for line in classify_lines(file):
            click.echo(line)
    except LineError as error:
        fail(f"{file.name}: {error}")


def classify_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield one JSON line with ``id``, ``error_class``, ``status`` and ``rule`` per recorded answer.

    Blank lines are skipped. Raises LineError.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            record = _record(number, line)
            verdict = verdict_of(_answer(number, record))
            document = {
                "id": record.get("id"),
                "error_class": verdict.error_class,
                "status": verdict.status,
                "rule": verdict.rule,
            }
            yield json.dumps(document)


def _record(number: int, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise LineError(f"line {number}: not JSON: write one object per line") from None
    if not isinstance(record, dict):
        raise LineError(f'line {number}: not a JSON object: write {{"id": …, "http_status": …, "body": …}}')
    return record


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
