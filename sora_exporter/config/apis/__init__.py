"""The APIs of vendors as data: the built-in shapes, and those that a user adds under ``apis:``.

YAML comes in. Checked models of requests, jobs and assets go out, and bodies and paths with filled placeholders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from sora_exporter.config.apis.spec import Api, Asset, Call, Canary, Catalog, Create, Find, Job
from sora_exporter.config.apis.template import fill, fill_path
from sora_exporter.documents import first, shipped

__all__ = [
    "Api",
    "Asset",
    "Call",
    "Canary",
    "Catalog",
    "Create",
    "Find",
    "Job",
    "api_text",
    "builtin_apis",
    "fill",
    "fill_path",
    "first",
]


class BuiltinApis(Mapping[str, Api]):
    """The shapes that come with the exporter, by name; each is read from its file when it is needed first."""

    def __init__(self) -> None:
        files = (entry.name for entry in resources.files(__package__).iterdir())
        self._names = sorted(file.removesuffix(".yml") for file in files if file.endswith(".yml"))

    def __getitem__(self, name: str) -> Api:
        if name not in self._names:
            raise KeyError(name)
        return _read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@cache
def builtin_apis() -> BuiltinApis:
    """Return the shapes that come with the exporter, from the YAML files beside this module."""
    return BuiltinApis()


@cache
def _read(name: str) -> Api:
    return Api.model_validate(shipped(_file(name)))


def api_text(name: str) -> str:
    """Return the file of a built-in shape, comments and all."""
    return _file(name).read_text("utf-8")


def _file(name: str) -> Traversable:
    return resources.files(__package__).joinpath(f"{name}.yml")
