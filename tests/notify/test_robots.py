"""The addresses, messages and signatures of chat robots, without a socket."""

from __future__ import annotations

from typing import Any

import pytest
from apprise import AppriseAsset
from support.chats import SECRET, TOKEN

from sora_exporter.notify.robots import FORMS, robot

NOW = 1_769_558_400.25


@pytest.mark.parametrize(("schema", "parameters", "members"), [
    ("feishu", {}, {"timestamp": "1769558400", "sign": "yCfazVNJxE9dFGxU748jhlXxu9PTP1pjtJ99JOAcDpU="}),
    ("lark", {}, {"timestamp": "1769558400", "sign": "yCfazVNJxE9dFGxU748jhlXxu9PTP1pjtJ99JOAcDpU="}),
    ("dingtalk", {"timestamp": "1769558400250", "sign": "5NpOQemAKKASYy3LPImXf/ANJaCl4PiNef55Vg8XccQ="}, {}),
])  # fmt: skip
def test_a_signature_is_that_of_the_documentation(schema: str, parameters: Any, members: Any) -> None:
    """Seconds in the message for Feishu and Lark, milliseconds in the address for DingTalk, and their hashes."""
    sign = FORMS[schema].sign
    assert sign is not None
    assert sign("SECRET", NOW) == (parameters, members)


@pytest.mark.parametrize("schema", FORMS)
def test_the_address_that_a_service_shows_is_its_robot(schema: str) -> None:
    """The web address and Apprise's form are the same robot."""
    for address in (f"{schema}://{TOKEN}", f"{FORMS[schema].address}{TOKEN}"):
        assert robot(address, "", AppriseAsset()) is not None


@pytest.mark.parametrize("address", [
    "feishu://", f"feishu://{TOKEN}/text", f"lark://{TOKEN}?verify=no", f"wecombot://{SECRET}@{TOKEN}", "dingtalk://a.b.c.d.e",
])  # fmt: skip
def test_an_address_that_is_wrong_is_no_robot(address: str) -> None:
    """Parameters, secrets where nothing is signed, and tokens that cannot be one are refused."""
    assert robot(address, "", AppriseAsset()) is None


def test_telephone_numbers_are_mentioned() -> None:
    """DingTalk and WeCom mention the numbers in the address, each in its own member."""
    assert FORMS["dingtalk"].message("x", ["13800138000"])["at"] == {"atMobiles": ["13800138000"], "isAtAll": False}
    assert FORMS["wecombot"].message("x", ["13800138000"])["text"]["mentioned_mobile_list"] == ["13800138000"]
