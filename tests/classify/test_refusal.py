"""The signatures of refusals: a relay's own, one passed on, and a maker's shape."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.answers import answer, error

from sora_exporter.classify import classify
from sora_exporter.classify.refusal import Mark, mark_in, mark_of


@pytest.mark.parametrize(
    ("node", "mark"),
    [
        ({"code": "insufficient_user_quota"}, Mark.GATEWAY),
        ({"type": "new_api_error", "code": "anything"}, Mark.GATEWAY),
        ({"code": "INVALID_API_KEY"}, Mark.GATEWAY),
        ({"code": "fail_to_fetch_task", "message": "x"}, Mark.PASSED_ON),
        ({"type": "upstream_error"}, Mark.PASSED_ON),
        ({"type": "invalid_request_error", "param": "prompt", "code": "missing"}, Mark.MAKER),
        ({"type": "invalid_request_error", "param": None}, None),
        ({"type": "BadRequest", "param": ""}, Mark.MAKER),
        ({"code": "InvalidParameter", "message": "x", "requestid": "1"}, Mark.MAKER),
        ({"code": 429, "type": None}, None),
        ({}, None),
    ],
)
def test_an_error_object_shows_its_side(node: dict[str, Any], mark: Mark | None) -> None:
    """Codes and types of known relays and makers name the side; others name none."""
    assert mark_of(node) is mark


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("当前分组下对于模型 sora-2 无可用渠道", Mark.GATEWAY),
        ("Authentication Error, Invalid proxy server token passed", Mark.GATEWAY),
        ("litellm.RateLimitError: RateLimitError: OpenAIException - slow down", Mark.PASSED_ON),
        ("上游负载已饱和", Mark.PASSED_ON),
        ("The server said: litellm.AuthenticationError", None),
        ("Incorrect API key provided", None),
    ],
)
def test_the_beginning_of_a_message_shows_its_side(text: str, mark: Mark | None) -> None:
    """A fixed text counts only at the beginning of a message."""
    assert mark_in(text) is mark


def test_sides_are_two() -> None:
    """A wrapper and a maker's shape both mean that the upstream refused."""
    assert {mark: mark.refused_by for mark in Mark} == {
        Mark.GATEWAY: "gateway",
        Mark.PASSED_ON: "upstream",
        Mark.MAKER: "upstream",
    }


WRONG_KEY = {
    "error": {"message": "Incorrect API key provided", "type": "invalid_request_error", "code": "invalid_api_key"}
}
NO_CHANNEL = {"error": {"message": "No available channel for model sora-2", "type": "new_api_error", "code": ""}}
ARK = {
    "error": {"code": "InvalidParameter", "message": "The parameter is not valid", "param": "x", "type": "BadRequest"}
}


@pytest.mark.parametrize(
    ("status", "body", "error_class", "refused_by"),
    [
        (400, {"code": "invalid_request", "message": "prompt is required", "data": None}, "invalid_request", "gateway"),
        (403, {"code": "insufficient_user_quota", "message": "x", "data": None}, "quota_exhausted", "gateway"),
        (
            401,
            {"code": "fail_to_fetch_task", "message": json.dumps(WRONG_KEY), "data": None},
            "unavailable",
            "upstream",
        ),
        (400, {"code": "fail_to_fetch_task", "message": json.dumps(ARK), "data": None}, "invalid_request", "upstream"),
        (
            503,
            {"code": "fail_to_fetch_task", "message": json.dumps(NO_CHANNEL), "data": None},
            "unavailable",
            "gateway",
        ),
        (401, error("litellm.AuthenticationError: OpenAIException - Incorrect API key"), "unavailable", "upstream"),
        (
            429,
            error("litellm.RateLimitError: OpenAIException - You exceeded your current quota"),
            "quota_exhausted",
            "upstream",
        ),
        (401, error("Authentication Error, Invalid proxy server token passed"), "authentication", "gateway"),
        (502, error("Upstream authentication failed, please contact administrator"), "unavailable", "upstream"),
        (401, {"code": "INVALID_API_KEY", "message": "Invalid API key"}, "authentication", "gateway"),
        (500, error("nothing known"), "server_error", ""),
    ],
)
def test_structure_shows_which_side_refused(status: int, body: object, error_class: str, refused_by: str) -> None:
    """The innermost signature counts; a refused key or an empty balance behind a relay is not ours."""
    verdict = classify(answer(status, body, access="relay"))
    assert (verdict.error_class, verdict.refused_by) == (error_class, refused_by)
