"""Envelopes: whether a JSON object reports a fault, with any HTTP status. Pure. Sources: see ``shapes``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sora_exporter.classify.job_words import Family, family_of
from sora_exporter.classify.shapes import SAYING, Member, at, chat_content, names, word_of

_FILTER_PATHS = (
    *("response.raimediafilteredcount", "response.generatevideoresponse.raimediafilteredcount"),
    "promptfeedback.blockreason",
)
_RESPECTED_PATHS = ("respectmoderation", "video.respectmoderation", "data.0.respectmoderation")
"""False if moderation withheld a picture or video. Source: xAI API reference."""
_FINISH_PATHS = ("candidates.0.finishreason", "choices.0.finishreason")
_FILTERING = frozenset(path.partition(".")[0] for path in (*_RESPECTED_PATHS, *_FINISH_PATHS))
_FILTERED = ("safety", "content_filter", "prohibited", "blocklist", "recitation", "spii")
"""Finish reasons of a withheld result. Source: Gemini API FinishReason; OpenAI chat completions."""
_ENVELOPE_CODES = ("code", "ret", "retcode", "errcode", "errorcode", "resultcode")
_TROUBLES = ("errormsg", "errmsg", "errormessage")
_GOOD_CODES = frozenset(["0", "1", "100", "10000", "20000", "", "null"])
_GOOD_WORDS = _GOOD_CODES | {"no error", "successful", "成功", "操作成功", "请求成功"}
_FAULT_CODES = names("errorcode errcode failcode failurecode")
_FAULT_WORDS = names("errormessage errormsg errmsg failreason failurereason failmsg failuremessage failure")
JUDGEMENTS = names(
    "moderation moderationresult moderationstatus moderationstate contentmoderation safety safetyresult safetystatus"
    " auditresult auditstatus reviewresult"
)
_BLOCK = re.compile(
    r"block|reject|flagg|denied|deny|refus|fail|violat|unsafe|banned|forbid|prohibit|withh"
    r"|不通过|未通过|拒绝|违规|拦截|屏蔽|不合规|敏感",
    re.IGNORECASE,
)
"""The beginning of a moderator's word that withholds the result."""
_INNER_FAULTS = _FAULT_CODES | _FAULT_WORDS | JUDGEMENTS | {"error"}
_HEADS = ("header", "head", "meta")
"""The member in which an envelope may keep its code and message apart from the rest. Source: iFlytek."""
_OUTCOMES = ("success", "ok", "status")
_BASE_RESP = "baseresp.statuscode"
_STATUSES = ("status", "statuscode")
_SPEAKING_OF_FAULTS = frozenset(
    path.partition(".")[0]
    for path in (*_OUTCOMES, *_ENVELOPE_CODES, _BASE_RESP, *_HEADS, *_TROUBLES, *_FILTER_PATHS, *_STATUSES)
)
_GOOD_LENGTH = 20


def says_error(node: dict[str, Any], members: Sequence[Member]) -> bool:
    """Return whether an envelope with these members near its top reports a fault, with any HTTP status."""
    return (
        says_something(node.get("error"))
        or says_something(node.get("errors"))
        or node.get("type") == "error"
        or ("detail" in node and "id" not in node)
        or any(_is_inner_fault(*each) for each in [each for each in members if each[0] in _INNER_FAULTS])
        # Most envelopes have none of these names, and this check spares them the others.
        or (not node.keys().isdisjoint(_SPEAKING_OF_FAULTS) and _speaks_of_a_fault(node))
        or is_filtered(node)
    )


def _speaks_of_a_fault(node: dict[str, Any]) -> bool:
    return (
        any(node.get(key) is False for key in _OUTCOMES)
        or any(key in node and not _is_good_code(node, word_of(node[key])) for key in _ENVELOPE_CODES)
        or word_of(at(node, _BASE_RESP)) not in _GOOD_CODES
        or any(_is_bad_head(node[name]) for name in _HEADS if name in node)
        or any(key in node and not is_good_word(word_of(node[key])) for key in _TROUBLES)
        or any(at(node, path) for path in _FILTER_PATHS)
        or any(isinstance(code := node.get(key), int) and 400 <= code < 600 for key in _STATUSES)
    )


def _is_bad_head(head: object) -> bool:
    return isinstance(head, dict) and not _is_good_code(head, word_of(head.get("code")))


def _is_good_code(node: dict[str, Any], code: str) -> bool:
    """Return whether an envelope's code is a success: a usual one, 2xx, or one with the words of a success."""
    if is_http_success(code) or not code.strip("0"):
        return True
    if not code.lstrip("-").isdecimal():
        return is_good_word(code)
    said = [text for key in SAYING if (text := word_of(node.get(key)))]
    return bool(said) and all(is_good_word(text) for text in said)


def _is_inner_fault(key: str, value: object) -> bool:
    """Return whether a member inside an envelope reports a fault that the envelope itself does not."""
    if key in JUDGEMENTS:
        return is_block(key, value)
    if key in _FAULT_CODES:
        return not (is_http_success(word_of(value)) or is_good_word(word_of(value)))
    if key in _FAULT_WORDS:
        # new-api writes the video's address where a failed job has its reason.
        return isinstance(value, str) and not value.startswith("http") and not is_good_word(value)
    return key == "error" and says_something(value) and not is_good_word(word_of(value))


def is_block(key: str, value: object) -> bool:
    """Return whether a member is a moderator's judgement that withholds the result."""
    return key in JUDGEMENTS and isinstance(value, str) and _BLOCK.match(value) is not None


def is_filtered(node: object) -> bool:
    """Return whether moderation withheld everything that was generated."""
    if not isinstance(node, dict) or node.keys().isdisjoint(_FILTERING):
        return False
    if any(at(node, path) is False for path in _RESPECTED_PATHS):
        return True
    reasons = (word_of(at(node, path)).lower() for path in _FINISH_PATHS)
    return any(word in reason for reason in reasons for word in _FILTERED) and not chat_content(node)


def says_something(value: object) -> bool:
    if isinstance(value, dict):
        return any(value.values())
    return bool(value)


def is_http_success(word: str) -> bool:
    """Return whether a number is the envelope's, such as ``200``, ``0`` or ``1``, not a job's."""
    return word in _GOOD_CODES or (len(word) == 3 and word.startswith("2") and word.isdecimal())


def is_good_word(said: str) -> bool:
    word = said.strip(" .!。！").lower()
    return word in _GOOD_WORDS or (len(word) <= _GOOD_LENGTH and family_of(word) in (Family.DONE, Family.GOING))
