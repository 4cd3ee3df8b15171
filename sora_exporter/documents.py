"""JSON of strangers, read within bounds: what is too deep or too finely divided is no document."""

from __future__ import annotations

import json
from typing import Any

MOST_VALUES = 40_000
"""More objects and lists than this are no answer of a provider; to build each takes longer than its text tells."""


def decoded(text: str, decoder: json.JSONDecoder | None = None) -> Any:
    """Return the JSON value that ``text`` begins with (by default: the one it is), or None where there is none."""
    if text.count("{") + text.count("[") > MOST_VALUES:
        return None
    try:
        return json.loads(text) if decoder is None else decoder.raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None
