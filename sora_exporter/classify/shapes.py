"""The shapes answers come in: which fields hold codes, messages, job status and the good object. Pure.

Sources: openai/openai-python src/openai/types; QuantumNous/new-api dto and relay; docs.kie.ai; Ark, DashScope, Kling,
MiniMax, Runway, Luma, fal and Replicate API references.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sora_exporter.result import Expectation


def name_of(key: str) -> str:
    """A field's name without its spelling: ``taskId``, ``task_id`` and ``TaskId`` are one field."""
    return key.replace("_", "").lower()


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


CODE_KEYS = _names(
    "code type status reason ret retcode resultcode errorcode errcode errno errorname errortype failcode failurecode"
    " httpcode statuscode blockreason finishreason"
)
MESSAGE_KEYS = _names(
    "message msg error errors detail details errmsg errormessage errormsg errordescription statusmsg failmsg"
    " failreason failure failurereason failuremessage statusmessage taskstatusmsg description title raw data"
    " upstreamerror exception cause"
)
FILTER_KEYS = frozenset(["raimediafilteredcount", "raimediafilteredreasons"])
"""Google tells a moderated video by these fields of a finished operation. Source: Vertex AI Veo API reference."""
_FILTER_PATHS = (
    *("response.raimediafilteredcount", "response.generatevideoresponse.raimediafilteredcount"),
    "promptfeedback.blockreason",
)
_RESPECTED_PATHS = ("respectmoderation", "video.respectmoderation", "data.0.respectmoderation")
"""False where moderation kept a picture or video back. Source: xAI API reference."""
_FINISH_PATHS = ("candidates.0.finishreason", "choices.0.finishreason")
_FILTERED = ("safety", "content_filter", "prohibited", "blocklist", "recitation", "spii")
"""Reasons to finish that mean: nothing is given out. Source: Gemini API FinishReason; OpenAI chat completions."""
# What the caller sent is no word of the provider.
NOT_WORDS = _names("prompt input messages params request model choices usage headers loc instance")
NOT_LISTS = _names("videos images models remix supportedendpointtypes")
EMPTY_CODES = _names(
    "none null true false 0 1 200 ok success succeed error video server_error invalid_request_error api_error"
    " new_api_error one_api_error generation_failed bad_response_status_code"
) | {""}
"""Codes that say nothing: successes, and constants that some relays send with every error."""

_ENVELOPE_CODES = ("code", "ret", "retcode", "errcode", "errorcode", "resultcode")
_TROUBLES = ("errormsg", "errmsg", "errormessage")
_GOOD_CODES = frozenset(["0", "1", "200", "201", "202", "10000", "", "success", "succeed", "ok", "none"])
_GOOD_WORDS = _GOOD_CODES | {"no error", "successful", "成功", "操作成功", "请求成功", "null"}
_STATUS_PATHS = (
    *("status", "state", "taskstatus", "data.status", "data.state", "data.taskstatus", "output.taskstatus"),
    *("job.status", "task.status", "data.data.status"),
)
_FAILED = _names("failed fail failure error cancelled canceled rejected aborted blocked 失败") | {
    *("content moderated", "request moderated"),
}
_DONE = _names("completed succeeded success succeed done finished")
_EXPIRED = _names("expired timeout timed_out timedout")
JOB_SIGNS = frozenset(["failed", "expired"])
_JOB_IDS = ("id", "taskid", "jobid", "videoid", "uuid", "generationid", "taskuuid", "invocationarn")
_ALONE = {"requestid"}
"""The job's id where nothing else is said, else the request's. Source: xAI API, POST /v1/videos/generations."""
_CARRIERS = ("data", "resp", "result", "response", "output", "job", "task", "data.0")
_JOB_PATHS = (
    *_JOB_IDS,
    *(f"{carrier}.{name}" for carrier in _CARRIERS for name in _JOB_IDS),
    *("result", "deleted", "responseurl"),
)
_ASSET_PATHS = ("data.0.url", "data.0.b64json", "videourl", "url", "data.url", "video.url", "images.0.url", "output")
_PRESENT = {
    "videos": (*_JOB_PATHS, *_ASSET_PATHS),
    "video_job": (*_STATUS_PATHS, *_ASSET_PATHS, "done", "deleted"),
    "images": (*_ASSET_PATHS, *_JOB_PATHS, "candidates"),
    "models": ("data", "id", "models", "name"),
    "chat": (),
}
_ENVELOPES = ("response", "result", "body")
_EXCUSE_MARKS = ("❌", "⚠", "✗", "🚫")
_EXCUSE_LENGTH = 400


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(name_of(step) for step in path.split("."))


def at(node: object, path: str) -> Any:
    """What stands at a dotted path (numbers index lists), or None."""
    for step in _steps(path):
        if isinstance(node, dict):
            node = node.get(step)
        elif isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        else:
            return None
    return node


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


def says_error(node: dict[str, Any]) -> bool:
    """Whether the envelope reports a fault, whatever the HTTP status says."""
    return any(_envelope_faults(node))


def _envelope_faults(node: dict[str, Any]) -> Iterator[bool]:
    yield _says_something(node.get("error")) or _says_something(node.get("errors"))
    yield node.get("type") == "error" or node.get("success") is False
    yield any(word_of(node.get(key)).lower() not in _GOOD_CODES for key in _ENVELOPE_CODES)
    yield word_of(at(node, "baseresp.statuscode")) not in _GOOD_CODES
    yield any(word_of(node.get(key)).strip(" .!").lower() not in _GOOD_WORDS for key in _TROUBLES)
    yield any(at(node, path) for path in _FILTER_PATHS) or is_filtered(node)
    yield "detail" in node and "id" not in node
    yield any(isinstance(code := node.get(key), int) and 400 <= code < 600 for key in ("status", "statuscode"))


def is_filtered(node: object) -> bool:
    """Whether moderation kept back all that was generated."""
    if any(at(node, path) is False for path in _RESPECTED_PATHS):
        return True
    reasons = (word_of(at(node, path)).lower() for path in _FINISH_PATHS)
    return any(word in reason for reason in reasons for word in _FILTERED) and not chat_content(node)


def _says_something(value: object) -> bool:
    if isinstance(value, dict):
        return any(value.values())
    return bool(value)


def signs(document: object, endpoint: str, expectation: Expectation, content: str) -> Iterator[str]:
    """Yield what kind of answer a JSON value is: see ``Facts.signs``.

    Configured paths start at the whole document, the known ones inside its envelope.
    """
    node = unwrapped(document)
    if not isinstance(node, dict):
        return
    word = _job_status(document, expectation)
    error = says_error(node) or any(_says_something(at(document, path)) for path in expectation.error)
    # A job that is done and tells an error beside it is done for.
    failed = word in _FAILED.union(map(str.lower, expectation.failed_words)) or (error and word in _DONE)
    if failed:
        yield "failed"
    if word in _EXPIRED:
        yield "expired"
    if error:
        yield "error"
    if content.startswith(_EXCUSE_MARKS):
        yield "error"
    elif not (error or failed or word in _EXPIRED) and _has_good_object(document, endpoint, expectation, content):
        yield "good"
        if content and "://" not in content and len(content) <= _EXCUSE_LENGTH:
            yield "excuse"


def _job_status(document: object, expectation: Expectation) -> str:
    node, paths = (document, expectation.status) if expectation.status else (unwrapped(document), _STATUS_PATHS)
    for path in paths:
        if isinstance(word := at(node, path), str) and word:
            return word.lower()
    return ""


def _has_good_object(document: object, endpoint: str, expectation: Expectation, content: str) -> bool:
    if endpoint == "video_job" and _job_status(document, expectation):
        return True
    if expectation.present:
        return any(at(document, path) for path in expectation.present)
    node = unwrapped(document)
    if content or "operations/" in word_of(at(node, "name")):
        return True
    if isinstance(node, dict) and set(node) == _ALONE:
        return bool(node["requestid"])
    found = (at(node, path) for path in _PRESENT.get(endpoint, _PRESENT["videos"]))
    return any(value or (value == [] and endpoint == "models") for value in found)
