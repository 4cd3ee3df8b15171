"""The shapes of answers: the fields of codes and messages, and the reading of an unknown document. Pure.

Sources: openai/openai-python src/openai/types; QuantumNous/new-api dto and relay; docs.kie.ai; Ark, DashScope, Kling,
MiniMax, Runway, Luma, fal and Replicate API references.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from sora_exporter import documents


@lru_cache(maxsize=1024)
def name_of(key: str) -> str:
    """A field's name without its spelling: ``taskId``, ``task_id`` and ``TaskId`` are one field."""
    return key.replace("_", "").lower()


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


STATUS_KEYS = names(
    "status state phase taskstatus taskstate jobstatus jobstate videostatus videostate generationstatus generationstate"
    " runstatus renderstatus processstatus predictionstatus progressstatus statustext statusname statusdesc"
)
CODE_KEYS = STATUS_KEYS | names(
    "code type status reason ret retcode resultcode errorcode errcode errno errorname errortype failcode failurecode"
    " httpcode statuscode blockreason finishreason kind"
)
MESSAGE_KEYS = names(
    "message msg error errors detail details errmsg errormessage errormsg errordescription statusmsg failmsg"
    " faultstring failreason failure failurereason failuremessage statusmessage taskstatusmsg description title raw"
    " data upstreamerror exception cause"
)
MESSAGE_ENDINGS = ("message", "msg", "reason", "description")
"""The endings of the names of further members that hold a message, such as ``raw_message``."""
FILTER_KEYS = frozenset(["raimediafilteredcount", "raimediafilteredreasons"])
"""Google reports a moderated video with these fields of a finished operation. Source: Vertex AI Veo API reference."""
ADDRESS_ENDINGS = ("url", "uri", "redirect", "location", "redirectto", "href")
"""The endings of the names of members that hold an address."""
_ADDRESS = re.compile(r"https?://[\w.~:/?#@!$&*+,;=%-]+", re.IGNORECASE | re.ASCII)
_DEMAND = re.compile(
    r"[/?&=_](?:(captcha|punish|turnstile|challenge)|login|signin|sign-in|passport|sso)(?=[/?&=#]|$)", re.IGNORECASE
)
# The caller's own words are not the provider's.
NOT_WORDS = names("prompt input messages params request model choices usage headers loc instance")
NOT_LISTS = names("videos images models remix supportedendpointtypes")
EMPTY_CODES = names(
    "none null true false 0 1 200 ok success succeed error video server_error invalid_request_error api_error"
    " new_api_error one_api_error generation_failed bad_response_status_code"
) | {""}
"""Codes that say nothing: successes, and constants that some relays send with every error."""
SAYING = ("message", "msg", "description", "statusmsg", "desc")
Member = tuple[str, Any]
"""A member of an object: its name without its spelling, and its value."""
_NEAR_THE_TOP = 3
_INNER_LIMIT = 30
_ENVELOPES = ("response", "result", "body")


def at(node: object, path: str) -> Any:
    """Return the value at a dotted path of a document whose names have lost their spelling, or None."""
    first, normal = _normal(path)
    return documents.at(node, normal) if not isinstance(node, dict) or first in node else None


@lru_cache(maxsize=1024)
def _normal(path: str) -> tuple[str, str]:
    """A path without its spelling, and its first step, which most documents have not."""
    normal = name_of(path)
    return normal.partition(".")[0], normal


def demanded_by(address: str) -> str:
    """The code of an address that leads to a challenge or a login; else nothing."""
    demand = _DEMAND.search(address)
    return "" if demand is None else "captcha" if demand[1] else "login required"


def unwrapped(document: object) -> object:
    """The object inside a list, or inside an envelope of one member such as Tencent Cloud's ``Response``."""
    if isinstance(document, list) and document and isinstance(document[0], dict):
        document = document[0]
    if isinstance(document, dict) and len(document) == 1:
        inner = next((document[name] for name in _ENVELOPES if name in document), None)
        return inner if isinstance(inner, dict) else document
    return document


def word_of(value: object) -> str:
    """A scalar as text; nothing for anything that holds more, which may be too deep to write out."""
    return str(value) if isinstance(value, str | int | float) else ""


def chat_content(node: object) -> str:
    """The text of a chat completion, or of one chunk of it."""
    for name in ("message", "delta"):
        content = at(node, f"choices.0.{name}.content")
        if isinstance(content, str) and content:
            return content
        if isinstance(content, list):
            return " ".join(word_of(at(part, "text") or at(part, "imageurl.url")) for part in content)
    return ""


def chat_progress(node: object) -> str:
    """The text of progress in one chunk of a chat completion."""
    return word_of(at(node, "choices.0.delta.reasoningcontent") or at(node, "choices.0.delta.reasoning"))


def without_addresses(text: str) -> str:
    """A text without its web addresses, whose words say nothing about a fault."""
    return _ADDRESS.sub("", text) if "://" in text else text


def near_the_top(node: object) -> list[Member]:
    """Return the members of an object and of those inside it, the outer ones first, of lists only the first item."""
    members: list[Member] = []
    layer = [node]
    for _ in range(_NEAR_THE_TOP):
        inner: list[object] = []
        for each in layer:
            if isinstance(each, list):
                each = each[0] if each else None
            if isinstance(each, dict):
                members += each.items()
                inner += [
                    value
                    for key, value in each.items()
                    if isinstance(value, dict | list) and key not in NOT_WORDS and key != "error"
                ]
        layer = inner[:_INNER_LIMIT]
    return members
