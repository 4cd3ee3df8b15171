"""The choice of vendors and models, by name or by the keys in the environment."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sora_exporter.config.auth import installation
from sora_exporter.config.catalog.vendor import Model, Vendor, variables, vendors

MOST_NEAR = 4


class NothingChosen(Exception):
    """An unknown name, or a model that has ended; the text names the nearest ones, on one line."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One vendor with the models to watch, and the members of its provider that hold the key."""

    name: str
    vendor: Vendor
    models: Sequence[Model]
    key: Mapping[str, Any]

    @property
    def variables(self) -> list[str]:
        """The environment variables that must be set for the vendor, in the order of its members."""
        return list(dict.fromkeys([*variables(self.key), *variables(self.vendor.provider)]))

    @property
    def installation(self) -> str | None:
        """The command that installs what the vendor's authentication lacks; None if it lacks nothing."""
        auth = self.key.get("auth")
        schemes = [auth] if isinstance(auth, str) else list(auth or ())
        return next(filter(None, map(installation, schemes)), None)


def vendors_with_keys(environment: Mapping[str, str]) -> list[str]:
    """Return the names of the vendors whose keys are in the environment."""
    return [name for name, vendor in vendors().items() if any(_usable_keys(vendor, environment))]


def choose(names: Iterable[str], environment: Mapping[str, str], today: date) -> list[Choice]:
    """Return the vendors of the names, in the order of the names, each with its living models.

    A name is a vendor's or one of its aliases, or that of a model or product, which means it at every vendor that has
    it. Raises NothingChosen.
    """
    chosen: dict[str, list[Model]] = {}
    for name in dict.fromkeys(names):
        for vendor, model in _meant(name, today):
            models = chosen.setdefault(vendor, [])
            models += [model] if model not in models else []
    return [
        Choice(name, vendor, chosen[name], next(_usable_keys(vendor, environment), vendor.keys[0]))
        for name, vendor in ((name, vendors()[name]) for name in chosen)
    ]


def _meant(name: str, today: date) -> list[tuple[str, Model]]:
    known = vendors()
    named = [
        (one, model)
        for one, vendor in known.items()
        for model in vendor.models
        if name in (one, *vendor.aliases, model.model, model.product)
    ]
    if not named:
        models = {model.model for vendor in known.values() for model in vendor.models}
        raise NothingChosen(f"{name!r} is not a known vendor or model: {_nearest(name, known, models)}")
    living = [(one, model) for one, model in named if model.is_living(today)]
    if not living:
        _, model = named[0]
        assert model.end is not None  # noqa: S101 - a model that does not live has an end
        raise NothingChosen(f"{name!r} ended on {model.end.day}: choose another of {', '.join(known)}")
    return living


def _usable_keys(vendor: Vendor, environment: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Yield the ways to give the vendor's key for which every variable is set."""
    for key in vendor.keys:
        if all(environment.get(name) for name in [*variables(key), *variables(vendor.provider)]):
            yield key


def _nearest(name: str, known: Iterable[str], models: Iterable[str]) -> str:
    """Return the names that have this word in them, or else resemble it; all vendors if there is none."""
    words = sorted({*known, *models})
    near = [word for word in words if name.lower() in word.lower()] or difflib.get_close_matches(name, words, MOST_NEAR)
    return f"did you mean {' or '.join(near[:MOST_NEAR])}?" if near else f"use one of {', '.join(known)}"
