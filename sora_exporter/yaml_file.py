"""Reading one YAML file strictly: duplicate keys are errors, variables are filled in, every value keeps its line."""

from __future__ import annotations

import os
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Location = tuple[str | int, ...]
VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")


class ConfigError(Exception):
    """What is wrong with a configuration: one line per mistake, each naming file, path and fix."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class UnsetVariable(ValueError):
    """A ``${NAME}`` without a default whose environment variable is not set."""


@dataclass(frozen=True)
class YamlFile:
    """A parsed document and the line (from 1) of each of its values."""

    name: str
    document: dict[str, Any]
    lines: Mapping[Location, int] = field(default_factory=dict)

    def mistake(self, location: Location, problem: str) -> str:
        """Return one line for a person: file, line, path and what to do."""
        known = location
        while known and known not in self.lines:
            known = known[:-1]
        place = f"{self.name}:{self.lines[known]}" if known in self.lines else self.name
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location).lstrip(".")
        return f"{place}: {path}: {problem}" if path else f"{place}: {problem}"


class _StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader, except that a key written twice is an error instead of the last one winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable):
                if key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"{key!r} is written twice: keep one of them", key_node.start_mark
                    )
                seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> YamlFile:
    """Return the file's document. Raises ConfigError when it cannot be read, is not YAML or is no mapping."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file: name an existing one with --config.file") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"{path}: cannot be read: {reason}") from None
    return parse_yaml(str(path), text)


def parse_yaml(name: str, text: str) -> YamlFile:
    """Return the document in ``text``; ``name`` stands for the file in messages. Raises ConfigError."""
    try:
        document = yaml.load(text, _StrictLoader)  # noqa: S506 - derived from SafeLoader
        root = yaml.compose(text, _StrictLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{name}:{mark.line + 1}" if mark else name
        raise ConfigError(f"{place}: not valid YAML: {error.problem or error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: not valid YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ConfigError(f"{name}: not valid YAML: nested too deeply") from None
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise ConfigError(f"{name}: the top level must be a mapping such as 'services:'")
    lines: dict[Location, int] = {}
    if root is not None:
        _note_lines(root, (), lines)
    return YamlFile(name, document, lines)


def _note_lines(node: yaml.Node, location: Location, lines: dict[Location, int]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            lines[*location, key_node.value] = key_node.start_mark.line + 1
            _note_lines(value_node, (*location, key_node.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[*location, index] = item.start_mark.line + 1
            _note_lines(item, (*location, index), lines)


def expand(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Return text with ``${NAME}`` and ``${NAME:-default}`` filled in. Raises UnsetVariable naming the variable."""
    variables = os.environ if environment is None else environment

    def value(match: re.Match[str]) -> str:
        found = variables.get(match["name"]) or match["default"]
        if found is None:
            raise UnsetVariable(
                f"the environment variable {match['name']} is not set: export it or write ${{{match['name']}:-default}}"
            )
        return found

    return VARIABLE.sub(value, text)
