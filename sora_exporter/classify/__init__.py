"""The verdict on one answer: ``classify(answer) -> Verdict``. Pure; the facts are in ``rules.yml``.

An answer comes in as plain facts, from a probe, a log or an application; its error class and the rule that decided go
out.

    from sora_exporter.classify import Answer, classify

    verdict = classify(Answer(http_status=429, body='{"error": {"message": "Too many requests"}}'))
    print(verdict.error_class, verdict.status, verdict.rule)

``from sora_exporter import classify`` is this module; its function is ``classify.classify``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sora_exporter.classify.facts import Facts, facts_of
from sora_exporter.classify.rules import TABLE, Reason, Rule
from sora_exporter.classify.user import UserRule
from sora_exporter.result import DETAIL_CHARACTERS, Answer, Verdict

__all__ = ["Answer", "Explained", "Verdict", "classify", "explained"]

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
    if (own := _own_rule(answer, facts, user_rules)) is not None:
        return _by_user(own, answer, facts)
    return _by_table(TABLE.decide(TABLE.hear(facts, answer.headers)), answer, facts)


def explained(answer: Answer, user_rules: Sequence[UserRule] = ()) -> Explained:
    """Return the verdict of ``classify``, and its reason; where no words were needed, the answer's own words alone."""
    facts = facts_of(answer)
    if (own := _own_rule(answer, facts, user_rules)) is not None:
        verdict = _by_user(own, answer, facts)
        return Explained(verdict, _reason_of(own, _text_for(answer, facts), verdict.message))
    heard = TABLE.hear(facts, answer.headers)
    rule = TABLE.decide(heard)
    verdict, reason = _by_table(rule, answer, facts), rule.reason(heard)
    return Explained(verdict, reason if reason.text or not rule.is_default else Reason(verdict.message))


def _by_user(rule: UserRule, answer: Answer, facts: Facts) -> Verdict:
    return Verdict(rule.error_class, rule.name, _for_a_person(answer, facts), refused_by=facts.refused_by)


def _by_table(rule: Rule, answer: Answer, facts: Facts) -> Verdict:
    # Without an HTTP status nothing was answered, so there is nothing to recognise.
    recognised = not rule.is_default or answer.http_status is None
    return Verdict(rule.error_class, rule.name, _for_a_person(answer, facts), recognised, facts.refused_by)


def _reason_of(rule: UserRule, text: str, message: str) -> Reason:
    """The first line that an own rule matched and the words matched there; without an expression, the message."""
    if (match := rule.match) is None:
        return Reason(message)
    found = ((line, next(match.all_in(line), "")) for line in text.splitlines())
    line, words = next(((line, words) for line, words in found if words), (message, ""))
    return Reason(" ".join(line.split())[:DETAIL_CHARACTERS], (words[:DETAIL_CHARACTERS],) if words else ())


def _own_rule(answer: Answer, facts: Facts, user_rules: Sequence[UserRule]) -> UserRule | None:
    if not user_rules:
        return None
    text = _text_for(answer, facts)
    return next((rule for rule in user_rules if rule.holds(answer, text)), None)


def _text_for(answer: Answer, facts: Facts) -> str:
    """The text that own rules search: an answer's codes, messages and body, at most 4000 characters."""
    return "\n".join([*facts.codes, *facts.messages, answer.body[:_USER_TEXT_LIMIT]])[:_USER_TEXT_LIMIT]


def _for_a_person(answer: Answer, facts: Facts) -> str:
    """At most DETAIL_CHARACTERS of the answer's own words; for an empty answer, its status and sender."""
    words = " ".join(next((said for said in (*facts.messages, *facts.codes) if said.strip()), "").split())
    if not words and facts.form in ("page", "empty"):
        sender = f" from {server}" if (server := answer.headers.get("server", "").strip()) else ""
        words = f"HTTP {facts.status}{sender}, empty {'page' if facts.form == 'page' else 'answer'}"
    return words if len(words) <= DETAIL_CHARACTERS else words[: DETAIL_CHARACTERS - 1] + "…"
