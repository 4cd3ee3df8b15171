"""Loading a file: a configuration, or every mistake in it at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from sora_exporter.config.checks import Finding, capabilities, references
from sora_exporter.config.pasted_keys import pasted_keys
from sora_exporter.config.problems import problem
from sora_exporter.config.schema import Config
from sora_exporter.config.yaml_file import CONFIG_FILE, ConfigError, Location, YamlFile, parse_yaml, read_yaml

Source = Config | str | os.PathLike[str] | None
"""A loaded configuration, the path of its file, or None for the built-in services."""

# Errors for a default that depends on a value which already has an error of its own.
CONSEQUENCES: Final = frozenset({"default_factory_not_called"})


def load_config(path: Path | None) -> Config:
    """Return the configuration of a file; without one, the built-in services. Raises ConfigError."""
    return parse_config(read_yaml(path, CONFIG_FILE) if path is not None else _builtin())


def config_from(source: Source) -> Config:
    """Return the configuration of a source. Raises ConfigError for mistakes in it, TypeError for another kind."""
    if isinstance(source, Config):
        return source
    if source is None:
        return load_config(None)
    if isinstance(source, str | os.PathLike):
        return parse_config(read_yaml(Path(source), "the argument config"))
    raise TypeError(f"config is a path, a Config or None, not {type(source).__name__}")


def builtin_document() -> dict[str, Any]:
    """Return the configuration of the built-in services as it is written."""
    return _builtin().document


def _builtin() -> YamlFile:
    text = resources.files(__package__).joinpath("builtin.yml").read_text("utf-8")
    return parse_yaml("built-in services", text)


def parse_config(file: YamlFile) -> Config:
    """Return the configuration in a parsed file. Raises ConfigError with one line for each mistake, in file order.

    Relative paths of key and certificate files are relative to the file's directory.
    """
    if not file.document:
        raise ConfigError(f"{file.name}: is empty: describe services, or write it with sora-exporter init")
    config, findings = _validate(file, file.document)
    broken = {location[:2] for location, _ in findings}
    findings += references(file.document)
    known = {location for location, _ in findings}
    findings += (finding for finding in pasted_keys(file.document) if finding[0] not in known)
    sound = config or _validate(file, _without(file.document, broken))[0]
    if sound is not None and sound.services:
        written = range(len(file.document["services"]))
        findings += capabilities(sound, [index for index in written if ("services", index) not in broken])
    if findings or config is None:
        findings.sort(key=lambda finding: file.line(finding[0]))
        raise ConfigError(*(file.mistake(location, said) for location, said in findings))
    return config


def _validate(file: YamlFile, document: dict[str, Any]) -> tuple[Config | None, list[Finding]]:
    try:
        return Config.model_validate(document, context={"directory": file.directory}), []
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        located = [
            (tuple(step for step in item["loc"] if step != "[key]"), item)
            for item in found
            if item["type"] not in CONSEQUENCES
        ]
        return None, [
            (location, problem(item, location))
            for location, item in located
            if not _follows(item["type"], location, located)
        ]


def _follows(kind: str, location: Location, found: Sequence[tuple[Location, Any]]) -> bool:
    """Return whether a list counts as empty only because a member of it is wrong, which has a message of its own."""
    length = len(location)
    return kind == "too_short" and any(len(other) > length and other[:length] == location for other, _ in found)


def _without(document: dict[str, Any], broken: set[Location]) -> dict[str, Any]:
    """Return the document without its broken entries, so that the others can be checked too."""
    sound: dict[str, Any] = {}
    for section, entries in document.items():
        if (section,) in broken:
            continue
        if isinstance(entries, dict):
            sound[section] = {name: entry for name, entry in entries.items() if (section, name) not in broken}
        elif isinstance(entries, list):
            sound[section] = [entry for index, entry in enumerate(entries) if (section, index) not in broken]
        else:
            sound[section] = entries
    return sound
