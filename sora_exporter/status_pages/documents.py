"""Tolerant reading of foreign JSON: a value of the wrong type counts as missing, never as an error."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit, urlunsplit

from sora_exporter.status_pages.facts import PageError

Record = Mapping[str, Any]
Value = TypeVar("Value")

TEXT_CHARACTERS: Final = 200
MAX_COMMAS: Final = 2_000_000
"""The limit of values in one document, and so of their memory; Google's largest has some hundred thousand."""
SEPARATORS = re.compile(r"[\s\-]+")
WEB_ADDRESS = re.compile(r"https?://[^\s\"'<>\\]{1,500}", re.IGNORECASE)


def parse(body: bytes, keep: Collection[str] | None = None) -> Any:
    """Return the JSON value of ``body``; numbers stay text as written.

    A byte order mark, raw control characters in strings and invalid UTF-8 are tolerated. With ``keep``, members of
    other names are dropped while parsing: that limits the memory of a long document, and the Python code between two
    objects lets the event loop run while a thread parses.

    Raises PageError if it is not JSON, is nested too deeply, or has too many values for a status document.
    """
    if body.count(b",") > MAX_COMMAS:
        raise PageError("too many values for a status document")
    text = body.decode("utf-8-sig", "replace")
    hook = None if keep is None else lambda found: {name: found[name] for name in found if name in keep}
    try:
        return json.loads(text, strict=False, object_hook=hook, parse_int=str, parse_float=str)
    except ValueError as error:
        raise PageError(_not_json(text, error)) from None
    except RecursionError:
        raise PageError("JSON nested too deeply") from None


def _not_json(text: str, error: ValueError) -> str:
    start = text[:1000].lstrip()
    if not start:
        return "empty body"
    if start.startswith("<"):
        return "HTML instead of JSON"
    place = f" at character {error.pos} of {len(text)}" if isinstance(error, json.JSONDecodeError) else ""
    return f"not valid JSON{place}"


def parse_each(documents: Mapping[str, bytes]) -> tuple[Mapping[str, Any], dict[str, str]]:
    """Return the parsed documents by name, and the problem of each that cannot be parsed."""
    roots: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, body in documents.items():
        try:
            roots[name] = parse(body)
        except PageError as error:
            problems[name] = str(error)
    return roots, problems


def beside(url: str, path: str, names: Iterable[str]) -> Mapping[str, str]:
    """Return the addresses of documents by name: on the host of ``url``, below ``path``."""
    parts, base = urlsplit(url), path.rstrip("/")
    return {name: urlunsplit((parts.scheme, parts.netloc, f"{base}/{name}", "", "")) for name in names}


def record(value: object) -> Record:
    """Return a JSON object unchanged, and an empty one for any other value."""
    return value if isinstance(value, dict) else {}


def records(value: object) -> list[Record] | None:
    """Return the objects of a JSON array; None if it is not an array, or has values but no object.

    An empty array is a measurement ("none"), a missing one is not.
    """
    if not isinstance(value, list):
        return None
    found: list[Record] = [item for item in value if isinstance(item, dict)]
    return found if found or not value else None


def rows_of(root: object, member: str) -> list[Record] | None:
    """Return the rows of a document: a bare array, or that of a member."""
    return records(root if isinstance(root, list) else record(root).get(member))


def text(value: object) -> str:
    """Return one line of printable text, at most TEXT_CHARACTERS; empty for any other value."""
    if not isinstance(value, str):
        return ""
    start = value[: 4 * TEXT_CHARACTERS]
    # Most texts need no replacement, and a page may hold hundreds of thousands.
    printable = start if start.isprintable() else "".join(c if c.isprintable() else " " for c in start)
    return " ".join(printable.split())[:TEXT_CHARACTERS]


def word(value: object) -> str:
    """Return an enumerated word in the usual spelling: ``"Major Outage"`` is ``major_outage``."""
    return SEPARATORS.sub("_", text(value).lower())


def translate(value: object, words: Mapping[str, Value]) -> Value | None:
    """Return the value of a page's word in ``words``; None for an unknown word."""
    return words.get(word(value))


def timestamp(value: object) -> float | None:
    """Return the Unix time of an ISO 8601 date and time, UTC without a zone; None for any other value."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def first_timestamp(found: Record, names: Sequence[str]) -> float | None:
    """Return the first usable time among these members."""
    return next((time for name in names if (time := timestamp(found.get(name))) is not None), None)


def link(value: object) -> str:
    """Return an http(s) address; empty for any other value, such as a ``javascript:`` address."""
    address = value.strip() if isinstance(value, str) else ""
    return address if WEB_ADDRESS.fullmatch(address) and address.isprintable() and _has_host(address) else ""


def _has_host(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False
