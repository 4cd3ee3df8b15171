"""The JSON Schema of ``sora.yml``, for editors and for the tables of the documentation.

It follows from the sections and from the texts below their members in the source. It is as strict as a schema can be
without a document, so it refuses nothing that loads; references, secrets and files are checked when a file is loaded.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from sora_exporter.config.apis import builtin_apis
from sora_exporter.config.balance import builtin_balances
from sora_exporter.config.schema import Config
from sora_exporter.config.section import Section
from sora_exporter.config.values import write_duration

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class _AsWritten(GenerateJsonSchema):
    """Shows values as people write them in a file; the names of members need no titles."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the library's own form
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        made = super().default_schema(schema)
        if made.get("type") == "string" and isinstance(default := made.get("default"), float):
            made["default"] = write_duration(default)
        return made


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a configuration file, in draft 2020-12."""
    schema = Config.model_json_schema(schema_generator=_AsWritten)
    sections = schema["$defs"] | {Config.__name__: schema}
    for model in _sections(Section):
        made = sections.get(model.__name__, {})
        made["description"] = plain(inspect.getdoc(model) or "")
        for name, text in member_texts(model).items():
            if name in made.get("properties", {}):
                made["properties"][name]["description"] = plain(text)
    for section, member, names in (("Service", "api", builtin_apis()), ("Provider", "balance", builtin_balances())):
        sections[section]["properties"][member]["examples"] = sorted(names)
    return {"$schema": DIALECT, **schema, "title": "sora.yml"}


@cache
def member_texts(model: type[BaseModel]) -> dict[str, str]:
    """Return the text below each member of a section in its source, on one line, its base sections' first."""
    bases = [base for base in reversed(model.__mro__[1:]) if issubclass(base, Section) and base is not Section]
    inherited = {name: text for base in bases for name, text in member_texts(base).items()}
    (found,) = ast.parse(inspect.cleandoc("\n" + inspect.getsource(model))).body
    return inherited | dict(_texts(found.body if isinstance(found, ast.ClassDef) else []))


def plain(text: str) -> str:
    """Return a text of the source in Markdown: one kind of code mark, paragraphs on one line each."""
    return "\n\n".join(" ".join(part.split()) for part in text.replace("``", "`").split("\n\n"))


def _texts(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for member, below in pairwise(body):
        if not isinstance(member, ast.AnnAssign) or not isinstance(member.target, ast.Name):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            # A name that is a keyword of Python, such as from, ends in "_" in the source.
            yield member.target.id.removesuffix("_"), " ".join(below.value.value.split())


def _sections(base: type[Section]) -> Iterator[type[Section]]:
    for model in base.__subclasses__():
        yield model
        yield from _sections(model)
