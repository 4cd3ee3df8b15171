"""The ordered table of rules, read from ``rules.yml`` once. The first rule that holds decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

from sora_exporter.classify.facts import Facts
from sora_exporter.classify.words import Phrase, phrases
from sora_exporter.result import ErrorClass

_STATUSES = range(1000)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table; ``rules.yml`` explains its members. Empty members demand nothing."""

    name: str
    error_class: ErrorClass
    source: str
    statuses: frozenset[int]
    forms: frozenset[str]
    present: frozenset[str]
    absent: frozenset[str]
    header: tuple[str, str]
    codes: tuple[Phrase, ...]
    text: tuple[Phrase, ...]

    def holds(self, facts: Facts, headers: Mapping[str, str], codes: frozenset[str], text: frozenset[str]) -> bool:
        """Whether this rule applies; ``codes`` and ``text`` are the words of the vocabulary found in them."""
        if self.statuses and facts.status not in self.statuses:
            return False
        if self.forms and facts.form not in self.forms:
            return False
        if not (self.present <= facts.signs and self.absent.isdisjoint(facts.signs)):
            return False
        name, part = self.header
        if name and part not in headers.get(name, "").lower():
            return False
        if not (self.codes or self.text):
            return True
        return any(phrase.is_in(codes) for phrase in self.codes) or any(phrase.is_in(text) for phrase in self.text)


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
    header: Sequence[str] = ("", ""),
    codes: Sequence[str] = (),
    text: Sequence[str] = (),
    **rest: str,
) -> Rule:
    return Rule(
        name=name,
        error_class=ErrorClass(rest.pop("class")),
        source=source,
        statuses=frozenset(number for word in str(status).split() for number in _statuses(word)),
        forms=frozenset(form.split()),
        present=frozenset(sign for sign in signs.split() if not sign.startswith("!")),
        absent=frozenset(sign[1:] for sign in signs.split() if sign.startswith("!")),
        header=(header[0], header[1]),
        codes=phrases(*(notation.format_map(families) for notation in codes)),
        text=phrases(*(notation.format_map(families) for notation in text)),
    )


def _statuses(word: str) -> Sequence[int]:
    return _STATUSES[int(word[0]) * 100 :][:100] if word.endswith("xx") else (int(word),)


def vocabulary_of(phrase_lists: Sequence[tuple[Phrase, ...]]) -> tuple[str, ...]:
    """Every word that any of the phrases mentions, sorted."""
    return tuple(sorted({word for each in phrase_lists for phrase in each for word in phrase.vocabulary}))


RULES = read_rules(yaml.safe_load(resources.files(__package__).joinpath("rules.yml").read_text(encoding="utf-8")))
