"""Every status and error class in plain words: one data file per language.

A language comes in; names, meanings, advice and units go out, to pages, reports, notifications and rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TypeVar

from sora_exporter.documents import shipped
from sora_exporter.figures import span_parts
from sora_exporter.result import ErrorClass, Status

Member = TypeVar("Member", Status, ErrorClass)
UNITS = {"d": "days", "h": "hours", "min": "minutes", "s": "seconds"}
FOLDER = resources.files("sora_exporter.words")


@dataclass(frozen=True, slots=True)
class Words:
    """A short name, one sentence with the meaning and one with the advice."""

    name: str
    meaning: str
    advice: str


@dataclass(frozen=True, slots=True)
class PlainWords:
    """The words of one language for every status and every error class.

    ``rules`` are the meanings and advices that a rule has instead of those of its class; ``units`` are lengths of time.
    """

    statuses: Mapping[Status, Words]
    error_classes: Mapping[ErrorClass, Words]
    rules: Mapping[str, Mapping[str, str]]
    units: Mapping[str, str]

    def span(self, seconds: float) -> str:
        """Return a finite length of time in this language, as ``figures.span`` does in English."""
        return " ".join(self.units[UNITS[unit]].format(number=number) for number, unit in span_parts(seconds))

    def explained(self, error_class: ErrorClass, rule: str = "") -> Words:
        """Return the words for a verdict: those of its class, or of its rule where that is more precise."""
        return replace(self.error_classes[error_class], **self.rules.get(rule, {}))


def languages() -> tuple[str, ...]:
    """Return the languages of the files in ``words/`` as BCP 47 tags, sorted."""
    return tuple(sorted(file.name.removesuffix(".yml") for file in FOLDER.iterdir() if file.name.endswith(".yml")))


@cache
def plain_words(language: str = "en") -> PlainWords:
    """Return the words of a language of ``languages()``. Raises KeyError when its file leaves a member out."""
    document = shipped(FOLDER.joinpath(f"{language}.yml"))
    rules = MappingProxyType(document["rules"])
    statuses, error_classes = _table(Status, document["statuses"]), _table(ErrorClass, document["error_classes"])
    return PlainWords(statuses, error_classes, rules, MappingProxyType(document["units"]))


def _table(members: Iterable[Member], section: Mapping[str, Mapping[str, str]]) -> Mapping[Member, Words]:
    return MappingProxyType({member: Words(**section[member.value]) for member in members})
