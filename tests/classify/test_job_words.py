"""Status words of jobs: their family by the words inside, and the one that decides among several."""

from __future__ import annotations

import pytest

from sora_exporter.classify.job_words import Family, family_of, gravest


@pytest.mark.parametrize(
    ("word", "family"),
    [
        ("completed", Family.DONE),
        ("SUCCEEDED", Family.DONE),
        ("IN_PROGRESS", Family.GOING),
        ("queued", Family.GOING),
        ("generationFailed", Family.FAILED),
        ("已取消", Family.FAILED),
        ("frobnicated", Family.UNKNOWN),
        ("", Family.UNKNOWN),
    ],
)
def test_a_word_has_the_family_of_the_words_inside(word: str, family: Family) -> None:
    """Case and spelling do not matter; a word without a family is unknown and never done."""
    assert family_of(word) is family


@pytest.mark.parametrize(
    ("words", "family"),
    [
        (["success", "failed"], Family.FAILED),
        (["done", "running"], Family.GOING),
        (["frobnicated", "done"], Family.DONE),
        (["frobnicated"], Family.UNKNOWN),
        ([], None),
    ],
)
def test_the_gravest_word_decides(words: list[str], family: Family | None) -> None:
    """A failed part outweighs a success around it, and an unknown word counts only alone."""
    assert gravest(words) is family
