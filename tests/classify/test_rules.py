"""The table of rules: its order, its conditions besides words, and the reason it gives."""

from __future__ import annotations

from importlib import resources

import pytest

from sora_exporter.classify.facts import Facts
from sora_exporter.classify.rules import TABLE as SHIPPED
from sora_exporter.classify.rules import Table
from sora_exporter.documents import shipped

DOCUMENT = {
    "words": {"money": "credits|funds"},
    "neutral": ["refunded"],
    "names": "max tokens",
    "rules": [
        {"name": "edge", "class": "captcha", "source": "s", "headers": {"cf-mitigated": "challenge"}},
        {"name": "spent", "class": "quota_exhausted", "source": "s", "codes": ["{money}"], "text": ["no$ + {money}"]},
        {"name": "busy", "class": "overloaded", "source": "s", "status": "5xx 429", "text": ["busy"]},
        {"name": "pool", "class": "unavailable", "source": "s", "status": "-503", "signs": "reverse", "text": ["pool"]},
        {"name": "rest", "class": "server_error", "source": "s", "default": True},
    ],
}
TABLE = Table(DOCUMENT, {"busy": {"de": ["ausgelastet"]}})


@pytest.mark.parametrize(
    ("status", "codes", "message", "headers", "rule"),
    [
        (500, (), "we are busy", {}, "busy"),
        (500, (), "wir sind ausgelastet", {}, "busy"),
        (400, (), "we are busy", {}, "rest"),
        (500, (), "we are busy. No credits", {}, "spent"),
        (500, (), "no seat. We have credits", {}, "rest"),
        (500, ("OutOfFunds",), "", {}, "spent"),
        (500, (), "we are busy", {"cf-mitigated": "Challenge"}, "edge"),
        (500, (), "we are busy", {"cf-mitigated": "other"}, "busy"),
        (500, (), "the pool sleeps", {}, "pool"),
        (503, (), "the pool sleeps", {}, "rest"),
    ],
)
def test_the_first_row_that_holds_decides(
    status: int, codes: tuple[str, ...], message: str, headers: dict[str, str], rule: str
) -> None:
    """Status, signs, headers, codes and the words of one clause must hold; an earlier row wins over a later one."""
    facts = Facts("json", status, codes, (message,), frozenset(["reverse"]))
    assert TABLE.decide(TABLE.hear(facts, headers)).name == rule


def test_the_reason_names_the_clause_and_its_words() -> None:
    """The reason is the clause that made the rule hold, with one word of each group; none for a row without words."""
    heard = TABLE.hear(Facts("json", 400, (), ("Hello there. There are no credits",)), {})
    reason = TABLE.decide(heard).reason(heard)
    assert (reason.text.strip(), reason.words) == ("There are no credits", ("no", "credits"))
    nothing = TABLE.hear(Facts("empty", 500), {})
    assert TABLE.decide(nothing).reason(nothing).words == ()


def test_an_unknown_family_is_a_mistake() -> None:
    """A phrase that names a family which is not there raises when the table is built."""
    row = {"name": "odd", "class": "captcha", "source": "s", "text": ["{nowhere}"]}
    with pytest.raises(KeyError, match="nowhere"):
        Table({**DOCUMENT, "rules": [row]}, {})


LANGUAGES = {"ja", "ko", "ru", "es", "pt", "fr", "de", "id", "vi"}
FILE = resources.files("sora_exporter.classify").joinpath("languages.yml")
TRANSLATIONS = shipped(FILE)


@pytest.mark.parametrize("rule", TRANSLATIONS)
def test_a_translated_rule_is_there_in_every_language(rule: str) -> None:
    """Each entry belongs to a rule that reads sentences, and no language is left out."""
    assert SHIPPED.rules[[each.name for each in SHIPPED.rules].index(rule)].text.ways
    assert set(TRANSLATIONS[rule]) == LANGUAGES
