"""One vendor as data: its address, the variables that hold its key, and its models. Each has a YAML file here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field

from sora_exporter.config.section import Json, Section
from sora_exporter.config.values import Day, Identifier, Line, Url
from sora_exporter.documents import shipped

VARIABLE = re.compile(r"\$\{([A-Z_]+)\}")


class PublishedPrice(Section):
    """A price from its source on the day of reading: in USD as in a service, and the video that it buys."""

    usd: Json
    of: Line
    source: Line
    read: Day


class End(Section):
    """The first day without a model, from its source on the day of reading."""

    day: Day
    source: Line
    read: Day


class Model(Section):
    """One model of a vendor. ``product`` defaults to the model's own name.

    ``api`` is another API than the vendor's usual one; ``request`` are members of its create request; ``note`` is what
    its user must know.
    """

    model: str
    name: Line
    product: Identifier = Field(default_factory=lambda members: identifier(members["model"]))
    api: str | None = None
    note: Line | None = None
    request: Json = Field(default_factory=dict)
    price: PublishedPrice | None = None
    end: End | None = None

    def is_living(self, today: date) -> bool:
        """Return whether the model is not past its end of life."""
        return self.end is None or today < self.end.day


class Vendor(Section):
    """A vendor: members of its provider, ways to give its key, the built-in page that covers it, and its models.

    ``keys`` are members of the provider too, in the order in which they are looked for; ``regions`` the addresses
    elsewhere, with other keys; ``aliases`` further names by which people ask for it.
    """

    name: Line
    aliases: tuple[Identifier, ...] = ()
    source: Line
    read: Day
    api: str
    provider: Json
    regions: Mapping[str, Url] = Field(default_factory=dict)
    keys: Annotated[tuple[Json, ...], Field(min_length=1)]
    page: str | None = None
    models: Annotated[tuple[Model, ...], Field(min_length=1)]


def identifier(model: str) -> str:
    """Return a model's name as an id of a service or product: ``fal-ai/ltx`` becomes ``fal-ai-ltx``."""
    return re.sub(r"[^a-z0-9._-]+", "-", model.lower()).strip("-")


def variables(members: Any) -> Iterator[str]:
    """Yield the environment variables that members of a provider name, in their order."""
    if isinstance(members, str):
        yield from VARIABLE.findall(members)
    elif isinstance(members, Mapping):
        for name, member in members.items():
            yield from [str(member)] if name.endswith("_env") else variables(member)
    elif isinstance(members, Sequence):
        for member in members:
            yield from variables(member)


@cache
def vendors() -> Mapping[str, Vendor]:
    """Return the vendors by name, in alphabetical order."""
    found = sorted(entry.name for entry in files(__package__).iterdir() if entry.name.endswith(".yml"))
    return MappingProxyType(
        {name.removesuffix(".yml"): Vendor.model_validate(shipped(files(__package__).joinpath(name))) for name in found}
    )
