"""The signatures of refusals: a relay's own, one passed on, and a maker's shape."""

from __future__ import annotations

from typing import Any

import pytest

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
