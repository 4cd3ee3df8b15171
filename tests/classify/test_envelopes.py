"""Envelopes: whether a JSON object reports a fault, with any HTTP status."""

from __future__ import annotations

from typing import Any

import pytest

from sora_exporter.classify.envelopes import is_filtered, says_error
from sora_exporter.classify.shapes import near_the_top


@pytest.mark.parametrize(
    ("node", "is_fault"),
    [
        ({"error": {"message": "x"}}, True),
        ({"error": None, "id": "v"}, False),
        ({"error": {"message": "", "code": 0}}, False),
        ({"code": 0, "message": "anything", "data": {}}, False),
        ({"code": 200, "msg": "success"}, False),
        ({"code": 1000, "msg": "Success"}, False),
        ({"code": 1000, "msg": "not enough"}, True),
        ({"code": "000000", "data": {}}, False),
        ({"success": False}, True),
        ({"baseresp": {"statuscode": 1008}}, True),
        ({"baseresp": {"statuscode": 0}}, False),
        ({"header": {"code": 10013}}, True),
        ({"errmsg": "sensitive"}, True),
        ({"errmsg": "success"}, False),
        ({"data": {"failreason": "https://x.example/v.mp4"}}, False),
        ({"data": {"failreason": "tired"}}, True),
        ({"detail": "no", "id": "v"}, False),
        ({"detail": "no"}, True),
        ({"status": 404}, True),
    ],
)
def test_an_envelope_reports_a_fault_by_its_members(node: dict[str, Any], is_fault: bool) -> None:
    """Errors, outcomes, codes and troubles report a fault unless their own words are those of a success."""
    assert says_error(node, near_the_top(node)) is is_fault


@pytest.mark.parametrize(
    ("node", "is_withheld"),
    [
        ({"respectmoderation": False}, True),
        ({"video": {"respectmoderation": True}}, False),
        ({"candidates": [{"finishreason": "IMAGE_SAFETY"}]}, True),
        ({"choices": [{"finishreason": "content_filter", "message": {"content": "here"}}]}, False),
        ({"choices": [{"finishreason": "stop"}]}, False),
    ],
)
def test_a_withheld_result_is_seen(node: dict[str, Any], is_withheld: bool) -> None:
    """A finish reason or a mark of moderation counts where nothing came out."""
    assert is_filtered(node) is is_withheld
