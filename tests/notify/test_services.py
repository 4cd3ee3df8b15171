"""Messages on their way to five services over real sockets, in the forms that the services document."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest
from support.chats import BOT, SECRET, SLACK, TOKEN, Chats

from sora_exporter.notify.limits import in_bytes
from sora_exporter.notify.services import NotSent, Service, WrongAddress
from sora_exporter.notify.texts import Message

MESSAGE = Message("[紧急] p：服务已停用。", "acme 的 Sora 2 <官转> 已停用。\n怎么办：换一条线路。", "critical")
ADDRESSES = {
    "feishu": f"feishu://{TOKEN}",
    "lark": f"lark://{TOKEN}",
    "dingtalk": f"dingtalk://{TOKEN}",
    "wecom": f"wecombot://{TOKEN}",
    "slack": f"slack://{SLACK}/#sora",
    "telegram": f"tgram://{BOT}/-100123",
}
SIGNED = ("feishu", "lark", "dingtalk")


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Every line that reaches the handlers of the program's log, at the lowest level."""
    found = list[str]()
    handler = logging.Handler()
    handler.emit = lambda record: found.append(record.getMessage())  # type: ignore[method-assign]
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield found
    root.setLevel(level)
    root.removeHandler(handler)


def secret_for(service: str) -> str:
    """Return the secret of a service that signs."""
    return SECRET if service in SIGNED else ""


@pytest.mark.parametrize("service", ADDRESSES)
def test_a_message_arrives(chats: Chats, service: str) -> None:
    """Title and text arrive whole at the service, signed where it verifies signatures."""
    Service(ADDRESSES[service], secret_for(service)).send(MESSAGE)
    [(_, text)] = chats.texts
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("\r\n", "\n")
    assert MESSAGE.body in text
    assert MESSAGE.title in text or chats.posted[0]["attachments"][0]["title"] == MESSAGE.title


@pytest.mark.parametrize(("service", "reason"), [
    ("feishu", "the service answered 19001: param invalid: incoming webhook [hidden]"),
    ("dingtalk", "the service answered 300005: token is not exist"),
    ("wecom", "the service answered 93000: invalid webhook url"),
    ("slack", "the service answered 404"),
    ("telegram", "the service answered 401"),
])  # fmt: skip
def test_a_refusal_is_a_failure_with_its_reason(chats: Chats, lines: list[str], service: str, reason: str) -> None:
    """A code in an answer of status 200 is a failure as well; neither the reason nor the log holds a secret."""
    chats.is_refusing = True
    with pytest.raises(NotSent) as refused:
        Service(ADDRESSES[service], secret_for(service)).send(MESSAGE)
    assert str(refused.value) == reason
    log = "".join(lines)
    assert not any(one in log for one in (TOKEN, SECRET, BOT, SLACK.rpartition("/")[2]))


@pytest.mark.parametrize("service", SIGNED)
def test_a_wrong_signature_is_refused(chats: Chats, service: str) -> None:
    """The service verifies the signature: another secret does not pass, and without verification none is needed."""
    with pytest.raises(NotSent, match="sign"):
        Service(ADDRESSES[service], "another").send(MESSAGE)
    chats.is_unsigned = True
    Service(ADDRESSES[service]).send(MESSAGE)
    assert "sign" not in chats.posted[-1]


def test_a_service_out_of_reach_is_a_failure(monkeypatch: pytest.MonkeyPatch, chats: Chats) -> None:
    """A connection that fails is a reason without the address; so is one of a service that only Apprise knows."""
    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", _no_route)
    for address in (ADDRESSES["feishu"], "json://127.0.0.1/x"):
        with pytest.raises(NotSent, match=r"^the service could not be reached") as failed:
            Service(address).send(MESSAGE)
        assert TOKEN not in str(failed.value)
    assert chats.texts == []


def _no_route(*_: object, **__: object) -> None:
    from requests import ConnectionError as NoConnection

    raise NoConnection(f"https://open.feishu.cn/{TOKEN}")


@pytest.mark.parametrize(("service", "most"), [("wecom", 2048), ("telegram", 4096), ("slack", 3000)])
def test_a_long_text_is_cut_at_the_end_of_a_sentence(chats: Chats, service: str, most: int) -> None:
    """What is longer than the service takes ends with a whole sentence and a mark, in the service's own measure."""
    Service(ADDRESSES[service]).send(Message("标题", "服务已停用。它不太可能自行恢复。" * 1000))
    [(_, text)] = chats.texts
    size = in_bytes(text) if service == "wecom" else len(re.sub("</?b>", "", text))
    assert most - 100 < size <= most
    assert text.replace("\r\n", "\n").endswith("。\n…")


def test_the_addresses_that_services_show_are_accepted(chats: Chats) -> None:
    """An address copied from DingTalk, with the secret and a telephone number of Apprise's form, is taken as it is."""
    Service(f"dingtalk://{SECRET}@{TOKEN}/13800138000").send(MESSAGE)
    assert chats.posted[0]["at"] == {"atMobiles": ["13800138000"], "isAtAll": False}
    from sora_exporter.notify.robots import FORMS

    Service(f"{FORMS['dingtalk'].address}{TOKEN}", SECRET).send(MESSAGE)
    assert [service for service, _ in chats.texts] == ["dingtalk", "dingtalk"]


@pytest.mark.parametrize(("address", "secret"), [
    ("feishu://a b", ""), ("feishu://short", ""), (f"wecombot://own@{TOKEN}", ""), (f"dingtalk://{TOKEN}/12", ""),
    (f"feishu://{TOKEN}?verify=no", ""), ("tgram://mistyped-key", ""), ("unheard://x", ""), ("no address", ""),
    ("", ""), (f"wecombot://{TOKEN}", SECRET), (f"slack://{SLACK}", SECRET), ("http://[", ""),
])  # fmt: skip
def test_a_wrong_address_is_refused_without_sending(chats: Chats, address: str, secret: str) -> None:
    """A mistake in an address is one line that quotes no more of it than its scheme, and nothing is sent."""
    with pytest.raises(WrongAddress) as wrong:
        Service(address, secret)
    rest = address.partition("://")[2]
    assert not rest or rest not in str(wrong.value)
    assert "\n" not in str(wrong.value)
    assert chats.posted == []
