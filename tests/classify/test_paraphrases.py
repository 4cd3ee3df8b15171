"""The rules against words that no recorded answer used: paraphrases, and words of one class inside another's answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest
import yaml
from support.corpus import is_seen
from support.paraphrases import DATA, ENVELOPES, Paraphrase, codes, fresh, paraphrases, wordings

from sora_exporter.classify import classify
from sora_exporter.result import Answer, ErrorClass

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


def test_fresh_wordings_and_codes_get_their_class(capsys: pytest.CaptureFixture[str]) -> None:
    """Wordings kept apart get their class in 75 % and their status in 85 %, codes of no known vendor in 95 %."""
    shares = {}
    for name, rows in {
        "fresh, seen": [each for each in fresh() if is_seen(each.sentence)],
        "fresh, held out": [each for each in fresh() if not is_seen(each.sentence)],
        "codes": codes(),
    }.items():
        verdicts = [(each, classify(each.answer)) for each in rows]
        right = [verdict.error_class == each.error_class for each, verdict in verdicts]
        status = [verdict.status == ErrorClass(each.error_class).status for each, verdict in verdicts]
        shares[name] = (sum(right) / len(right), sum(status) / len(status))
        with capsys.disabled():
            print(f"\n{name}: {len(rows)} answers, class {shares[name][0]:.1%}, status {shares[name][1]:.1%}")
    assert shares["fresh, held out"][0] >= 0.75
    assert shares["fresh, held out"][1] >= 0.85
    assert min(shares["codes"]) >= 0.95


CROSS_TALK = [
    (pair["status"], pair["says"], pair["class"])
    for pair in yaml.safe_load((DATA / "cross_talk.yml").read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("envelope", ENVELOPES, ids=range(len(ENVELOPES)))
@pytest.mark.parametrize(("status", "says", "error_class"), CROSS_TALK)
def test_a_word_of_another_class_does_not_decide(
    status: int, says: str, error_class: str, envelope: Callable[[str], Mapping[str, object]]
) -> None:
    """A word of one class inside an answer of another, negated, refunded or in another role, changes nothing."""
    verdict = classify(Answer(access="relay", http_status=status, body=json.dumps(envelope(says))))
    assert verdict.error_class == error_class
