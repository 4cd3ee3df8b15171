"""Configurations parsed from plain sections, for tests of the configuration."""

from __future__ import annotations

from typing import Any

import yaml

from sora_exporter.config import Config, parse_config
from sora_exporter.config.yaml_file import parse_yaml

KEY = "test-key-0123"
SERVICE = {"id": "a", "product": "p", "access": "official", "provider": "relay", "model": "m"}
RELAY = {"relay": {"base_url": "https://relay.example/v1"}}


def loaded(document: dict[str, Any]) -> Config:
    """Return the configuration in a document."""
    return parse_config(parse_yaml("test.yml", yaml.safe_dump(document, allow_unicode=True)))


def with_provider(**members: Any) -> Config:
    """Return a configuration of one provider with these members."""
    return loaded({"providers": {"relay": {**RELAY["relay"], **members}}})


def with_service(**members: Any) -> Config:
    """Return a configuration of one service with these members."""
    return loaded({"providers": RELAY, "services": [{**SERVICE, **members}]})
