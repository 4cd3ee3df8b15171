"""The behaviour of a model as a value: the table of behaviours.yml and the settings that vary a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Any

from .answers import ERROR_CLASSES
from .data import read

CHOICES: Mapping[str, frozenset[str]] = {
    "stage": frozenset({"key", "channel", "upstream", "job", "poll"}),
    "catalog": frozenset({"listed", "absent", "answer"}),
    "job": frozenset({"done", "failed", "stalled", "queued", "lost", "anonymous"}),
    "asset": frozenset({"good", "truncated", "empty", "wrong_type", "expired"}),
    "connection": frozenset({"open", "dropped", "dropped_after_create"}),
}


class UnknownBehaviour(ValueError):
    """A behaviour, a setting or its value that does not exist; the text lists the existing ones."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One way a model behaves; behaviours.yml explains each setting."""

    behaviour: str = "operational"
    answer: str | None = None
    stage: str = "channel"
    catalog: str = "listed"
    delay_seconds: float = 0.0
    job: str = "done"
    asset: str = "good"
    connection: str = "open"
    sunset: str | None = None
    share: float = 1.0
    body: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return every setting by its name."""
        return asdict(self)


SETTINGS = tuple(field.name for field in fields(Behaviour))
_TABLE: Mapping[str, Mapping[str, Any]] = {
    **{error_class: {"answer": error_class} for error_class in sorted(ERROR_CLASSES)},
    **read("behaviours.yml"),
}
BEHAVIOURS: Mapping[str, Behaviour] = {
    name: Behaviour(behaviour=name, **settings) for name, settings in sorted(_TABLE.items())
}


def read_behaviour(wish: str | Mapping[str, Any]) -> Behaviour:
    """Return the behaviour for a name, or for a mapping with ``behaviour`` and other settings.

    Raises UnknownBehaviour for a name, setting or value that does not exist.
    """
    settings = {"behaviour": wish} if isinstance(wish, str) else dict(wish)
    name = settings.pop("behaviour", "operational")
    if name not in BEHAVIOURS:
        raise UnknownBehaviour(f"unknown behaviour {name!r}; choose one of: {', '.join(BEHAVIOURS)}")
    for key, value in settings.items():
        _check(key, value)
    return replace(BEHAVIOURS[name], **settings)


def _check(key: str, value: Any) -> None:
    if key not in SETTINGS:
        raise UnknownBehaviour(f"unknown setting {key!r}; choose among: {', '.join(SETTINGS)}")
    if key in CHOICES and value not in CHOICES[key]:
        raise UnknownBehaviour(f"{key} cannot be {value!r}; choose one of: {', '.join(sorted(CHOICES[key]))}")
    if key == "answer" and value not in {None, *ERROR_CLASSES}:
        raise UnknownBehaviour(f"answer cannot be {value!r}; choose one of: {', '.join(sorted(ERROR_CLASSES))}")
    if key in ("delay_seconds", "share") and not (_is_number(value) and value >= 0):
        raise UnknownBehaviour(f"{key} must be a number from 0 upwards, not {value!r}")
    if key == "share" and value > 1:
        raise UnknownBehaviour(f"share must be at most 1, not {value!r}")
    if key == "sunset" and not (value is None or _is_date(value)):
        raise UnknownBehaviour(f"sunset must be a date like 2026-12-31, not {value!r}")
    if key == "body" and not (value is None or (isinstance(value, int) and value >= 0)):
        raise UnknownBehaviour(f"body must be a whole number from 0 upwards, not {value!r}")


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
