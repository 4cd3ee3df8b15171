"""Clauses: sentences, and the parts of them that are about the fault."""

from __future__ import annotations

import pytest

from sora_exporter.classify.clauses import Listener
from sora_exporter.classify.phrases import needle, phrases

WORDS = map(needle, ("credits", "refused", "busy", "tokens"))
LISTENER = Listener(WORDS, phrases(["refunded|if$"]), ["max tokens"])


@pytest.mark.parametrize(
    ("message", "heard"),
    [
        ("Refused. No credits!", [{" refused"}, {" credits"}]),
        ("拒绝了；credits 不足。busy", [{" credits"}, {" busy"}]),
        ("Version 1.5 refused the credits", [{" refused", " credits"}]),
        ("Busy, credits were refunded", [{" busy"}]),
        ("Busy if credits are low", [{" busy"}]),
        ("Credits were refunded", []),
        ("max_tokens is refused", [{" refused"}]),
        ("the field `tokens` is refused", [{" refused"}]),
        ("tokens are refused", [{" tokens", " refused"}]),
        ("nothing known", []),
    ],
)
def test_words_count_in_their_own_sentence_and_about_the_fault(message: str, heard: list[set[str]]) -> None:
    """A sentence is heard alone, without what it says of refunds, conditions and names of parameters."""
    assert [set(clause.words) for clause in LISTENER.clauses([message])] == heard


def test_a_bounded_part_of_the_messages_is_heard() -> None:
    """Of any number of messages the first sixty sentences, or some thousand characters, are read."""
    assert len(LISTENER.clauses(["busy. " * 10_000])) <= 4000 / len("busy. ") + 1
    assert len(LISTENER.clauses(["busy"] * 10_000)) <= 60
