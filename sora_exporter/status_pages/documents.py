"""Reading other people's JSON with tolerance: a value of the wrong kind is a missing value, never an error."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from sora_exporter.status_pages.facts import PageError

Record = Mapping[str, Any]
Value = TypeVar("Value")

TEXT_CHARACTERS: Final = 200
MAX_COMMAS: Final = 2_000_000
"""A bound on the values in one document, hence on the memory they take; Google's largest has some hundred thousand."""
SEPARATORS = re.compile(r"[\s\-]+")
WEB_ADDRESS = re.compile(r"https?://[^\s\"'<>\\]{1,500}", re.IGNORECASE)


def parse(body: bytes, keep: Collection[str] | None = None) -> Any:
    """Return the JSON value of ``body``; numbers come as the text they were written in.

    A byte order mark, raw control characters in strings and broken UTF-8 are forgiven. With ``keep``, members of
    other names are dropped while parsing: that bounds the memory of a long document, and running Python code between
    two objects lets the event loop have its turns while a thread parses.

    Raises PageError when it is not JSON, or nested too deeply or too full of values to be a status document.
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


def record(value: object) -> Record:
    """Return a JSON object as it is, anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def records(value: object) -> list[Record] | None:
    """Return the objects of a JSON array; None when it is no array, or an array with no object in it but other things.

    An empty array is a measurement ("none"), a missing one is not.
    """
    if not isinstance(value, list):
        return None
    found: list[Record] = [item for item in value if isinstance(item, dict)]
    return found if found or not value else None


def text(value: object) -> str:
    """Return one line of printable text, at most TEXT_CHARACTERS; empty for anything but text."""
    if not isinstance(value, str):
        return ""
    printable = "".join(c if c.isprintable() else " " for c in value[: 4 * TEXT_CHARACTERS])
    return " ".join(printable.split())[:TEXT_CHARACTERS]


def word(value: object) -> str:
    """Return an enumerated word in the usual spelling: ``"Major Outage"`` is ``major_outage``."""
    return SEPARATORS.sub("_", text(value).lower())


def translate(value: object, words: Mapping[str, Value]) -> Value | None:
    """Return what a page's word stands for in ``words``; None for an unknown one."""
    return words.get(word(value))


def timestamp(value: object) -> float | None:
    """Return the Unix time of an ISO 8601 date and time, UTC where it names no zone; None for anything else."""
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
    """Return an http(s) address; empty for anything else, ``javascript:`` above all."""
    address = value.strip() if isinstance(value, str) else ""
    return address if WEB_ADDRESS.fullmatch(address) and address.isprintable() and _has_host(address) else ""


def _has_host(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False
