"""The verdict on an answer of one API: the classifier's, with the vendor's own codes and places taken into account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sora_exporter.classify.envelopes import is_good_word
from sora_exporter.config.apis import Api, first
from sora_exporter.result import Answer, ErrorClass, Verdict, is_success

Judge = Callable[[Answer], Verdict]
"""The classifier with a user's own rules."""


def judged(api: Api, judge: Judge, answer: Answer, document: object) -> Verdict:
    """Return the verdict on an answer; ``document`` is the JSON value of its body, None without one.

    A truncated answer is never a good one, however it begins.
    """
    verdict = _by_code(api, judge(answer), document)
    if verdict.error_class is ErrorClass.INVALID_RESPONSE and _has_expected(api, answer, document):
        verdict = Verdict(ErrorClass.NONE, "expected", verdict.message)
    if verdict.error_class is ErrorClass.NONE and answer.transport_error is not None:
        return Verdict(ErrorClass.INVALID_RESPONSE, "broken-off", answer.transport_error)
    return verdict


def _by_code(api: Api, verdict: Verdict, document: object) -> Verdict:
    """Return the verdict of the vendor's own code; a user's own rule takes precedence."""
    code = api.codes.fault(document) if api.codes is not None else None
    if api.codes is None or code is None or verdict.rule.startswith("user:"):
        return verdict
    error_class = api.codes.error_class(code)
    if error_class is not None:
        code = code[:40]
        # A word of success beside a code that is a fault is not a reason.
        message = f"code {code} ({error_class})" if is_good_word(verdict.message) else verdict.message
        return replace(verdict, error_class=error_class, rule=f"code:{code}", message=message, recognised=True)
    if verdict.error_class is not ErrorClass.NONE:
        return verdict
    message = f"the vendor's code {code[:40]} is not among those of success"
    return Verdict(ErrorClass.INVALID_RESPONSE, "code:unknown", message, recognised=False)


def _has_expected(api: Api, answer: Answer, document: object) -> bool:
    if api.codes is not None and api.codes.fault(document) is not None:
        return False
    present = answer.expectation.present if answer.expectation is not None else ()
    return is_success(answer.http_status) and first(document, present) is not None
