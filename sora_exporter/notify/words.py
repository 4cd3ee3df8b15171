"""The words of notifications in one language, and the sentences of the alerts' annotations translated into it.

The rules write English sentences around exact values. Each is found by the English sentence in ``words/en.yml`` and
replaced by the one of the same key; what has no translation stays English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sora_exporter.documents import shipped
from sora_exporter.patterns import Pattern, quoted
from sora_exporter.result import ErrorClass, Status
from sora_exporter.words import FOLDER, PlainWords, plain_words

SOURCE_LANGUAGE = "en"
NAME = re.compile(r"\{(\w+)\}")
TEXT = r"((?:[^.]|\.\S)+)"
"""A name: its points are followed by something, unlike the one that ends a sentence."""
VALUES: Mapping[str, str] = {
    **dict.fromkeys(("share", "count", "failing"), r"(\S+)"),
    **dict.fromkeys(("began", "ended"), r"(\S+ \S+ UTC|)"),
    "services": "(.*)",
}
"""The patterns of the values that are not simply a name."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """An expression of RE2, and what replaces a match: texts, and the numbers of its groups."""

    pattern: str
    parts: Sequence[str | int]


@dataclass(frozen=True)
class AlertWords:
    """One language (a BCP 47 tag) of ``languages()``: the texts by their key, and the words of statuses and classes."""

    language: str
    texts: Mapping[str, str]
    replacements: Sequence[Replacement]
    plain: PlainWords

    def __call__(self, key: str, **names: object) -> str:
        """Return a text with its names filled in."""
        return self.texts[key].format_map(names)

    def translated(self, annotation: str) -> str:
        """Return the sentences of an annotation in this language, its values as they are."""
        for one in self.replacements:
            annotation = _compiled(one.pattern).replaced(annotation, one.parts)
        return annotation

    def reason(self, error_class: str) -> str:
        """Return the lines that explain an error class and say what to do; empty for one that is not known."""
        if error_class not in set(ErrorClass):
            return ""
        words = self.plain.error_classes[ErrorClass(error_class)]
        return f"{self('reason', name=words.name, meaning=words.meaning)}\n{self('what_to_do', advice=words.advice)}"

    def error_class(self, error_class: str) -> str:
        """Return the name of an error class; one that is not known stays as it is."""
        return self.plain.error_classes[ErrorClass(error_class)].name if error_class in set(ErrorClass) else error_class

    def status(self, status: str) -> str:
        """Return the name of a status; one that is not known stays as it is."""
        return self.plain.statuses[Status(status)].name if status in set(Status) else status


@cache
def alert_words(language: str) -> AlertWords:
    """Return the words of one of ``languages()``."""
    document = shipped(FOLDER.joinpath(f"{language}.yml"))
    section, page, report = document["alerts"], document["page"], document["report"]
    sentences = section.pop("sentences")
    texts = {
        **section,
        **{key: page[key] for key in ("since", "what_to_do", "provider")},
        **{key: report["values"][key] for key in ("official", "reverse")},
        **{key: report["headings"][key] for key in ("service", "status", "access", "product", "start")},
        "class": report["headings"]["reason"],
    }
    plain = plain_words(language)
    return AlertWords(language, texts, tuple(_replacements(language, sentences, section["gap"], plain)), plain)


def english_sentences() -> Mapping[str, str]:
    """Return the sentences of the annotations by their keys."""
    sentences: Mapping[str, str] = shipped(FOLDER.joinpath(f"{SOURCE_LANGUAGE}.yml"))["alerts"]["sentences"]
    return sentences


def _replacements(language: str, sentences: Mapping[str, str], gap: str, plain: PlainWords) -> Iterator[Replacement]:
    """Yield the replacements in their order: single words first, since a sentence may hold them."""
    if language == SOURCE_LANGUAGE:
        return
    for error_class, words in plain.error_classes.items():
        yield Replacement(rf": {error_class}\.", (f": {words.name}.",))
    for status, words in plain.statuses.items():
        yield Replacement(rf": {status} →", (f": {words.name} →",))
        yield Replacement(rf"→ {status}\.", (f"→ {words.name}.",))
    for key, english in english_sentences().items():
        yield _sentence(english, sentences[key], gap)


def _sentence(english: str, translation: str, gap: str) -> Replacement:
    """Return the replacement of one sentence; ``gap`` stands between two sentences of the language."""
    names = NAME.findall(english)
    literals = [quoted(text) for text in NAME.split(english)[::2]]
    groups = [VALUES.get(name, TEXT) for name in names]
    pattern = "( ?)" + literals[0] + "".join(group + text for group, text in zip(groups, literals[1:], strict=True))
    parts = [names.index(part) + 2 if place % 2 else part for place, part in enumerate(NAME.split(translation))]
    return Replacement(pattern, tuple(part for part in [1 if gap else "", *parts] if part != ""))


@cache
def _compiled(pattern: str) -> Pattern:
    return Pattern(pattern)
