"""Log lines: one per record, readable by the field's tools."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from types import TracebackType

import pytest

from sora_exporter.logs import JsonFormatter, LogfmtFormatter, configure_logging

MOMENT = 1_769_572_800.25
Exc = tuple[type[BaseException], BaseException, TracebackType | None]


def record(message: str, level: int = logging.INFO, exc_info: Exc | None = None) -> logging.LogRecord:
    """Return a record of the exporter's at a fixed moment."""
    made = logging.LogRecord("sora_exporter.watcher", level, __file__, 1, message, None, exc_info)
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
    """Time, level, source and message; what has blanks, quotes, equal signs or line breaks is quoted."""
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


@pytest.mark.parametrize("formatter", [LogfmtFormatter(), JsonFormatter()])
def test_a_traceback_stays_on_the_records_line(formatter: logging.Formatter) -> None:
    """An exception's traceback is a field of its own, without breaking the line."""
    try:
        raise ValueError("boom")
    except ValueError:
        line = formatter.format(record("fault", logging.ERROR, sys.exc_info()))  # type: ignore[arg-type]
    assert "ValueError: boom" in line
    assert "\n" not in line


@pytest.mark.parametrize(("form", "start"), [("logfmt", "ts="), ("json", '{"ts": "')])
def test_configuring_sends_the_chosen_level_and_form_to_stderr(
    root: logging.Logger, capsys: pytest.CaptureFixture[str], form: str, start: str
) -> None:
    """Below the level nothing is said; the rest goes to stderr in the chosen form."""
    configure_logging("warning", form)
    root.info("quiet")
    root.warning("loud")
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert captured.err.startswith(start)
    assert "loud" in captured.err
