"""The simulated provider's models and the named states of all of them, read from scenarios.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .behaviours import Behaviour, read_behaviour
from .data import read


class UnknownScenario(ValueError):
    """A scenario that does not exist; the text lists the existing ones."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model on sale; prices in US dollars, ``shutdown_date`` as YYYY-MM-DD."""

    id: str
    owned_by: str = "custom"
    endpoints: tuple[str, ...] = ("openai",)
    price_per_second: float = 0.0
    price_per_request: float = 0.0
    shutdown_date: str | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One state of the whole provider: a behaviour for every model."""

    name: str
    summary: str
    default: Behaviour
    models: Mapping[str, Behaviour]
    shutdown_dates: bool

    def behaviour_of(self, model: str) -> Behaviour:
        """Return the behaviour of a model; a model without an entry has the scenario's default."""
        return self.models.get(model, self.default)


def _read_scenario(name: str, entry: Mapping[str, Any]) -> Scenario:
    return Scenario(
        name,
        entry["summary"],
        read_behaviour(entry.get("default", "operational")),
        {model: read_behaviour(wish) for model, wish in entry.get("models", {}).items()},
        entry.get("shutdown_dates", False),
    )


_DATA: Mapping[str, Any] = read("scenarios.yml")
MODELS: Mapping[str, Model] = {
    name: Model(name, **{**entry, "endpoints": tuple(entry["endpoints"])}) for name, entry in _DATA["models"].items()
}
SCENARIOS: Mapping[str, Scenario] = {name: _read_scenario(name, entry) for name, entry in _DATA["scenarios"].items()}


def find_scenario(name: str) -> Scenario:
    """Return the scenario of this name; UnknownScenario lists the existing ones."""
    if name not in SCENARIOS:
        raise UnknownScenario(f"unknown scenario {name!r}; choose one of: {', '.join(SCENARIOS)}")
    return SCENARIOS[name]
