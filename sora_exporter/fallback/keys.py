"""The built-in services with keys that the application has in memory."""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from sora_exporter.config import Config, parse_config
from sora_exporter.config.load import builtin_document
from sora_exporter.config.yaml_file import parse_yaml

KEY = re.compile(r"[!-~]+")


def keys_by_access(official_key: str | None, reverse_key: str | None) -> dict[str, str]:
    """Return the keys that are given, by access. Raises TypeError and ValueError without quoting a key."""
    given = {"official": official_key, "reverse": reverse_key}
    keys = {access: key for access, key in given.items() if key is not None}
    if not keys:
        raise ValueError("no key is given: use official_key, reverse_key or both")
    for access, key in keys.items():
        if not isinstance(key, str):
            raise TypeError(f"{access}_key is a text, not {type(key).__name__}")
        if not KEY.fullmatch(key):
            raise ValueError(f"{access}_key is empty, or has a space or a letter that no key has")
    return keys


def config_for(keys: Mapping[str, str], base_url: str) -> Config:
    """Return the built-in services of these kinds of access, each kind with a provider of its name at one address.

    Raises ConfigError for an address that cannot be used.
    """
    services = [
        {**{name: value for name, value in service.items() if name != "status_page"}, "provider": service["access"]}
        for service in builtin_document()["services"]
        if service["access"] in keys
    ]
    document = {"providers": {access: {"base_url": base_url} for access in keys}, "services": services}
    return parse_config(parse_yaml("from_keys", yaml.safe_dump(document, allow_unicode=True)))
