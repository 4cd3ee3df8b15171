"""Reading one YAML file strictly: duplicate keys are errors, variables are filled in, every value keeps its line."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sora_exporter.redact import HIDDEN, KEY_SHAPES

Location = tuple[str | int, ...]
VARIABLE = re.compile(r"\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\})?")
CONFIG_FILE = "--config.file"
"""The option of every command that names its configuration."""
MOST_VALUES = 200_000
"""Far more than 1,000 services need; nested aliases could expand to billions."""
TIMESTAMP = "tag:yaml.org,2002:timestamp"


class ConfigError(Exception):
    """The mistakes in a configuration, one line each, naming file, path and fix."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class UnsetVariable(ValueError):
    """A ``${NAME}`` without a default whose environment variable is not set."""


@dataclass(frozen=True)
class YamlFile:
    """A parsed document and the line (from 1) of each of its values; paths in it are relative to ``directory``."""

    name: str
    document: dict[str, Any]
    lines: Mapping[Location, int] = field(default_factory=dict)
    directory: Path = field(default_factory=Path)

    def line(self, location: Location) -> int:
        """Return the line of a value; if it is absent, of the section around it; 0 for the whole file."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 0)

    def mistake(self, location: Location, problem: str) -> str:
        """Return one line for a person: file, line, path and what to do."""
        line = self.line(location)
        place = f"{self.name}:{line}" if line else self.name
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location).lstrip(".")
        # A key pasted in place of a name must not reach a log.
        text = KEY_SHAPES.sub(HIDDEN, f"{path}: {problem}" if path else problem)
        return f"{place}: " + "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, except that dates stay text and are checked by their sections."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the library's own form
        letter: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_yaml(path: Path, named_by: str) -> YamlFile:
    """Return the file's document. Raises ConfigError when it cannot be read, is not YAML or not a mapping.

    ``named_by`` is the option or the argument that names the file.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file: name an existing one with {named_by}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}: give {named_by} a readable file") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text: save it in that encoding") from None
    return parse_yaml(str(path), text, path.parent)


def parse_yaml(name: str, text: str, directory: Path | None = None) -> YamlFile:
    """Return the document in ``text``; ``name`` stands for the file in messages. Raises ConfigError."""
    lines: dict[Location, int] = {}
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            if root is not None:
                _note_lines(root, (), lines, set())
                if _size(root, {}) > MOST_VALUES:
                    raise ValueError(f"its aliases repeat more than {MOST_VALUES:,} values")
            document = loader.construct_document(root) if root is not None else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}" if mark else name
        raise ConfigError(f"{place}: not valid YAML: {error.problem or error.context}: correct that line") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{name}:{line}: not valid YAML: {error.reason}: remove that character") from None
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{name}: not valid YAML: {error}: write plain values without tags") from None
    except RecursionError:
        raise ConfigError(f"{name}: not valid YAML: nested too deeply: no setting needs that") from None
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise ConfigError(f"{name}: the top level must be a mapping: begin with a key such as 'services:'")
    return YamlFile(name, document, lines, directory or Path())


def _note_lines(node: yaml.Node, location: Location, lines: dict[Location, int], visited: set[int]) -> None:
    """Note the line of every value. Raises ConstructorError for a key that is not text or is written twice.

    The target of an alias is noted only at its first mention, so that no document can make this walk endless.
    """
    if id(node) in visited:
        return
    visited.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            key = _key(key_node)
            if (*location, key) in lines and key != "<<":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is written twice", key_node.start_mark
                )
            lines[*location, key] = key_node.start_mark.line + 1
            _note_lines(value_node, (*location, key), lines, visited)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[*location, index] = item.start_mark.line + 1
            _note_lines(item, (*location, index), lines, visited)


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Return how many values a node holds once every alias is replaced by its target; ``known`` keeps each target's.

    Raises ValueError for an alias to a value that contains it, which has no end.
    """
    if (size := known.get(id(node))) is None:
        known[id(node)] = 0
        pairs = isinstance(node, yaml.MappingNode)
        children = [value for _, value in node.value] if pairs else node.value if isinstance(node.value, list) else []
        size = known[id(node)] = 1 + sum(_size(child, known) for child in children)
    elif size == 0:
        raise ValueError("an alias repeats the value that contains it")
    return size


def _key(node: yaml.Node) -> str:
    if node.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"):
        shown = f"the key {node.value!r}" if isinstance(node, yaml.ScalarNode) else "a key"
        raise yaml.constructor.ConstructorError(None, None, f"{shown} is not text, put it in quotes", node.start_mark)
    return str(node.value)


def expand(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Return text with ``${NAME}`` and ``${NAME:-default}`` filled in. Raises UnsetVariable naming the variable."""
    variables = os.environ if environment is None else environment

    def value(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            raise ValueError("'${' does not begin a variable: write ${NAME} or ${NAME:-default}")
        found = variables.get(name) or match["default"]
        if found is None:
            raise UnsetVariable(f"the environment variable {name} is not set: export it or write ${{{name}:-default}}")
        return found

    return VARIABLE.sub(value, text)
