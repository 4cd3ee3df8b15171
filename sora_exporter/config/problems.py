"""Error messages that name the fix, in place of the validation library's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel

from sora_exporter.config.checks import suggestion
from sora_exporter.config.schema import Config
from sora_exporter.config.yaml_file import Location

WORDS: Final[Mapping[str, str]] = {
    "missing": "is missing: add it",
    "string_type": "must be text: put it in quotes",
    "string_too_short": "must not be empty: fill it in",
    "too_short": "must not be empty: fill it in",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "model_type": "must be a mapping such as '{key: value}'",
    "dict_type": "must be a mapping such as '{key: value}'",
    "mapping_type": "must be a mapping such as '{key: value}'",
    "tuple_type": "must be a list such as '[a, b]'",
    "path_type": "must be the path of a file",
    "recursion_loop": "must not contain itself",
}

# Keys that people expect but that are refused, with the reason.
REFUSED: Final[Mapping[str, str]] = {
    "api_key": "a key must not be in the configuration: "
    "name its variable with api_key_env or its file with api_key_file",
}


def problem(error: Mapping[str, Any], location: Location) -> str:
    """Return the message for one entry of ``ValidationError.errors()``."""
    kind, key = error["type"], str(location[-1]) if location else ""
    if kind == "extra_forbidden":
        return REFUSED.get(key) or f"unknown key: {suggestion(key, known_keys(location[:-1]))}"
    if kind in WORDS:
        return WORDS[kind]
    text = str(error["msg"]).removeprefix("Value error, ")
    return text.replace("Input should", "must").replace("String should", "must").replace("Tuple should", "must")


def known_keys(location: Location) -> list[str]:
    """Return the keys of the section at a place in the file."""
    model: type[BaseModel] = Config
    steps = iter(location)
    for step in steps:
        annotation = model.model_fields[str(step)].annotation
        inner = _section_in(annotation)
        if inner is None:
            break
        model = inner
        if get_origin(annotation) is not None and type(None) not in get_args(annotation):
            next(steps, None)
    return list(model.model_fields)


def _section_in(annotation: object) -> type[BaseModel] | None:
    """Return the section a field holds, alone, optional, in a list or in a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _section_in(part))), None)
