"""The chat robots of Feishu, Lark, DingTalk and WeCom, as a plugin of Apprise.

They answer 200 with a code of their own when they refuse a message, which Apprise's plugins for DingTalk and WeCom take
for success. Apprise cannot sign for Feishu and Lark, and encodes DingTalk's signature twice.

Sources: open.feishu.cn/document/client-docs/bot-v3/add-custom-bot,
open.dingtalk.com/document/orgapp/custom-robot-access, developer.work.weixin.qq.com/document/path/91770.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import requests
from apprise import AppriseAsset, NotifyType
from apprise.plugins import NotifyBase

from sora_exporter.documents import decoded, first, text_of
from sora_exporter.redact import redact

Texts = Mapping[str, str]
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{8,200}")
PHONE: Final = re.compile(r"\+?[0-9-]{11,16}")
REASON_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Form:
    """How a service is spoken to: its address before the token, and its message for a text and telephone numbers.

    ``sign`` makes parameters of the address and members of the message from a secret and a moment in Unix time.
    """

    address: str
    message: Callable[[str, Sequence[str]], Mapping[str, Any]]
    sign: Callable[[str, float], tuple[Texts, Texts]] | None = None


def _hash(key: str, text: str) -> str:
    return b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _sign_member(secret: str, now: float) -> tuple[Texts, Texts]:
    """Feishu and Lark: seconds and secret are the key, and the text that is signed is empty."""
    moment = str(int(now))
    return {}, {"timestamp": moment, "sign": _hash(f"{moment}\n{secret}", "")}


def _sign_parameter(secret: str, now: float) -> tuple[Texts, Texts]:
    """DingTalk: the secret is the key, and milliseconds and secret are signed."""
    moment = str(round(now * 1000))
    return {"timestamp": moment, "sign": _hash(secret, f"{moment}\n{secret}")}, {}


def _feishu(text: str, _phones: Sequence[str]) -> Mapping[str, Any]:
    return {"msg_type": "text", "content": {"text": text}}


def _dingtalk(text: str, phones: Sequence[str]) -> Mapping[str, Any]:
    return {"msgtype": "text", "text": {"content": text}, "at": {"atMobiles": list(phones), "isAtAll": False}}


def _wecom(text: str, phones: Sequence[str]) -> Mapping[str, Any]:
    return {"msgtype": "text", "text": {"content": text, "mentioned_mobile_list": list(phones)}}


FORMS: Final[Mapping[str, Form]] = {
    "feishu": Form("https://open.feishu.cn/open-apis/bot/v2/hook/", _feishu, _sign_member),
    "lark": Form("https://open.larksuite.com/open-apis/bot/v2/hook/", _feishu, _sign_member),
    "dingtalk": Form("https://oapi.dingtalk.com/robot/send?access_token=", _dingtalk, _sign_parameter),
    "wecombot": Form("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", _wecom),
}
"""The services by the schemes of their addresses in Apprise."""


class Robot(NotifyBase):
    """One robot: a token, perhaps a secret, and the telephone numbers of those it mentions."""

    def __init__(self, form: Form, token: str, secret: str, phones: Sequence[str], asset: AppriseAsset) -> None:
        super().__init__(asset=asset)  # type: ignore[no-untyped-call]
        self._form, self._token, self._secret, self._phones = form, token, secret, phones
        self.refusal = ""
        """Why the last message was not accepted, without secrets."""

    def send(
        self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, **_: Any  # noqa: ARG002
    ) -> bool:  # fmt: skip
        """Send a message and read the answer."""
        document = dict(self._form.message(f"{title}\n{body}" if title else body, self._phones))
        parameters: Texts = {}
        if self._secret and self._form.sign is not None:
            parameters, members = self._form.sign(self._secret, time.time())
            document |= members
        try:
            answer = requests.post(
                f"{self._form.address}{self._token}",
                params=dict(parameters),
                data=json.dumps(document, ensure_ascii=False).encode("utf-8"),
                headers={"Content-Type": "application/json; charset=utf-8"},
                timeout=self.request_timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # Its text quotes the address.
            self.refusal = f"the service could not be reached ({type(error).__name__})"
            return False
        self.refusal = self._refusal(answer.status_code, answer.text)
        return not self.refusal

    def _refusal(self, status: int, text: str) -> str:
        if status != requests.codes.ok:
            return f"the service answered {status}"
        said = decoded(text)
        code = text_of(first(said, ("errcode", "code", "StatusCode")))
        if code == "0":
            return ""
        words = text_of(first(said, ("errmsg", "msg"))) or ""
        hidden = redact(words, (self._token, self._secret), REASON_CHARACTERS)
        return f"the service answered {code}: {hidden}" if code else "the answer has no code"


def robot(address: str, secret: str, asset: AppriseAsset) -> Robot | None:
    """Return the robot of an address such as ``dingtalk://SECRET@TOKEN/PHONE``, also as its service shows it.

    None for an address that is wrong. ``secret`` goes before the one in the address.
    """
    for schema, form in FORMS.items():
        if address.startswith(form.address):
            address = f"{schema}://{address.removeprefix(form.address)}"
    parts = urlsplit(address)
    own, _, token = unquote(parts.netloc).rpartition("@")
    phones = [phone for phone in parts.path.split("/") if phone]
    form = FORMS[parts.scheme]
    is_sound = TOKEN.fullmatch(token) and not parts.query and all(map(PHONE.fullmatch, phones))
    if not is_sound or (own and form.sign is None):
        return None
    return Robot(form, token, secret or own, phones, asset)
