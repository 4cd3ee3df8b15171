"""The base of every section of the configuration, and the value types they share."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    Strict,
    model_serializer,
)

from sora_exporter import patterns


class Section(BaseModel):
    """Base of every section: frozen, unknown keys are errors, and errors never quote a value."""

    # A section is validated as a part of the whole: a validator of its own, if needed at all, is built on first use.
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False, defer_build=True
    )

    @model_serializer(mode="wrap")
    def _without_empty(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out members that are None by default; a None that replaces another default is kept."""
        # A dump names members as the file does or as Python does.
        fields = {key: one for name, one in type(self).model_fields.items() for key in (name, one.alias or name)}
        members = handler(self).items()
        return {name: value for name, value in members if value is not None or fields[name].default is not None}


def _json(value: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise ValueError("must be plain JSON: texts, numbers, true, false, null, lists and mappings") from None
    return value


def _pattern(value: str) -> str:
    try:
        patterns.Pattern(value)
    except patterns.PatternError as error:
        raise ValueError(f"{value!r} is not a regular expression of RE2: {error}") from None
    return value


Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict()]
Json = Annotated[dict[str, Any], AfterValidator(_json)]
Pattern = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_pattern)]
