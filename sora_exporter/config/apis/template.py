"""Finding values in JSON answers by dotted paths, and filling ``{placeholders}`` in routes and bodies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
DOT_SEGMENTS = {".": "%2E", "..": "%2E%2E"}


def first(document: object, paths: tuple[str, ...]) -> Any:
    """Return what the first of the dotted paths finds that is neither absent, null nor empty text; else None."""
    for path in paths:
        found = document
        for step in path.split("."):
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
                found = found[int(step)]
            else:
                found = None
        if found is not None and found != "":
            return found
    return None


def fill(template: Any, values: Mapping[str, str]) -> Any:
    """Return the template with ``{name}`` placeholders of its texts replaced; everything else is kept as it is.

    What is filled in is never searched for placeholders again.
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

    A value is always one segment: neither a slash nor a dot segment in it changes which route is called.
    """
    encoded = {name: DOT_SEGMENTS.get(value) or quote(value, safe=":@") for name, value in values.items()}
    return str(fill(path, encoded))


def placeholders(text: str) -> set[str]:
    """Return the names of the placeholders in a text."""
    return set(PLACEHOLDER.findall(text))
