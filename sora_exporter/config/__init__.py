"""The configuration: providers, services, APIs, official pages and the user's own rules.

A YAML file comes in, or nothing for the built-in services; a frozen ``Config`` goes out, or a ``ConfigError`` with one
line for each mistake. ``apis/`` holds the vendors' APIs as data, ``target`` the identity of an attempt. ``catalog/``
writes a configuration from the vendors that people use today.
"""

from __future__ import annotations

from sora_exporter.config.load import Source, config_from, load_config, parse_config
from sora_exporter.config.provider import Provider
from sora_exporter.config.schema import ClassifyRule, Config, StatusPage, hidden_dump
from sora_exporter.config.section import Section
from sora_exporter.config.service import (
    DEFAULT_PROBES,
    DEFAULT_TIMEOUTS,
    PageComponent,
    Price,
    ProbeSettings,
    Service,
)
from sora_exporter.config.values import HIDDEN, parse_duration, write_duration
from sora_exporter.config.warnings import config_warnings
from sora_exporter.config.yaml_file import ConfigError

__all__ = [
    "DEFAULT_PROBES",
    "DEFAULT_TIMEOUTS",
    "HIDDEN",
    "ClassifyRule",
    "Config",
    "ConfigError",
    "PageComponent",
    "Price",
    "ProbeSettings",
    "Provider",
    "Section",
    "Service",
    "Source",
    "StatusPage",
    "config_from",
    "config_warnings",
    "hidden_dump",
    "load_config",
    "parse_config",
    "parse_duration",
    "write_duration",
]
