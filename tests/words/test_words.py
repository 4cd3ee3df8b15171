"""Every status and error class in plain words."""

from __future__ import annotations

import pytest

from sora_exporter.result import ErrorClass
from sora_exporter.words import languages, plain_words


@pytest.mark.parametrize("language", languages())
def test_every_status_and_class_has_plain_words(language: str) -> None:
    """In each language every member has a short name, and a meaning and an advice of one sentence each."""
    words = plain_words(language)
    for each in (*words.statuses.values(), *words.error_classes.values()):
        assert 0 < len(each.name) <= 30
        assert each.meaning[-1] in ".。"
        assert each.advice[-1] in ".。"
    assert set(words.error_classes) == set(ErrorClass)


@pytest.mark.parametrize("language", languages())
def test_a_precise_rule_has_an_advice_of_its_own(language: str) -> None:
    """Every language explains the same rules, with whole sentences; another rule has the words of its class."""
    words, english = plain_words(language), plain_words()
    assert {rule: set(own) for rule, own in words.rules.items()} == {
        rule: set(own) for rule, own in english.rules.items()
    }
    general = words.error_classes[ErrorClass.BUDGET_EXHAUSTED]
    assert words.explained(ErrorClass.BUDGET_EXHAUSTED, "budget") == general
    for rule in words.rules:
        precise = words.explained(ErrorClass.BUDGET_EXHAUSTED, rule)
        assert precise.advice != general.advice
        assert (precise.meaning[-1] in ".。", precise.advice[-1] in ".。") == (True, True)
