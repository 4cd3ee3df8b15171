"""Log lines in logfmt or JSON, on stderr, in the field's usual shape."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from sora_exporter.redact import redact

log = logging.getLogger(__name__)

ERROR_CHARACTERS = 20_000


def configure_logging(level: str, form: str) -> None:
    """Send every log line to stderr in the named form (``logfmt`` or ``json``)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else LogfmtFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # The server's own comings and goings say nothing that ours do not; and nobody fills our log by bad requests.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)


def _fields(record: logging.LogRecord) -> dict[str, str]:
    fields = {
        "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower().replace("warning", "warn"),
        "source": record.name.removeprefix("sora_exporter."),
        "msg": record.getMessage(),
    }
    if record.exc_info:
        # The words of an error may quote what it stumbled over, such as a header with a key in it.
        fields["err"] = redact(logging.Formatter().formatException(record.exc_info), (), ERROR_CHARACTERS)
    return fields


class LogfmtFormatter(logging.Formatter):
    """One ``key=value`` line per record; values with spaces or quotes are quoted."""

    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{key}={_quoted(value)}" for key, value in _fields(record).items())


class JsonFormatter(logging.Formatter):
    """One JSON object per record and line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_fields(record), ensure_ascii=False)


def _quoted(value: str) -> str:
    is_plain = value and not any(letter in ' "=\\' or letter < " " for letter in value)
    return value if is_plain else json.dumps(value, ensure_ascii=False)


class Trouble:
    """Something that goes wrong again and again: the log says so once, and once that it is over."""

    def __init__(self, over: str) -> None:
        self._over, self._said = over, ""

    def on(self, said: str) -> None:
        """It went wrong, in these words."""
        if said != self._said:
            log.error("%s", said)
        self._said = said

    def off(self) -> None:
        """It went well."""
        if self._said:
            log.info("%s", self._over)
        self._said = ""
