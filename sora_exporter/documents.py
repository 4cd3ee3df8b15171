"""Reading JSON that others wrote: decoding it within bounds, and finding values in it by dotted paths."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

MOST_VALUES = 40_000
"""No provider answers with more objects and lists than this, and building them would take too long."""


def decoded(text: str, decoder: json.JSONDecoder | None = None) -> Any:
    """Return the JSON value of ``text``; None if it is not JSON, too deep or too large.

    With a ``decoder``, text after the value is ignored.
    """
    if text.count("{") + text.count("[") > MOST_VALUES:
        return None
    try:
        return json.loads(text) if decoder is None else decoder.raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


def at(document: object, path: str) -> Any:
    """Return the value at a dotted path, such as ``data.0.url``, or None; numbers index lists."""
    found = document
    for step in _steps(path):
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def first(document: object, paths: Iterable[str]) -> Any:
    """Return the first value at one of the paths that is neither null nor empty text, or None."""
    return next((found for path in paths if (found := at(document, path)) is not None and found != ""), None)


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))
