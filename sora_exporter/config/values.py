"""The value types of the configuration: durations, addresses, identifiers, secrets, files."""

from __future__ import annotations

import os
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, SecretStr, ValidationInfo, WithJsonSchema

from sora_exporter.config.yaml_file import VARIABLE, expand
from sora_exporter.redact import SECRET_SHAPES

HIDDEN = "<hidden>"
SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD)$", re.IGNORECASE)
"""The end of a name that a variable with a secret usually has; the path of a key's file ends otherwise."""
LONGEST_SECONDS = 366 * 86400.0
SHORTEST_INTERVAL, SHORTEST_PAID_INTERVAL = 1.0, 60.0
"""The least seconds between two free calls, and between two paid ones; fewer are a slip of the pen."""
UNITS = {"d": Decimal(86400), "h": Decimal(3600), "m": Decimal(60), "s": Decimal(1), "ms": Decimal("0.001")}
DURATION_PART = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,30})?)(ms|[smhd])")
DURATION = re.compile(rf"(?:{DURATION_PART.pattern})+")
ID = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
FRAMING_HEADERS = frozenset({"content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"})
PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


def parse_duration(value: object) -> float:
    """Return the seconds of ``1m30s``, ``10s``, ``500ms``, ``6h`` or ``1d``. Raises ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError("write a duration with its unit, such as 30s, 5m or 6h")
    if not DURATION.fullmatch(value):
        raise ValueError(f"{value!r} is not a duration: write 30s, 5m or 6h")
    return float(sum(Decimal(number) * UNITS[unit] for number, unit in DURATION_PART.findall(value)))


def _in_range(seconds: float) -> float:
    if not 0 < seconds <= LONGEST_SECONDS:
        raise ValueError(f"must be more than 0s and at most {write_duration(LONGEST_SECONDS)}")
    return seconds


def _not_too_often(seconds: float) -> float:
    if seconds < SHORTEST_INTERVAL:
        raise ValueError(f"must be at least {write_duration(SHORTEST_INTERVAL)}: raise it")
    return seconds


def write_duration(seconds: float) -> str:
    """Return seconds the way people write them, ``1m30s``; ``parse_duration`` gives back exactly the same number."""
    rest = Decimal(repr(seconds))
    if 0 < rest < 1:
        return f"{(rest * 1000).normalize():f}ms"
    parts = []
    for unit in ("d", "h", "m"):
        count, rest = divmod(rest, UNITS[unit])
        parts.append(f"{count:f}{unit}" if count else "")
    return "".join(parts) + (f"{rest.normalize():f}s" if rest else "") or "0s"


def _share(value: object) -> float:
    """Return a share of the day's limit as a fraction."""
    written = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)%", value) if isinstance(value, str) else None
    if written is not None:
        share = float(written[1]) / 100
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        share = float(value)
    else:
        raise ValueError("a share is a fraction or a percentage of the day's limit: write 0.3 or 30%")
    if not share > 0:
        raise ValueError("a share must be more than 0: write 0.3 or 30%, or leave it out")
    if share > 1:
        raise ValueError("the share is above the day's limit: write at most 1 or 100%, such as 0.3 or 30%")
    return share


BudgetShare = Annotated[
    float,
    BeforeValidator(_share),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                {"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,6})?%$"},
            ]
        }
    ),
]
"""A share of the day's limit, from 0 to 1."""


def _expanded(value: object) -> object:
    return expand(value) if isinstance(value, str) else value


def _shown(value: object) -> object:
    """Return a text with its variables filled in. Raises ValueError, without a value, for one that holds a secret.

    The member is shown on ``/config``, and some on pages and in metrics.
    """
    for match in VARIABLE.finditer(value) if isinstance(value, str) else ():
        name = match["name"] or ""
        if SECRET_NAME.search(name) or SECRET_SHAPES.search(os.environ.get(name, "")):
            raise ValueError(
                f"the variable {name} holds a secret, and this member is shown: only headers, proxy and members such as"
                " api_key_env take secrets"
            )
    return _expanded(value)


def _split(value: str, example: str) -> SplitResult:
    """Return the parts of an address. Raises ValueError without repeating it: it may hold credentials."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError(f"not an address, its host or port is malformed: write {example}") from None
    if not parts.hostname or not re.fullmatch(r"[!-~]+", value):
        raise ValueError(f"not an address: write {example}")
    return parts


def _http_url(value: str) -> str:
    example = "http://… or https://…"
    parts = _split(value, example)
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"not an address, its scheme is {parts.scheme!r}: write {example}")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address must not hold a user or password: use api_key_env, api_key_file or headers")
    if parts.query or parts.fragment:
        raise ValueError("an address must end with its path: remove everything from '?' or '#' on")
    return value.rstrip("/")


def _proxy(value: SecretStr) -> SecretStr:
    parts = _split(value.get_secret_value(), "http://host:port or socks5://host:port")
    if parts.scheme not in PROXY_SCHEMES:
        raise ValueError(f"a proxy speaks one of {', '.join(PROXY_SCHEMES)}: begin the address with one of them")
    return value


def _header_name(value: str) -> str:
    if not HEADER_NAME.fullmatch(value):
        raise ValueError("not the name of a header: use letters, digits and '-'")
    if value.lower() in FRAMING_HEADERS:
        raise ValueError(f"{value} follows from each request and connection: leave it out")
    return value


def _header_value(value: SecretStr) -> SecretStr:
    said = value.get_secret_value()
    if said != said.strip() or not re.fullmatch(r"[\t -~]*", said):
        raise ValueError("a header's value is printable ASCII without spaces around it: correct it")
    return value


def _identifier(value: str) -> str:
    if not ID.fullmatch(value):
        raise ValueError(f"{value!r} is not an id: use a-z, 0-9, '.', '_' and '-', at most 64 characters")
    return value


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be one line without control characters: remove them")
    return value


def _day(value: object) -> object:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("not a date: write year, month and day such as 2026-09-24")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a day of the calendar: correct month or day") from None


def _beside_the_file(value: Path, info: ValidationInfo) -> Path:
    return Path((info.context or {}).get("directory", "")) / value


def require_readable(path: Path, limit: int) -> bytes:
    """Return the first bytes of a regular file. Raises ValueError naming the file and what is wrong with it."""
    try:
        if path.exists() and not path.is_file():
            raise ValueError(f"{path} is not a regular file: name a file")
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}: correct the path or its permissions") from None


def _hidden(_value: SecretStr) -> str:
    return HIDDEN


_hide = PlainSerializer(_hidden, when_used="json")
_in_words = PlainSerializer(write_duration, when_used="json")

Duration = Annotated[str, Field(pattern=f"^{DURATION.pattern}$")]
Seconds = Annotated[
    float, BeforeValidator(parse_duration, json_schema_input_type=Duration), AfterValidator(_in_range), _in_words
]
Interval = Annotated[Seconds, AfterValidator(_not_too_often)]
Line = Annotated[str, BeforeValidator(_shown), Field(max_length=200), AfterValidator(_one_line)]
Text = Annotated[Line, Field(min_length=1)]
Url = Annotated[str, BeforeValidator(_shown), AfterValidator(_http_url)]
Proxy = Annotated[SecretStr, BeforeValidator(_expanded), AfterValidator(_proxy), _hide]
HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[SecretStr, BeforeValidator(_expanded), AfterValidator(_header_value), _hide]
Identifier = Annotated[str, AfterValidator(_identifier)]
Day = Annotated[date, BeforeValidator(_day)]
File = Annotated[Path, BeforeValidator(_shown), AfterValidator(_beside_the_file)]
