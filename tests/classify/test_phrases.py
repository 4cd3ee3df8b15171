"""Phrases: texts as plain words, and the words of a vocabulary in them."""

from __future__ import annotations

import pytest

from sora_exporter.classify.phrases import Vocabulary, needle, normalise, phrases


def test_codes_and_sentences_read_alike() -> None:
    """Camel case, underscores and mixed scripts become the same plain words."""
    assert normalise("InsufficientQuota") == normalise("insufficient_quota") == " insufficient quota "
    assert normalise("没有可用的Token进行") == " 没有可用的 token 进行 "
    assert normalise("餘額不足") == normalise("余额不足")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("quota is used up", True),
        ("used up: your Quota", True),
        ("quota is fine", False),
        ("quota used up per minute", False),
        ("misquota used up", False),
    ],
)
def test_phrases_want_every_group_and_no_exception(text: str, said: bool) -> None:
    """A phrase needs a word of every group in any order, at the beginning of a word, and none of its exceptions."""
    wanted = phrases(["used up|gone + quota|credit - per minute"])
    spoken = frozenset(word for word in wanted.vocabulary if word in normalise(text))
    assert wanted.are_in(spoken) is said


VOCABULARY = ["quota", "used up", "no longer available", "used$", "余额", "额度 用完"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Quotas are used up", {" quota", " used up", " used "}),
        ("misquoted, misused", set()),
        ("UsedUp", {" used up", " used "}),
        ("it is no longer available", {" no longer available"}),
        ("it is no longer there", set()),
        ("你的余额不够", {"余额"}),
    ],
)
def test_a_vocabulary_finds_its_words(text: str, words: set[str]) -> None:
    """Words are found where a word begins, with a mark as whole words, several in a row, Chinese ones anywhere."""
    vocabulary = Vocabulary(map(needle, VOCABULARY))
    for _ in range(2):  # The second time from what was looked up.
        assert vocabulary.in_text(text).words == words
