"""Reading documents: other people's JSON within bounds, values in it by dotted paths, and our own YAML files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import Any

import yaml

MOST_VALUES = 40_000
"""The limit of objects and lists in one document; real answers stay far below it, and more would take too long."""

CHOICE = re.compile(r"\[([^=\]]+)=([^\]]*)\]")
# The same loader in C, ten times as fast, if PyYAML was built with it.
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
STEP_END = re.compile(r"\.(?![^\[]*\])")


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


def shipped(file: Traversable) -> Any:
    """Return the value of a YAML file that comes with the package."""
    return yaml.load(file.read_text("utf-8"), _YAML)  # noqa: S506 - both are safe loaders


def at(document: object, path: str) -> Any:
    """Return the value at a dotted path, such as ``data.0.url``, or None; numbers index lists.

    ``steps.[type=video].uri`` chooses the first member of a list that has this value.
    """
    found = document
    for step in _steps(path):
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        elif isinstance(found, list) and (choice := CHOICE.fullmatch(step)) is not None:
            found = next(
                (one for one in found if isinstance(one, dict) and text_of(one.get(choice[1])) == choice[2]), None
            )
        else:
            return None
    return found


def first(document: object, paths: Iterable[str]) -> Any:
    """Return the first value at one of the paths that is neither null nor empty text, or None."""
    return next((found for path in paths if (found := at(document, path)) is not None and found != ""), None)


def text_of(value: object) -> str | None:
    """Return a text, number or boolean as JSON writes it, without quotes; None for everything else."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, int | float) else None


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(STEP_END.split(path))
