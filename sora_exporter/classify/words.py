"""Phrases: what an answer says, in words, without caring for grammar, case or how a code is spelled. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# InputTextSensitiveContentDetected, insufficient_quota and "没有可用的Token" become the same kind of text.
_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[\u2e80-\uffff])(?=[A-Za-z])|(?<=[A-Za-z])(?=[\u2e80-\uffff])")
_NO_WORD = re.compile(r"[\W_]+")


def normalise(text: str) -> str:
    """Return ``text`` as lower-case words, one blank before, between and after them; apostrophes are dropped."""
    apart = _SEAM.sub(" ", text.replace("'", "").replace("’", ""))
    return f" {_NO_WORD.sub(' ', apart).strip().lower()} "


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to say something: a word of every group in ``every``, none of ``never``, in any order."""

    every: tuple[frozenset[str], ...]
    never: frozenset[str]


@dataclass(frozen=True, slots=True)
class Phrases:
    """Several ways to say the same; ``vocabulary`` holds all their words."""

    ways: tuple[Phrase, ...]
    vocabulary: frozenset[str]

    def are_in(self, spoken: frozenset[str]) -> bool:
        """Whether the words found in a text say this in one way at least."""
        # Most texts share no word with most rules: one test spares them all the others.
        if self.vocabulary.isdisjoint(spoken):
            return False
        for way in self.ways:
            if way.never.isdisjoint(spoken) and not any(group.isdisjoint(spoken) for group in way.every):
                return True
        return False


def phrases(notations: Iterable[str]) -> Phrases:
    """Read phrases from ``"a|b c + d$ - e"``: a or "b c", together with the whole word d, but without e.

    A word in Latin letters matches where a word begins (``suspend`` finds "suspended"), with ``$`` the whole word only.
    """
    ways = tuple(_phrase(notation) for notation in notations)
    return Phrases(ways, frozenset().union(*(group for way in ways for group in (way.never, *way.every))))


def _phrase(notation: str) -> Phrase:
    wanted, _, unwanted = notation.partition(" - ")
    return Phrase(tuple(_group(part) for part in wanted.split("+")), _group(unwanted) if unwanted else frozenset())


def _group(part: str) -> frozenset[str]:
    return frozenset(_needle(word.strip()) for word in part.split("|"))


def _needle(word: str) -> str:
    if not word.isascii():
        return word
    return f" {word[:-1]} " if word.endswith("$") else f" {word}"


def words_in(text: str, vocabulary: Iterable[str]) -> frozenset[str]:
    """Return the members of ``vocabulary`` that the normalised ``text`` contains."""
    return frozenset([word for word in vocabulary if word in text])
