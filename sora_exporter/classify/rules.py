"""The ordered table of rules, read from ``rules.yml`` once. The first rule that holds decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any

import yaml

from sora_exporter.classify.facts import Facts
from sora_exporter.classify.phrases import Phrases, phrases
from sora_exporter.result import ErrorClass

_STATUSES = frozenset(range(1000))
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table; ``rules.yml`` explains its members. Empty members demand nothing."""

    name: str
    error_class: ErrorClass
    source: str
    statuses: frozenset[int]
    forms: frozenset[str]
    signs: frozenset[str]
    headers: tuple[tuple[str, str], ...]
    codes: Phrases
    text: Phrases

    def holds(self, facts: Facts, headers: Mapping[str, str], codes: frozenset[str], text: frozenset[str]) -> bool:
        """Whether this rule applies; ``codes`` and ``text`` are the words of the vocabulary found in them."""
        if self.statuses and facts.status not in self.statuses:
            return False
        if self.forms and facts.form not in self.forms:
            return False
        if not self.signs <= facts.signs:
            return False
        if self.headers and not any(name in headers and part in headers[name].lower() for name, part in self.headers):
            return False
        if not (self.codes.ways or self.text.ways):
            return True
        return self.codes.are_in(codes) or self.text.are_in(text)


def read_rules(document: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Build the table from a document of the form of ``rules.yml``; an unknown word in it raises."""
    families: Mapping[str, str] = document["words"]
    return tuple(_rule(families, **row) for row in document["rules"])


def _rule(
    families: Mapping[str, str],
    *,
    name: str,
    source: str,
    status: str | int = "",
    form: str = "",
    signs: str = "",
    headers: Mapping[str, str] = _NO_HEADERS,
    codes: Sequence[str] = (),
    text: Sequence[str] = (),
    **rest: str,
) -> Rule:
    return Rule(
        name=name,
        error_class=ErrorClass(rest.pop("class")),
        source=source,
        statuses=_statuses(str(status).split()),
        forms=frozenset(form.split()),
        signs=frozenset(signs.split()),
        headers=tuple(headers.items()),
        codes=phrases(notation.format_map(families) for notation in codes),
        text=phrases(notation.format_map(families) for notation in text),
    )


def _statuses(words: Sequence[str]) -> frozenset[int]:
    """The statuses that words such as ``5xx 404`` name, or all but those that words such as ``-401`` name."""
    named = frozenset(number for word in words for number in _status_range(word.removeprefix("-")))
    return _STATUSES - named if any(word.startswith("-") for word in words) else named


def _status_range(word: str) -> Sequence[int]:
    return range(int(word[0]) * 100, int(word[0]) * 100 + 100) if word.endswith("xx") else (int(word),)


RULES = read_rules(yaml.safe_load(resources.files(__package__).joinpath("rules.yml").read_text(encoding="utf-8")))
