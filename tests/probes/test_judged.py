"""The verdict on an answer of one API: the classifier's, with the vendor's own codes and places."""

from __future__ import annotations

from typing import Any

import pytest
from support.answers import answer

from sora_exporter.config.apis import Api
from sora_exporter.probes.judged import judged
from sora_exporter.result import ErrorClass, Expectation, Verdict

E = ErrorClass
CODES = {"value": "code", "success": 0, "classes": {"1008": "quota_exhausted"}}
API = Api.model_validate({"create": {"path": "/make", "body": {}}, "codes": CODES})
PLAIN = Api.model_validate({"create": {"path": "/make", "body": {}}})


def verdict(
    said: Verdict, document: Any, api: Api = API, status: int = 200, **members: Any
) -> tuple[ErrorClass, str, bool]:  # fmt: skip
    """Return class, rule and recognition after the classifier gave this verdict on the document."""
    found = judged(api, lambda _: said, answer(status, document, **members), document)
    return found.error_class, found.rule, found.recognised


@pytest.mark.parametrize(
    ("said", "document", "found"),
    [
        (Verdict(E.NONE, "good"), {"code": 0}, (E.NONE, "good", True)),
        (Verdict(E.NONE, "good"), {"code": 1008}, (E.QUOTA_EXHAUSTED, "code:1008", True)),
        (Verdict(E.SERVER_ERROR, "fault", recognised=False), {"code": 1008}, (E.QUOTA_EXHAUSTED, "code:1008", True)),
        (Verdict(E.NONE, "good"), {"code": 7}, (E.INVALID_RESPONSE, "code:unknown", False)),
        (Verdict(E.CAPTCHA, "challenge"), {"code": 7}, (E.CAPTCHA, "challenge", True)),
        (Verdict(E.MAINTENANCE, "user:1"), {"code": 1008}, (E.MAINTENANCE, "user:1", True)),
        (Verdict(E.NONE, "good"), None, (E.NONE, "good", True)),
    ],
)
def test_the_vendors_code_decides_unless_a_user_does(
    said: Verdict, document: Any, found: tuple[ErrorClass, str, bool]
) -> None:
    """A listed code gives its class, an unlisted one makes a good answer invalid; a user's own rule goes first."""
    assert verdict(said, document) == found


@pytest.mark.parametrize(
    ("api", "status", "document", "error_class"),
    [
        (PLAIN, 200, {"task": "1"}, E.NONE),
        (PLAIN, 200, {"other": "1"}, E.INVALID_RESPONSE),
        (PLAIN, 404, {"task": "1"}, E.INVALID_RESPONSE),
        (API, 200, {"task": "1", "code": 7}, E.INVALID_RESPONSE),
    ],
)
def test_the_described_place_makes_an_odd_answer_good(
    api: Api, status: int, document: Any, error_class: ErrorClass
) -> None:
    """An answer that only its API can read is good with the described member, a success and no fault."""
    said = Verdict(E.INVALID_RESPONSE, "shape")
    expectation = Expectation(present=("task",))
    assert verdict(said, document, api, status, expectation=expectation)[0] is error_class


def test_a_truncated_answer_is_never_good() -> None:
    """However well it begins, an answer that broke off is invalid, and its error is the reason."""
    found = judged(PLAIN, lambda _: Verdict(E.NONE, "good"), answer(200, {}, transport_error="IncompleteRead: 9"), {})
    assert (found.error_class, found.rule, found.message) == (E.INVALID_RESPONSE, "broken-off", "IncompleteRead: 9")


def test_a_word_of_success_is_not_the_reason_of_a_fault() -> None:
    """Beside a code that is a fault, the message names code and class; other words of the answer stay."""
    messages = [
        judged(API, lambda _, said=said: Verdict(E.NONE, "good", said), answer(200, {}), {"code": 1008}).message
        for said in ("success", "balance too low")
    ]
    assert messages == ["code 1008 (quota_exhausted)", "balance too low"]
