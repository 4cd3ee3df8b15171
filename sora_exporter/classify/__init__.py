"""Decide what one answer stands for: ``classify(answer) -> Verdict``. Pure; the facts are in ``rules.yml``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sora_exporter.classify.facts import Facts, facts_of
from sora_exporter.classify.rules import TABLE
from sora_exporter.result import DETAIL_CHARACTERS, Answer, ErrorClass, Verdict

__all__ = ["UserRule", "classify"]

_USER_TEXT_LIMIT = 4000


@dataclass(frozen=True, slots=True)
class UserRule:
    """A user's own rule: ``match`` (compiled, case-insensitive) is searched in an answer's codes, messages and body."""

    match: re.Pattern[str]
    error_class: ErrorClass


def classify(answer: Answer, user_rules: Sequence[UserRule] = ()) -> Verdict:
    """Return the one error class this answer stands for, the rule that decided, and its words for a person.

    User rules are tried first (rule name ``user:<n>``, counted from 1), then the table in order; its last row always
    holds. No clock, no network, no log; never raises, whatever the answer contains.
    """
    facts = facts_of(answer)
    message = _for_a_person(facts)
    for number, user_rule in enumerate(user_rules, start=1):
        if user_rule.match.search(_user_text(answer, facts)):
            return Verdict(user_rule.error_class, f"user:{number}", message, refused_by=facts.refused_by)
    rule = TABLE.decide(TABLE.hear(facts, answer.headers))
    return Verdict(rule.error_class, rule.name, message, not rule.is_default, facts.refused_by)


def _user_text(answer: Answer, facts: Facts) -> str:
    return "\n".join([*facts.codes, *facts.messages, answer.body[:_USER_TEXT_LIMIT]])[:_USER_TEXT_LIMIT]


def _for_a_person(facts: Facts) -> str:
    """The answer's own words, blanks folded, at most DETAIL_CHARACTERS of them."""
    words = " ".join((facts.messages or facts.codes or ("",))[0].split())
    return words if len(words) <= DETAIL_CHARACTERS else words[: DETAIL_CHARACTERS - 1] + "…"
