"""The official pages that are built in, read from ``builtin.yml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml


@dataclass(frozen=True, slots=True)
class BuiltinPage:
    """A page known by heart. ``components`` are the ids read by default, ``names`` every known id with its title."""

    url: str
    format: str
    components: tuple[str, ...]
    names: Mapping[str, str]


@cache
def builtin_pages() -> Mapping[str, BuiltinPage]:
    """Return the built-in pages by their configuration name."""
    document = yaml.safe_load(files(__package__).joinpath("builtin.yml").read_text("utf-8"))
    return MappingProxyType({name: _page(page) for name, page in document.items()})


def _page(page: Mapping[str, str | list[dict[str, str]]]) -> BuiltinPage:
    components = [entry for entry in page["components"] if isinstance(entry, dict)]
    return BuiltinPage(
        url=str(page["url"]),
        format=str(page["format"]),
        components=tuple(entry["id"] for entry in components if entry.get("watch")),
        names=MappingProxyType({entry["id"]: entry["name"] for entry in components}),
    )
