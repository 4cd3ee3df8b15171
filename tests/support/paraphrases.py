"""Paraphrases: the same answer in other words, from patterns and from single wordings."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from sora_exporter.result import Answer

DATA = Path(__file__).resolve().parents[1] / "classify" / "data"
CHOICE = re.compile(r"\{([^{}]*)\}")
SEED = 7
MOST_OF_ONE = 6
ENVELOPES: tuple[Callable[[str], Mapping[str, object]], ...] = (
    lambda message: {"error": {"message": message, "type": "api_error", "code": None}},
    lambda message: {"code": "error", "message": message, "data": None},
    lambda message: {"detail": message},
    lambda message: {"success": False, "msg": message},
    lambda message: {"error": message},
)


@dataclass(frozen=True)
class Paraphrase:
    """One sentence in an answer, and the error class that its author meant."""

    answer: Answer
    error_class: str
    language: str
    sentence: str


def paraphrases() -> list[Paraphrase]:
    """Return at most six sentences of every pattern, in changing envelopes; always the same ones."""
    chance = random.Random(SEED)
    found = []
    families = yaml.safe_load((DATA / "paraphrases.yml").read_text(encoding="utf-8"))
    for error_class, family in families.items():
        statuses = family.pop("statuses")
        for language, patterns in family.items():
            for sentence in (each for pattern in patterns for each in _some(pattern, chance)):
                found.append(_paraphrase(chance, error_class, language, chance.choice(statuses), sentence))
    return found


def wordings() -> list[Paraphrase]:
    """Return the single wordings, in changing envelopes; always the same ones."""
    return _wordings("wordings")


def fresh() -> list[Paraphrase]:
    """Return the second set of single wordings, of which the rules were widened after one half only."""
    return _wordings("fresh")


def unheard() -> list[Paraphrase]:
    """Return the third set of single wordings, halved like the second one."""
    return _wordings("unheard")


def further() -> list[Paraphrase]:
    """Return the fourth set of single wordings, all of which the rules were widened after."""
    return _wordings("further")


def later() -> list[Paraphrase]:
    """Return the fifth set of single wordings, halved like the second one."""
    return _wordings("later")


def _wordings(name: str) -> list[Paraphrase]:
    chance = random.Random(SEED)
    families = yaml.safe_load((DATA / f"{name}.yml").read_text(encoding="utf-8"))
    return [
        _paraphrase(chance, error_class, language, status, sentence)
        for error_class, family in families.items()
        for language, status, sentence in family
    ]


def _paraphrase(chance: random.Random, error_class: str, language: str, status: int, sentence: str) -> Paraphrase:
    body = json.dumps(chance.choice(ENVELOPES)(sentence), ensure_ascii=chance.random() < 0.5)
    return Paraphrase(Answer(access="relay", http_status=status, body=body), error_class, language, sentence)


def _some(pattern: str, chance: random.Random) -> list[str]:
    every = list(_expanded(pattern))
    return chance.sample(every, min(MOST_OF_ONE, len(every)))


def _expanded(pattern: str) -> Iterator[str]:
    choice = CHOICE.search(pattern)
    if choice is None:
        yield pattern
        return
    for option in choice.group(1).split("|"):
        yield from _expanded(pattern[: choice.start()] + option + pattern[choice.end() :])


def codes() -> list[Paraphrase]:
    """Return the codes of no known vendor, in changing spellings of the member that holds them."""
    families = yaml.safe_load((DATA / "codes.yml").read_text(encoding="utf-8"))
    return [
        Paraphrase(Answer(access="relay", http_status=status, body=json.dumps(_coded(code))), error_class, "code", code)
        for error_class, family in families.items()
        for status, code in family
    ]


def _coded(code: str) -> Mapping[str, object]:
    return {"error": {"code": code, "message": "The call did not succeed."}, "data": None}


def pairs(name: str) -> list[Paraphrase]:
    """Return the pairs of cross-talk of one file, each in every envelope."""
    return [
        Paraphrase(
            Answer(access="relay", http_status=pair["status"], body=json.dumps(envelope(pair["says"]))),
            pair["class"],
            f"envelope {number}",
            pair["says"],
        )
        for pair in yaml.safe_load((DATA / f"{name}.yml").read_text(encoding="utf-8"))
        for number, envelope in enumerate(ENVELOPES)
    ]
