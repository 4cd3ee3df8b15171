"""Filling ``{placeholders}`` in the paths, headers and bodies of requests.

``{name}`` in a path is one percent-encoded segment; ``{+name}`` keeps its slashes, for names that have some (RFC 6570).
A dotted name such as ``{data.0.id}`` is a path into an earlier answer.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

PLACEHOLDER = re.compile(r"\{(\+?)([A-Za-z_][\w.]*)\}")
WHOLE = re.compile(r"\{[A-Za-z_][\w.]*\}")
DOT_SEGMENTS = {".": "%2E", "..": "%2E%2E"}
MADE: Final[Mapping[str, Callable[[float], str]]] = MappingProxyType(
    {
        "uuid": lambda _: str(uuid.uuid4()),
        "timestamp": lambda now: str(int(now)),
        "timestamp_ms": lambda now: str(int(now * 1000)),
    }
)
"""The placeholders whose values are made for each request, from its moment in Unix seconds."""


def fill(template: Any, values: Mapping[str, str]) -> Any:
    """Return the template with every ``{name}`` in its texts replaced by its value; unknown names stay.

    Values are inserted as they are: a placeholder inside one is not replaced.
    """
    if isinstance(template, str):
        return PLACEHOLDER.sub(lambda found: values.get(found[2], found[0]), template)
    if isinstance(template, dict):
        return {key: fill(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, values) for value in template]
    return template


def fill_path(path: str, values: Mapping[str, str]) -> str:
    """Return a route's path with its placeholders replaced by percent-encoded values.

    A value stays one segment, or with ``{+name}`` a row of segments: no query and no dot segment in it can change which
    route is called. A path that is one placeholder is a whole address, and its value is taken as it is.
    """
    if WHOLE.fullmatch(path):
        return str(fill(path, values))

    def encoded(found: re.Match[str]) -> str:
        value = values.get(found[2])
        if value is None:
            return found[0]
        return "/".join(map(_segment, value.split("/"))) if found[1] else _segment(value)

    return PLACEHOLDER.sub(encoded, path)


def _segment(value: str) -> str:
    return DOT_SEGMENTS.get(value) or quote(value, safe=":@")


def placeholders(template: Any) -> frozenset[str]:
    """Return the names of the placeholders in a text, or in all texts of a mapping or list."""
    if isinstance(template, str):
        return _named_in(template)
    members = template.values() if isinstance(template, Mapping) else template if isinstance(template, list) else ()
    return frozenset(name for member in members for name in placeholders(member))


@lru_cache(maxsize=4096)
def _named_in(text: str) -> frozenset[str]:
    return frozenset(found[2] for found in PLACEHOLDER.finditer(text))
