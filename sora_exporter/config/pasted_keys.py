"""Keys pasted into members that are shown on ``/config``, on pages or in metrics: an error for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sora_exporter.config.values import SECRET_NAME
from sora_exporter.config.yaml_file import VARIABLE, Location
from sora_exporter.redact import KEY_SHAPES

HIDDEN_MEMBERS: Final = frozenset({"headers", "proxy"})
"""The members of a provider, its balance or a page whose values are never shown."""
BODIES: Final = frozenset({"request", "body", "replace"})
"""The members that hold parts of a request: a member of theirs may be named like a secret."""
PASTED = (
    "a key must not be in the configuration, and this member is shown: "
    "name its variable with api_key_env, its file with api_key_file, or send it by headers of the provider"
)
UNFILLED = "variables are not filled in here: write the value, or a {placeholder} and its value under values"
SECRET_VALUE = re.compile(r"(?=.*[0-9])[!-~]{8,}")


def pasted_keys(document: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    """Yield each shown text of a parsed file that has the form of a key, and each variable that nothing fills in."""
    for section, entries in document.items():
        for location, text in _texts(entries, (section,)):
            if HIDDEN_MEMBERS & set(location[2:]) and location[0] != "apis":
                continue
            if KEY_SHAPES.search(text) or _is_named_like_a_secret(location, text):
                yield location, PASTED
            elif VARIABLE.search(text) and _is_in_a_request(location):
                yield location, UNFILLED


def _is_in_a_request(location: Location) -> bool:
    return location[0] == "apis" or location[2:3] == ("request",)


def _is_named_like_a_secret(location: Location, text: str) -> bool:
    is_member = isinstance(name := location[-1], str) and SECRET_NAME.search(name) is not None
    return is_member and bool(BODIES & set(location)) and "{" not in text and SECRET_VALUE.fullmatch(text) is not None


def _texts(value: object, location: Location) -> Iterator[tuple[Location, str]]:
    """Yield every text in a value with its place; a text that aliases repeat is yielded at each mention."""
    if isinstance(value, str):
        yield location, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _texts(member, (*location, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _texts(member, (*location, index))
