"""Log lines: one per record, every fact in its own field, every message documented."""

from __future__ import annotations

import ast
import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import pytest

from sora_exporter.logs import ATTEMPTS, JsonFormatter, LogfmtFormatter, LogOnce, configure_logging
from sora_exporter.result import Status

MOMENT = 1_769_572_800.25
Exc = tuple[type[BaseException], BaseException, TracebackType | None]


ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "sora_exporter"
DOCUMENT = (ROOT / "docs/logs.md").read_text("utf-8")
LEVELS = {"debug": "debug", "info": "info", "warning": "warn", "error": "error", "exception": "error"}


def record(message: str, level: int = logging.INFO, exc_info: Exc | None = None, **fields: Any) -> logging.LogRecord:
    """Return a record of the exporter's with these fields at a fixed moment."""
    made = logging.makeLogRecord(
        {"name": "sora_exporter.watcher", "levelno": level, "levelname": logging.getLevelName(level), "msg": message,
         "exc_info": exc_info, **fields}
    )  # fmt: skip
    made.created = MOMENT
    return made


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


def test_logfmt_is_one_line_of_pairs() -> None:
    """Time, level, source and message; values with blanks, quotes, equal signs or line breaks are quoted."""
    formatter = LogfmtFormatter()
    assert formatter.format(record("stopped")) == "ts=2026-01-28T04:00:00.250Z level=info source=watcher msg=stopped"
    assert formatter.format(record('a "b"\nc=1', logging.WARNING)).endswith(
        'level=warn source=watcher msg="a \\"b\\"\\nc=1"'
    )
    assert formatter.format(record("")).endswith('msg=""')


def test_json_is_one_object_a_line() -> None:
    """The same fields as an object; Chinese stays readable."""
    line = JsonFormatter().format(record("账号池\n维护"))
    assert "\n" not in line
    assert "账号池" in line
    assert json.loads(line) == {
        "ts": "2026-01-28T04:00:00.250Z", "level": "info", "source": "watcher", "msg": "账号池\n维护"
    }  # fmt: skip


def test_facts_follow_the_message_as_fields() -> None:
    """Members of ``extra`` stand after the message in their order; absent ones are left out, numbers stay numbers."""
    fields = {
        "service_id": "a",
        "from": Status.UNKNOWN,
        "cost_usd": 0.5,
        "rule": None,
        "is_last": True,
        "file": Path("b c"),
    }
    line = LogfmtFormatter().format(record("status changed", **fields))
    assert line.partition(" msg=")[2] == (
        '"status changed" service_id=a from=unknown cost_usd=0.5 is_last=true file="b c"'
    )
    assert list(json.loads(JsonFormatter().format(record("status changed", **fields))).items())[4:] == [
        ("service_id", "a"), ("from", "unknown"), ("cost_usd", 0.5), ("is_last", True), ("file", "b c")
    ]  # fmt: skip


@pytest.mark.parametrize("formatter", [LogfmtFormatter(), JsonFormatter()])
def test_a_traceback_stays_on_the_records_line(formatter: logging.Formatter) -> None:
    """An exception's traceback is one field and does not break the line."""
    try:
        raise ValueError("boom")
    except ValueError:
        line = formatter.format(record("fault", logging.ERROR, sys.exc_info()))  # type: ignore[arg-type]
    assert "ValueError: boom" in line
    assert "\n" not in line


@pytest.mark.parametrize("level", ["warn", "warning"])
@pytest.mark.parametrize(("form", "start"), [("logfmt", "ts="), ("json", '{"ts": "')])
def test_configuring_sends_the_chosen_level_and_form_to_stderr(
    root: logging.Logger, capsys: pytest.CaptureFixture[str], form: str, start: str, level: str
) -> None:
    """Nothing below the level is logged; the rest goes to stderr in the chosen form."""
    configure_logging(level, form)
    root.info("quiet")
    root.warning("loud")
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert captured.err.startswith(start)
    assert "loud" in captured.err


def test_single_attempts_have_a_level_of_their_own(
    root: logging.Logger,  # noqa: ARG001 - restores the level of the root
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Attempts are logged from their own level on, also below that of the other lines, and by default not at all."""
    attempts = logging.getLogger(ATTEMPTS)
    counts = []
    for chosen in ([], ["warn"], ["debug"]):
        configure_logging("error", "json", *chosen)
        attempts.warning("attempt failed")
        attempts.debug("attempt failed")
        counts.append(capsys.readouterr().err.count("\n"))
    attempts.setLevel(logging.NOTSET)
    assert counts == [0, 1, 2]


def test_a_lasting_fault_is_logged_when_it_begins_changes_and_ends(caplog: pytest.LogCaptureFixture) -> None:
    """Repetitions of one reason are silent, another reason is not, and the end is logged once."""
    caplog.set_level(logging.INFO)
    fault = LogOnce(logging.getLogger("sora_exporter.test"), "page not readable", over="page readable again", page="a")
    fault.off()
    for error in ("", "", "timeout"):
        fault.on(error)
    fault.off()
    fault.off()
    lines = [LogfmtFormatter().format(line).partition(" level=")[2] for line in caplog.records]
    assert lines == [
        'error source=test msg="page not readable" page=a error=""',
        'error source=test msg="page not readable" page=a error=timeout',
        'info source=test msg="page readable again" page=a',
    ]


class Line(NamedTuple):
    """A kind of log line: its level and the names of its fields."""

    level: str
    fields: frozenset[str]


def logged() -> Iterator[tuple[str, Line]]:
    """Yield every message in the source code with its line."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield from lines_of(node)


def lines_of(call: ast.Call) -> Iterator[tuple[str, Line]]:
    """Yield what a call logs, or may log later."""
    keywords = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    match call:
        case ast.Call(func=ast.Name("LogOnce"), args=[_, ast.Constant(str(begins))]):
            over = keywords.pop("over")
            assert isinstance(over, ast.Constant)
            yield begins, Line("error", frozenset([*keywords, "error"]))
            yield str(over.value), Line("info", frozenset(keywords))
        case ast.Call(func=ast.Attribute(ast.Name("log" | "attempts"), level), args=[message]) if level in LEVELS:
            extra = keywords.get("extra", ast.Dict([], []))
            assert isinstance(extra, ast.Dict), f"{ast.unparse(call)}: write the fields as a dictionary in the call"
            assert None not in extra.keys, f"{ast.unparse(call)}: write out every field in the call"
            names = {key.value for key in extra.keys if isinstance(key, ast.Constant)}
            trace = {"err"} if level == "exception" or "exc_info" in keywords else set()
            for text in [message.body, message.orelse] if isinstance(message, ast.IfExp) else [message]:
                assert isinstance(text, ast.Constant), f"{ast.unparse(call)}: use a constant message"
                yield str(text.value), Line(LEVELS[level], frozenset(map(str, names | trace)))
        case ast.Call(func=ast.Attribute(ast.Name("log" | "attempts"), level)) if level in LEVELS:
            pytest.fail(f"{ast.unparse(call)}: use a constant message, and give the facts as extra={{…}}")


def documented() -> dict[str, Line]:
    """Return the lines that the document lists, by their messages."""
    rows = re.findall(
        r"^\| `([^`]+)` \| (\w+) \|([^|]*)\| [^|]+ \|$", DOCUMENT.partition("## Messages")[2], re.MULTILINE
    )
    return {message: Line(level, frozenset(re.findall(r"`(\w+)`", fields))) for message, level, fields in rows}


def test_every_line_is_documented() -> None:
    """docs/logs.md has exactly one row for each message, with the level and the fields that it is logged with."""
    assert documented() == dict(logged()), "add or correct the message's row in docs/logs.md"


def test_every_field_is_documented() -> None:
    """docs/logs.md explains every field of every line, and none besides."""
    explained = re.findall(r"^\| `(\w+)` \| [^|]+ \|$", DOCUMENT.partition("## Messages")[0], re.MULTILINE)
    used = {name for line in documented().values() for name in line.fields}
    assert sorted(explained) == sorted(used | {"ts", "level", "source", "msg"})
