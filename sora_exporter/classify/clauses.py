"""Clauses: the sentences of an answer's messages, and the parts of each that are about the fault. Pure.

Words count only beside those of their own sentence. Parts that say nothing about the fault are left out: amounts that
were refunded or not charged, conditions ("if you …") and names of parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sora_exporter.classify.phrases import Index, Phrases, Vocabulary, needle

_SENTENCE_END = re.compile(r"[.!?;]+(?=\s|$)|[。！？；\r\n]+|\s[-–—|]\s")
_PART_END = re.compile(
    r"[,，、;；:：()（）]\s*|\b(?:but|and|aber|und|mais|pero|mas)\b"
    r"|(?=\b(?:if|unless|in case|until you|while|whilst|during)\b)|但是?|而且",
    re.IGNORECASE,
)
_PARAMETER = re.compile(
    r"(?:field|parameter|param|argument|option|property|header|参数|字段)\s*[:：]?\s*[`'\"“]?"
    r"(?:[A-Za-z]\w*_\w+|[A-Za-z]\w*(?=[`'\"”]|\s+(?:is|must|should|has|was|are|cannot|can|may)\b))[`'\"”]?"
    r"|(?<!model )(?<!model ['`\"])(?<!模型)(?<!模型 )\b[a-z]+(?:_[a-z]+)+\b"
    r"(?=\s+(?:is|must|should|has|was|are|cannot|can|may)\b)",
    re.IGNORECASE,
)
"""The name of a parameter, whose words do not belong to the message."""
_TEXT_LIMIT = 4000
_CLAUSE_LIMIT = 60
_ONLY = frozenset([0])


class Clause(NamedTuple):
    """One sentence, and the words of the rules found in its parts about the fault."""

    text: str
    words: frozenset[str]


class Listener:
    """Finds the words of the rules in messages, clause by clause."""

    def __init__(self, vocabulary: Iterable[str], neutral: Phrases, names: Sequence[str]) -> None:
        self._neutral = Index([neutral])
        self._names = frozenset(map(needle, names))
        self._vocabulary = Vocabulary([*vocabulary, *neutral.vocabulary, *self._names])

    def clauses(self, messages: Iterable[str]) -> list[Clause]:
        """Return the clauses that hold any word of the rules."""
        heard = ((sentence, self._words(sentence)) for sentence in _sentences(messages))
        return [Clause(sentence, words) for sentence, words in heard if words]

    def _words(self, sentence: str) -> frozenset[str]:
        if "_" in sentence or "aram" in sentence or "ield" in sentence or "参数" in sentence:
            sentence = _PARAMETER.sub(" parameter ", sentence)
        text, words = self._vocabulary.in_text(sentence)
        if self._is_neutral(words):
            parts = _parts(sentence)
            text, words = self._vocabulary.in_text(
                " ".join(part for part in parts if not self._is_neutral(self._vocabulary.in_text(part).words))
            )
        if names := words & self._names:
            for name in sorted(names, key=len, reverse=True):
                text = text.replace(name, " parameter")
            words = self._vocabulary.in_text(text).words
        return words

    def _is_neutral(self, words: frozenset[str]) -> bool:
        return self._neutral.first_said_in(words, _ONLY, 1) == 0


def _sentences(messages: Iterable[str]) -> Iterator[str]:
    """Yield the sentences of all messages, at most 60 of them and 4000 characters in all."""
    left, count = _TEXT_LIMIT, 0
    for message in messages:
        for sentence in _SENTENCE_END.split(message[:left]):
            if sentence and not sentence.isspace():
                count += 1
                yield sentence
        left -= len(message)
        if left <= 0 or count >= _CLAUSE_LIMIT:
            return


def _parts(sentence: str) -> list[str]:
    """Return the parts between commas, colons, brackets, conjunctions and conditions."""
    return [part for part in _PART_END.split(sentence) if part and not part.isspace()]
