"""The ordered table of rules, read from ``rules.yml`` and ``languages.yml`` once. The first rule that holds decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

from sora_exporter.classify.clauses import Clause, Listener
from sora_exporter.classify.facts import Facts
from sora_exporter.classify.phrases import Index, Phrase, Phrases, Vocabulary, phrases
from sora_exporter.documents import shipped
from sora_exporter.result import ErrorClass

_STATUSES = frozenset(range(1000))
_CODES_LIMIT = 2000
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Heard(NamedTuple):
    """An answer's content: its facts, its headers, the words of the rules in its codes and in each of its clauses."""

    facts: Facts
    headers: Mapping[str, str]
    codes: frozenset[str]
    clauses: Sequence[Clause]


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason why a rule matched: the text that was read, if any, and the words of it that counted."""

    text: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table; ``rules.yml`` explains its members. Empty members demand nothing."""

    name: str
    error_class: ErrorClass
    source: str
    is_default: bool
    statuses: frozenset[int]
    forms: frozenset[str]
    signs: frozenset[str]
    headers: tuple[tuple[str, str], ...]
    codes: Phrases
    text: Phrases

    def is_possible(self, status: int, form: str, signs: frozenset[str]) -> bool:
        """Return whether every condition except its headers and words holds."""
        return (
            (not self.statuses or status in self.statuses)
            and (not self.forms or form in self.forms)
            and self.signs <= signs
        )

    @property
    def wants_words(self) -> bool:
        """True if the rule needs any words of an answer."""
        return bool(self.codes.ways or self.text.ways)

    def has_headers(self, headers: Mapping[str, str]) -> bool:
        """Return whether one of its headers is among those of an answer."""
        return not self.headers or any(part in headers[name].lower() for name, part in self.headers if name in headers)

    def reason(self, heard: Heard) -> Reason:
        """Return which of an answer's texts made this rule hold, for a person."""
        spoken = [(" / ".join(heard.facts.codes), heard.codes, self.codes)]
        spoken += [(clause.text, clause.words, self.text) for clause in heard.clauses]
        for text, words, said in spoken:
            if (way := said.way_in(words)) is not None:
                return Reason(" ".join(text.split()), _words_of(way, words))
        return Reason()


def _words_of(way: Phrase, words: frozenset[str]) -> tuple[str, ...]:
    """The words of a text that a phrase was made of, one of each of its groups."""
    return tuple(sorted(group & words, key=lambda word: (-len(word), word))[0].strip() for group in way.every)


class Table:
    """The rules in their order, and the listener for their words."""

    def __init__(self, document: Mapping[str, Any], translations: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        """Build the table from documents of the form of ``rules.yml`` and ``languages.yml``; an unknown word raises."""
        rows = {row["name"]: row for row in document["rules"]}
        for name, languages in translations.items():
            rows[name] = {**rows[name], "text": [*rows[name].get("text", ()), *chain(*languages.values())]}
        self.rules = tuple(_rule(document["words"], **row) for row in rows.values())
        self._codes = Vocabulary(word for rule in self.rules for word in rule.codes.vocabulary)
        self._codes_index = Index([rule.codes for rule in self.rules])
        self._text_index = Index([rule.text for rule in self.rules])
        self._possible = lru_cache(maxsize=1024)(self._possible_rules)
        self._listener = Listener(
            (word for rule in self.rules for word in rule.text.vocabulary),
            phrases(document["neutral"]),
            document["names"].split("|"),
        )

    def hear(self, facts: Facts, headers: Mapping[str, str]) -> Heard:
        """Return what an answer says in the words of the rules."""
        codes = self._codes.in_text(" / ".join(facts.codes)[:_CODES_LIMIT]).words if facts.codes else frozenset()
        return Heard(facts, headers, codes, self._listener.clauses(facts.messages))

    def decide(self, heard: Heard) -> Rule:
        """Return the first rule that holds; the last one always does."""
        facts = heard.facts
        silent, numbers = self._possible(facts.status, facts.form, facts.signs)
        # The last of these demands no headers either.
        *with_headers, end = silent
        if with_headers and heard.headers:
            end = next((number for number in with_headers if self.rules[number].has_headers(heard.headers)), end)
        end = self._codes_index.first_said_in(heard.codes, numbers, end)
        for clause in heard.clauses:
            end = self._text_index.first_said_in(clause.words, numbers, end)
        return self.rules[end]

    def _possible_rules(self, status: int, form: str, signs: frozenset[str]) -> tuple[tuple[int, ...], frozenset[int]]:
        """The rules that such an answer may come under: those that demand no words, in their order and no further than
        the first one that demands no headers either, and the rules that demand words."""
        possible = [n for n, rule in enumerate(self.rules) if rule.is_possible(status, form, signs)]
        silent = [n for n in possible if not self.rules[n].wants_words]
        first = next(n for n in silent if not self.rules[n].headers)
        return (*(n for n in silent if n < first), first), frozenset(possible).difference(silent)


def _rule(
    families: Mapping[str, str],
    *,
    name: str,
    source: str,
    status: str | int = "",
    form: str = "",
    signs: str = "",
    default: bool = False,
    headers: Mapping[str, str] = _NO_HEADERS,
    codes: Sequence[str] = (),
    text: Sequence[str] = (),
    **rest: str,
) -> Rule:
    return Rule(
        name=name,
        error_class=ErrorClass(rest.pop("class")),
        source=source,
        is_default=default,
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


_FILES = resources.files(__package__)
TABLE = Table(shipped(_FILES / "rules.yml"), shipped(_FILES / "languages.yml"))
