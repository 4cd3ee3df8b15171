"""The user's own rules: their conditions, and the line that a page offers for one."""

from __future__ import annotations

import json

import pytest
import yaml
from support.answers import answer, error

from sora_exporter.classify import classify, explained
from sora_exporter.classify.user import UserRule, line_for, user_rules
from sora_exporter.config import Config
from sora_exporter.patterns import Pattern
from sora_exporter.result import Answer, ErrorClass, ProbeKind, ProbeResult


def configured(**rule: object) -> Config:
    return Config.model_validate({"classify": [{"error_class": "maintenance", **rule}]})


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ({"http_status": 503}, True),
        ({"http_status": "5xx"}, True),
        ({"http_status": 500}, False),
        ({"http_status": "4xx"}, False),
        ({"match": "quiet"}, True),
        ({"match": "loud"}, False),
        ({"match": "quiet", "http_status": 403}, False),
        ({"match": "quiet", "endpoint": "chat"}, True),
        ({"match": "quiet", "endpoint": "videos"}, False),
        ({"match": "quiet", "access": "reverse"}, True),
        ({"match": "quiet", "access": "official"}, False),
        ({"match": "quiet", "provider": "p"}, True),
        ({"match": "quiet", "provider": "q"}, False),
        ({"match": "quiet", "probe": "canary"}, True),
        ({"match": "quiet", "probe": "submit"}, False),
    ],
)
def test_every_condition_must_hold(condition: dict[str, object], fits: bool) -> None:
    """A rule decides where all it names holds, and is passed over where one thing differs."""
    answer = Answer("chat", "reverse", 503, body="All QUIET here")
    verdict = classify(answer, user_rules(configured(**condition), "p", ProbeKind.CANARY))
    assert (verdict.rule == "user:1") is fits


def test_a_hostile_answer_is_searched_in_linear_time() -> None:
    """A rule that takes a backtracking matcher an exponential time is tried on a megabyte and passed over."""
    answer = Answer(http_status=503, body="a" * 1_000_000 + "!")
    assert classify(answer, user_rules(configured(match="(a+)+b"), "p")).rule != "user:1"


def test_no_answer_has_no_status() -> None:
    """A lost connection meets no condition on the status."""
    answer = Answer(http_status=None, transport_error="Connection refused")
    rules = user_rules(configured(http_status="5xx"), "p")
    assert classify(answer, rules).error_class is ErrorClass.CONNECTION


def test_the_offered_line_decides_the_same_answer() -> None:
    """The line that a page offers is valid for any text of the answer, and matches that answer."""
    said = 'Odd (new) "thing": 50% off? [a|b] \\ 你好 #'
    answer = Answer(http_status=418, body=json.dumps({"error": {"message": said}}))
    verdict = classify(answer)
    result = ProbeResult("s", ProbeKind.CANARY, verdict.error_class, 0.0, 0.0, verdict.rule, verdict.message, "", 418)
    config = Config.model_validate({"classify": yaml.safe_load(line_for("p", result))})
    assert (verdict.recognised, verdict.message) == (False, said)
    assert classify(answer, user_rules(config, "p")).rule == "user:1"


@pytest.mark.parametrize(
    ("rule", "text", "words"),
    [
        ({"match": "takes a n.p"}, "The pool takes a nap", ("takes a nap",)),
        ({"match": "odd_code"}, "odd_code", ("odd_code",)),
        ({"http_status": 418}, "The pool takes a nap", ()),
        ({"http_status": 500}, "The pool takes a nap", ()),
    ],
)
def test_an_own_or_a_default_rule_shows_its_text(rule: dict[str, object], text: str, words: tuple[str, ...]) -> None:
    """The reason is the line and the words that an expression matched, else the answer's own words."""
    answer = Answer(http_status=418, body='{"error": {"message": "The pool takes a nap", "code": "odd_code"}}')
    reason = explained(answer, user_rules(configured(**rule), "p")).reason
    assert (reason.text, reason.words) == (text, words)


def test_user_rules_come_first_and_in_order() -> None:
    """A user's rule wins over the built-in ones, the earlier over the later, and is named by its place."""
    rules = [
        UserRule(1, ErrorClass.OVERLOADED, Pattern("something else")),
        UserRule(2, ErrorClass.MAINTENANCE, Pattern("ACCOUNT POOL", is_case_sensitive=False)),
        UserRule(3, ErrorClass.CAPTCHA, Pattern("pool")),
    ]
    verdict = classify(answer(429, error("account pool is resting")), rules)
    assert (verdict.error_class, verdict.rule) == (ErrorClass.MAINTENANCE, "user:2")


def test_user_rules_read_decoded_text() -> None:
    """A user's rule finds Chinese text that the body wrote as escapes."""
    rule = UserRule(1, ErrorClass.MAINTENANCE, Pattern("账号池维护"))
    escaped = json.dumps(error("账号池维护"), ensure_ascii=True)
    assert classify(answer(500, escaped), [rule]).rule == "user:1"
