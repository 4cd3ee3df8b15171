"""The data files of the simulator."""

from __future__ import annotations

from importlib import resources
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C is several times faster, and not in every build."""


def parse(text: str) -> Any:
    """Return the value of a YAML text."""
    return yaml.load(text, LOADER)  # noqa: S506 - both are safe loaders


def read(name: str) -> Any:
    """Return the value of a YAML file beside this module."""
    return parse(resources.files(__package__).joinpath(name).read_text("utf-8"))
