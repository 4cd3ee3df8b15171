"""The rules against words that no recorded answer used: paraphrases, and words of one class inside another's answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.corpus import is_seen
from support.paraphrases import Paraphrase, codes, fresh, further, later, pairs, paraphrases, unheard, wordings

from sora_exporter.classify import classify
from sora_exporter.result import ErrorClass

CLASS_TARGET = 0.95
STATUS_TARGET = 0.97


@pytest.mark.parametrize("source", [paraphrases, wordings])
def test_paraphrases_get_the_class_that_was_meant(
    source: Callable[[], list[Paraphrase]], capsys: pytest.CaptureFixture[str]
) -> None:
    """At least 95 % of paraphrases get the class and 97 % the status that was meant, in eleven languages."""
    verdicts = [(each, classify(each.answer)) for each in source()]
    wrong = [(each, verdict) for each, verdict in verdicts if verdict.error_class != each.error_class]
    class_share = 1 - len(wrong) / len(verdicts)
    is_right = [verdict.status == ErrorClass(each.error_class).status for each, verdict in verdicts]
    status_share = sum(is_right) / len(is_right)
    with capsys.disabled():
        print(f"\n{source.__name__}: {len(verdicts)} answers, class {class_share:.1%}, status {status_share:.1%}")
        for each, verdict in wrong:
            print(f"  {each.language}: {each.error_class} taken for {verdict.error_class}: {each.sentence}")
    assert len({each.language for each, _ in verdicts}) == 11
    assert class_share >= CLASS_TARGET
    assert status_share >= STATUS_TARGET


LEAST = {
    "fresh, seen": (0.95, 0.95),
    "fresh, held out": (0.82, 0.88),
    "unheard, seen": (0.95, 0.97),
    "unheard, held out": (0.88, 0.95),
    "later, seen": (0.95, 0.95),
    "later, held out": (0.8, 0.83),
    "codes": (0.95, 0.95),
    "further": (0.95, 0.97),
    "cross-talk": (0.95, 0.95),
}
"""The least shares of right classes and statuses; the rules were widened after the halves that were seen only."""


def test_wordings_codes_and_pairs_kept_apart_get_their_class(capsys: pytest.CaptureFixture[str]) -> None:
    """Wordings, codes of no known vendor and pairs of cross-talk that were kept apart get their class to the target."""
    sources = {"fresh": fresh(), "unheard": unheard(), "later": later()}
    groups = {"codes": codes(), "further": further(), "cross-talk": pairs("cross_talk_unheard")}
    for name, rows in sources.items():
        for each in rows:
            groups.setdefault(f"{name}, {'seen' if is_seen(each.sentence) else 'held out'}", []).append(each)
    shares = {name: _shares(rows) for name, rows in groups.items()}
    with capsys.disabled():
        for name, (right_class, right_status) in shares.items():
            print(f"\n{name}: {len(groups[name])} answers, class {right_class:.1%}, status {right_status:.1%}")
    assert {name for name in LEAST if shares[name] < LEAST[name] or shares[name][1] < LEAST[name][1]} == set()


def _shares(rows: list[Paraphrase]) -> tuple[float, float]:
    verdicts = [(each, classify(each.answer)) for each in rows]
    right = sum(verdict.error_class == each.error_class for each, verdict in verdicts)
    status = sum(verdict.status == ErrorClass(each.error_class).status for each, verdict in verdicts)
    return right / len(verdicts), status / len(verdicts)


@pytest.mark.parametrize("pair", pairs("cross_talk"), ids=lambda pair: pair.sentence[:40])
def test_a_word_of_another_class_does_not_decide(pair: Paraphrase) -> None:
    """A word of one class inside an answer of another, negated, refunded or in another role, changes nothing."""
    assert classify(pair.answer).error_class == pair.error_class
