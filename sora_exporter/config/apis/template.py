"""Filling ``{placeholders}`` in the paths and bodies of requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
DOT_SEGMENTS = {".": "%2E", "..": "%2E%2E"}


def fill(template: Any, values: Mapping[str, str]) -> Any:
    """Return the template with every ``{name}`` in its texts replaced by its value; unknown names stay.

    Values are inserted as they are: a placeholder inside one is not replaced.
    """
    if isinstance(template, str):
        return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)
    if isinstance(template, dict):
        return {key: fill(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, values) for value in template]
    return template


def fill_path(path: str, **values: str) -> str:
    """Return a route's path with its placeholders replaced by percent-encoded values.

    Each value stays one segment: a slash or a dot segment in it cannot change which route is called.
    """
    encoded = {name: DOT_SEGMENTS.get(value) or quote(value, safe=":@") for name, value in values.items()}
    return str(fill(path, encoded))


def placeholders(text: str) -> set[str]:
    """Return the names of the placeholders in a text."""
    return set(PLACEHOLDER.findall(text))
