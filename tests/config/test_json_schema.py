"""The JSON Schema of ``sora.yml``: it accepts what loads, and refuses mistakes that need no look outside the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from sora_exporter.config.apis import api_text, builtin_apis
from sora_exporter.config.balance import builtin_balances
from sora_exporter.config.json_schema import json_schema
from sora_exporter.config.yaml_file import parse_yaml

ROOT = Path(__file__).parents[2]
TESTDATA = Path(__file__).parent / "testdata"
COMPLETE = [TESTDATA / "complete.yml", ROOT / "sora.example.yml", ROOT / "sora_exporter" / "config" / "builtin.yml"]


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    """A validator with the schema, which must be a good schema itself."""
    Draft202012Validator.check_schema(made := json_schema())
    return Draft202012Validator(made)


def read(path: Path) -> Any:
    """Return a configuration as its loader reads it: dates stay text."""
    return parse_yaml(path.name, path.read_text("utf-8")).document


def refusals(schema: Draft202012Validator, document: Any) -> list[str]:
    """Return the schema's complaints about a document."""
    return [error.message for error in schema.iter_errors(document)]


@pytest.mark.parametrize("path", COMPLETE, ids=lambda path: path.name)
def test_it_accepts_a_configuration_that_loads(schema: Draft202012Validator, path: Path) -> None:
    """Complete files and the built-in services pass, with their durations, dates, lists of one and older names."""
    assert refusals(schema, read(path)) == []


@pytest.mark.parametrize("name", builtin_apis())
def test_it_accepts_every_built_in_api(schema: Draft202012Validator, name: str) -> None:
    """The files of vendors pass as sections under ``apis:``."""
    assert refusals(schema, {"apis": {name: yaml.safe_load(api_text(name))}}) == []


@pytest.mark.parametrize("said", [*builtin_balances(), {"like": "new-api", "low": 5}], ids=str)
def test_it_accepts_a_balance_by_name_and_by_likeness(schema: Draft202012Validator, said: object) -> None:
    """A built-in balance is written as one word, or as a likeness with members of its own."""
    assert refusals(schema, {"providers": {"one": {"base_url": "https://one.example", "balance": said}}}) == []


@pytest.mark.parametrize(
    "mistake",
    ["access", "duration-without-unit", "flag", "missing", "objective", "probe", "unknown-key", "unknown-key-nested",
     "unknown-key-top", "whole-number"],
)  # fmt: skip
def test_it_refuses_a_mistake_of_form(schema: Draft202012Validator, mistake: str) -> None:
    """Unknown keys, wrong words, numbers out of range and missing members are refused without loading the file."""
    assert refusals(schema, read(TESTDATA / f"invalid-{mistake}.yml"))


def test_every_section_is_described() -> None:
    """An editor shows a sentence for each section, without the code marks of the source."""
    sections = [section for section in json_schema()["$defs"].values() if "properties" in section]
    assert [section["title"] for section in sections if not section.get("description")] == []
    assert not [section["title"] for section in sections if "``" in section["description"]]
