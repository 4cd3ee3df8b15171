"""The verdict on one answer: ``classify(answer) -> Verdict``. Pure; the facts are in ``rules.yml``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sora_exporter.classify.facts import Facts, facts_of
from sora_exporter.classify.rules import TABLE, Reason
from sora_exporter.classify.user import UserRule
from sora_exporter.result import DETAIL_CHARACTERS, Answer, Verdict

__all__ = ["Explained", "classify", "explained"]

_USER_TEXT_LIMIT = 4000


@dataclass(frozen=True, slots=True)
class Explained:
    """A verdict, and the text of the answer and the words in it that decided."""

    verdict: Verdict
    reason: Reason


def classify(answer: Answer, user_rules: Sequence[UserRule] = ()) -> Verdict:
    """Return the error class of an answer, the rule that decided, and the answer's own words.

    User rules are tried first (rule name ``user:<n>``, by their place in the configuration), then the table in order;
    its last row always holds. No clock, no network, no log; never raises, for any content of the answer.
    """
    facts = facts_of(answer)
    if (verdict := _by_user(answer, facts, user_rules)) is not None:
        return verdict
    rule = TABLE.decide(TABLE.hear(facts, answer.headers))
    # Without an HTTP status nothing was answered, so there is nothing to recognise.
    recognised = not rule.is_default or answer.http_status is None
    return Verdict(rule.error_class, rule.name, _for_a_person(answer, facts), recognised, facts.refused_by)


def explained(answer: Answer, user_rules: Sequence[UserRule] = ()) -> Explained:
    """Return the verdict of ``classify``, and its reason."""
    verdict = classify(answer, user_rules)
    heard = TABLE.hear(facts_of(answer), answer.headers)
    rule = next((rule for rule in TABLE.rules if rule.name == verdict.rule), None)
    return Explained(verdict, rule.reason(heard) if rule is not None else Reason())


def _by_user(answer: Answer, facts: Facts, user_rules: Sequence[UserRule]) -> Verdict | None:
    if not user_rules:
        return None
    text = "\n".join([*facts.codes, *facts.messages, answer.body[:_USER_TEXT_LIMIT]])[:_USER_TEXT_LIMIT]
    rule = next((rule for rule in user_rules if rule.holds(answer, text)), None)
    if rule is None:
        return None
    message = _for_a_person(answer, facts)
    return Verdict(rule.error_class, f"user:{rule.number}", message, refused_by=facts.refused_by)


def _for_a_person(answer: Answer, facts: Facts) -> str:
    """At most DETAIL_CHARACTERS of the answer's own words; for an empty answer, its status and sender."""
    words = " ".join(next((said for said in (*facts.messages, *facts.codes) if said.strip()), "").split())
    if not words and facts.form in ("page", "empty"):
        sender = f" from {server}" if (server := answer.headers.get("server", "").strip()) else ""
        words = f"HTTP {facts.status}{sender}, empty {'page' if facts.form == 'page' else 'answer'}"
    return words if len(words) <= DETAIL_CHARACTERS else words[: DETAIL_CHARACTERS - 1] + "…"
