"""``sora-exporter classify``: recorded answers in, verdicts out, as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from sora_exporter.classify import explained
from sora_exporter.classify.user import user_rules
from sora_exporter.cli.mistakes import fail
from sora_exporter.cli.options import load
from sora_exporter.config import Config
from sora_exporter.config.apis import builtin_apis
from sora_exporter.config.checks import suggestion
from sora_exporter.result import Answer, Expectation, ProbeKind

NUMBER, TEXT, OBJECT = "a number", "a text", "an object"
EXPECTED = {
    "http_status": NUMBER,
    "headers": OBJECT,
    "body": TEXT,
    "endpoint": TEXT,
    "access": TEXT,
    "transport_error": TEXT,
    "provider": TEXT,
    "probe": TEXT,
    "api": TEXT,
}
KINDS = {int: NUMBER, str: TEXT, dict: OBJECT, list: "a list", float: "a fraction", bool: "true or false"}


class LineError(Exception):
    """A line that is not a recorded answer; the text names its number."""


@click.command()
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
@click.option(
    "--config.file", "config_file", type=click.Path(path_type=Path), metavar="FILE",
    help="Apply the rules and the APIs of this configuration. Default: the built-in ones.",
)  # fmt: skip
@click.option(
    "--explain", "with_reason", is_flag=True, help="Add the side that refused, and the deciding text and words."
)
def classify(file: Any, config_file: Path | None, with_reason: bool) -> None:
    """Classify recorded answers. One JSON object per line is read from FILE or standard input."""
    config = load(config_file) if config_file is not None else Config()
    try:
        for line in classify_lines(file, config, with_reason):
            click.echo(line)
    except LineError as error:
        fail(f"{file.name}: {error}")


def classify_lines(lines: Iterable[str], config: Config | None = None, with_reason: bool = False) -> Iterator[str]:
    """Yield one JSON line per recorded answer: its ``id``, and the members of its verdict.

    ``with_reason`` adds ``refused_by`` and the ``text`` and ``words`` that made the rule match. Blank lines are
    skipped. Raises LineError.
    """
    config = config or Config()
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield json.dumps(_judged(number, _record(number, line), config, with_reason))


def _judged(number: int, record: dict[str, Any], config: Config, with_reason: bool) -> dict[str, Any]:
    answer = _answer(number, record, config)
    found = explained(answer, user_rules(config, record.get("provider"), _probe(number, record)))
    verdict, reason = found.verdict, found.reason
    document = {
        "id": record.get("id"),
        "error_class": verdict.error_class,
        "status": verdict.status,
        "rule": verdict.rule,
        "message": verdict.message,
        "recognised": verdict.recognised,
    }
    why = {"refused_by": verdict.refused_by, "text": reason.text, "words": reason.words}
    return {**document, **why} if with_reason else document


def _probe(number: int, record: dict[str, Any]) -> ProbeKind | None:
    try:
        return ProbeKind(record["probe"]) if record.get("probe") is not None else None
    except ValueError:
        raise LineError(f"line {number}: probe must be {', '.join(ProbeKind)} or null") from None


def _record(number: int, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise LineError(f"line {number}: not JSON: write one object per line") from None
    if not isinstance(record, dict):
        raise LineError(f'line {number}: not a JSON object: write {{"id": …, "http_status": …, "body": …}}')
    return record


def _answer(number: int, record: dict[str, Any], config: Config) -> Answer:
    for name, expected in EXPECTED.items():
        value = record.get(name)
        if value is not None and (kind := KINDS[type(value)]) != expected:
            raise LineError(f"line {number}: {name} must be {expected} or null, not {kind}")
    if record.get("http_status") is None and not record.get("transport_error"):
        raise LineError(f"line {number}: neither http_status nor transport_error: an answer has one of them")
    endpoint = record.get("endpoint") or "videos"
    return Answer(
        endpoint=endpoint,
        access=record.get("access") or "official",
        http_status=record.get("http_status"),
        headers={str(name).lower(): str(value) for name, value in (record.get("headers") or {}).items()},
        body=record.get("body") or "",
        transport_error=record.get("transport_error"),
        expectation=_expectation(number, record.get("api"), endpoint, config),
    )


def _expectation(number: int, name: str | None, endpoint: str, config: Config) -> Expectation | None:
    """The expectations of the named API about its answers; None if a line names no API."""
    if name is None:
        return None
    api = config.apis.get(name) or builtin_apis().get(name)
    if api is None:
        known = suggestion(name, [*config.apis, *builtin_apis()])
        raise LineError(f"line {number}: the api {name!r} is not known: {known}")
    return api.job_expectation if endpoint == "video_job" else api.create_expectation
