"""The official pages that are built in, read from ``known_pages.yml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from sora_exporter.documents import shipped


@dataclass(frozen=True, slots=True)
class BuiltinPage:
    """A built-in page. ``components`` are the ids read by default, ``names`` maps every known id to its title.

    ``interval`` is written as in a configuration.
    """

    url: str
    format: str
    interval: str
    components: tuple[str, ...]
    names: Mapping[str, str]


@cache
def builtin_pages() -> Mapping[str, BuiltinPage]:
    """Return the built-in pages by their configuration name."""
    document = shipped(files(__package__).joinpath("known_pages.yml"))
    return MappingProxyType({name: _page(page) for name, page in document.items()})


def filled(name: object, page: object) -> object:
    """Return a configured page with its missing members taken from the built-in page of that name, if there is one.

    Components are taken only together with their format. A value that is neither a mapping nor empty is returned as is.
    """
    known = builtin_pages().get(name) if isinstance(name, str) else None
    if known is None or not (page is None or isinstance(page, dict)):
        return page
    given = page or {}
    usual: dict[str, object] = {"url": known.url, "format": known.format, "interval": known.interval}
    if given.get("format", known.format) == known.format:
        usual["components"] = list(known.components)
    return {**usual, **given}


def _page(page: Mapping[str, str | list[dict[str, str]]]) -> BuiltinPage:
    components = [entry for entry in page["components"] if isinstance(entry, dict)]
    return BuiltinPage(
        url=str(page["url"]),
        format=str(page["format"]),
        interval=str(page["interval"]),
        components=tuple(entry["id"] for entry in components if entry.get("watch")),
        names=MappingProxyType({entry["id"]: entry["name"] for entry in components}),
    )
