"""Log lines on stderr, in logfmt or JSON: a short constant message, and every fact as a field beside it.

A call gives its facts as ``log.info("status changed", extra={"service_id": …})``; docs/logs.md lists them all.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import TextIO

from sora_exporter.figures import UNKNOWN, iso
from sora_exporter.redact import redact

ATTEMPTS = "sora_exporter.attempts"
"""The logger of single attempts, which has a level of its own."""
ERROR_CHARACTERS = 20_000
OWN_MEMBERS = frozenset([*vars(logging.makeLogRecord({})), "message", "asctime"])
"""The members that every record has; all others came from ``extra``."""

Value = str | int | float


def configure_logging(level: str, form: str, attempts: str = "error") -> None:
    """Send every log line to stderr in the named form (``logfmt`` or ``json``).

    ``attempts`` is the minimum level of the lines about single attempts and does not depend on ``level``.
    """
    handler = StderrHandler()
    handler.setFormatter(JsonFormatter() if form == "json" else LogfmtFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger(ATTEMPTS).setLevel(attempts.upper())
    # The server's lines below an error repeat ours, and its warnings would let bad requests fill the log.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)


class StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to the standard error of the moment, which a caller of ``main`` may have replaced since."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def _fields(record: logging.LogRecord) -> dict[str, Value]:
    fields: dict[str, Value] = {
        "ts": iso(record.created, milliseconds=True) or UNKNOWN,
        "level": record.levelname.lower().replace("warning", "warn"),
        "source": record.name.removeprefix("sora_exporter."),
        "msg": record.getMessage(),
    }
    for name, value in vars(record).items():
        if name not in OWN_MEMBERS and value is not None:
            fields[name] = value if isinstance(value, str | int | float) else str(value)
    if record.exc_info:
        # The text of an exception may quote its input, such as a header with a key in it.
        fields["err"] = redact(logging.Formatter().formatException(record.exc_info), (), ERROR_CHARACTERS)
    return fields


class LogfmtFormatter(logging.Formatter):
    """One line of ``key=value`` pairs per record; values with spaces or quotes are quoted."""

    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{key}={_written(value)}" for key, value in _fields(record).items())


class JsonFormatter(logging.Formatter):
    """One JSON object per record and line; numbers stay numbers."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_fields(record), ensure_ascii=False)


def _written(value: Value) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    is_plain = text and not any(letter in ' "=\\' or letter < " " for letter in text)
    return text if is_plain else json.dumps(text, ensure_ascii=False)


class LogOnce:
    """A fault that lasts: logged as an error when it begins or its reason changes, and once more when it is over.

    ``fields`` are on all its lines; the lines of the fault itself also have its reason as ``error``.
    """

    def __init__(self, log: logging.Logger, message: str, over: str, **fields: Value) -> None:
        self._log, self._message, self._over, self._fields = log, message, over, fields
        self._error: str | None = None

    def on(self, error: str) -> None:
        """Note that the fault is there, for this reason."""
        if error != self._error:
            self._log.error(self._message, extra={**self._fields, "error": error})
        self._error = error

    def off(self) -> None:
        """Note that the fault is not there."""
        if self._error is not None:
            self._log.info(self._over, extra=self._fields)
        self._error = None
