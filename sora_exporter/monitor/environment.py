"""The configuration for the keys in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sora_exporter.config import Config, load_config, parse_config
from sora_exporter.config.catalog import choose, vendors_with_keys, written
from sora_exporter.config.yaml_file import parse_yaml

BASE_URL = "OPENAI_BASE_URL"


def from_environment(environment: Mapping[str, str], today: date) -> Config:
    """Return the configuration for the keys in the environment, with free probes only.

    With OPENAI_BASE_URL, or without any known key, these are the built-in services; otherwise those that
    ``sora-exporter init`` would write. Raises ConfigError.
    """
    names = [] if environment.get(BASE_URL) else vendors_with_keys(environment)
    if not names:
        return load_config(None)
    text = written(choose(names, environment, today), "Monitor.from_env", today)
    return parse_config(parse_yaml("the keys in the environment", text))
