"""The base of every section, and the value types that sections share."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from support.configured import with_service

from sora_exporter.config.section import Count, Flag, Json, Pattern, Section


class Example(Section):
    """A section with a default that is not None."""

    name: str | None = None
    retries: int | None = 3


def test_sections_are_frozen() -> None:
    """A loaded configuration cannot be changed."""
    config = with_service()
    for section, member in [(config, "services"), (config.services[0], "id"), (config.providers["relay"], "base_url")]:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(section, member, None)


def test_an_error_quotes_no_value() -> None:
    """A mistaken member may hold a secret: the error does not repeat it."""
    with pytest.raises(ValidationError) as caught:
        Example.model_validate({"retries": "pa55word"})
    assert "pa55word" not in str(caught.value)


@pytest.mark.parametrize(
    ("members", "dump"),
    [({}, {"retries": 3}), ({"name": "a"}, {"name": "a", "retries": 3}), ({"retries": None}, {"retries": None})],
)
def test_a_dump_leaves_out_members_that_are_none_by_default(members: dict[str, Any], dump: dict[str, Any]) -> None:
    """A None that replaces another default stays, so that the dump loads as the same section."""
    assert Example.model_validate(members).model_dump() == dump
    assert Example.model_validate(dump) == Example.model_validate(members)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Flag, "yes"),
        (Flag, 1),
        (Count, 1.0),
        (Count, "3"),
        (Json, {"a": float("inf")}),
        (Json, {"a": {1, 2}}),
        (Pattern, ""),
        (Pattern, "a" * 501),
        (Pattern, "(?=a)"),
    ],
)
def test_a_value_of_another_type_is_refused(kind: Any, value: object) -> None:
    """Flags and counts are not converted, JSON has no infinity or sets, and patterns match in linear time."""
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)
