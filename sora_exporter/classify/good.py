"""Good answers by their meaning: a job that was created, a catalog, an asset, speech. Pure.

Sources: see ``shapes``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sora_exporter.classify.envelopes import is_good_word, is_http_success, says_error, says_something
from sora_exporter.classify.job_words import Family, family_of, gravest
from sora_exporter.classify.shapes import (
    SAYING,
    STATUS_KEYS,
    Member,
    at,
    demanded_by,
    names,
    near_the_top,
    unwrapped,
    without_addresses,
    word_of,
)
from sora_exporter.result import Expectation

_ASSET_KEYS = names(
    "url videourl imageurl downloadurl resulturl outputurl uri gcsuri b64json base64 b64 image imagebase64"
    " bytesbase64encoded"
)
_RESULT_KEYS = names("output outputs result results video videos image images data content asset assets file")
_OTHER_ADDRESSES = (
    *("cf", "doc", "help", "support", "error", "challenge", "redirect", "login", "callback", "webhook", "billing"),
)
"""The beginnings of addresses that are not a picture or video."""
_OTHER_IDS = names(
    "requestid reqid sid traceid logid xrequestid spanid sessionid userid accountid clientid orgid organizationid"
    " projectid groupid channelid modelid eventid responseid correlationid tenantid appid"
)
"""Ids of something other than a job."""
_JOB_KEYS = names(
    "uuid taskuuid invocationarn identifier jobidentifier job task prediction ticket handle deleted project"
    " render order run execution submission taskno jobno orderno tasknumber jobnumber ordernumber"
)
_PLACES = names("queueposition positioninqueue queueplace")
"""A place in a queue, which only a job has."""
_SPEECH = (
    *("content.0.text", "candidates.0.content.parts.0.text", "output.0.content.0.text", "outputtext", "output.text"),
    *("choices.0.text", "response", "result"),
)
"""Texts of Anthropic, Gemini, OpenAI's Responses and completions, and of plain wrappers."""
_SPEECH_PARTS = (
    *("choices.0.message.toolcalls", "choices.0.message.images", "choices.0.message.audio"),
    "candidates.0.content.parts",
)
_NAME_KEYS = ("id", "name", "model", "modelid", "modelname", "slug", "key")
_NOT_CATALOGS = names("error errors detail details permission permissions tags usage")
JOB_SIGNS = frozenset(["failed", "expired"])
_EXCUSE_MARKS = ("❌", "⚠", "✗", "🚫")
_EXCUSE_LENGTH = 400
_ADDRESS_LENGTH = 500
_CLAUSE_END = re.compile(r"[,.:!;\n，。：！；]")
_NAMED_VIDEO = re.compile(r"https?://[^\s)]{1,2000}\.(?:mp4|webm|mov|m4v)\b", re.IGNORECASE)
_SHOWN_VIDEO = re.compile(r"<video\b|\]\(https?://[^)\s]{1,2000}\.(?:mp4|webm|mov|m4v)\b", re.IGNORECASE)
"""A video shown in HTML or Markdown; an excuse may only name an address."""


def signs_of(document: object, endpoint: str, expectation: Expectation, content: str) -> Iterator[str]:
    """Yield the signs of a JSON value: see ``Facts.signs``.

    Configured paths start at the whole document, the known ones inside its envelope.
    """
    node = unwrapped(document)
    if isinstance(node, list) and endpoint == "models" and _is_list_of_things(node):
        yield "good"
    if not isinstance(node, dict):
        return
    members = near_the_top(node)
    family = _job_family(document, members, endpoint, expectation)
    error = says_error(node, members) or any(says_something(at(document, path)) for path in expectation.error)
    # A job that is done but reports an error has failed.
    if family is Family.FAILED or (error and family is Family.DONE):
        yield "failed"
    if family is Family.EXPIRED:
        yield "expired"
    if error or content.startswith(_EXCUSE_MARKS):
        yield "error"
    elif family in (Family.FAILED, Family.EXPIRED):
        return
    elif family is Family.UNKNOWN and endpoint == "video_job":
        return  # A status word without a family never reads as success.
    elif _has_good_object(document, node, members, endpoint, expectation, content, family):
        yield "good"
        is_doubtful = family is None or (
            family is Family.DONE and not _has_asset(node, members) and _says_failure(node)
        )
        if _may_be_excuse(content) or (is_doubtful and _says_more(node)):
            yield "excuse"


def _job_family(document: object, members: Sequence[Member], endpoint: str, expectation: Expectation) -> Family | None:
    """The meaning of the answer's status words for its job, the configuration's own words first."""
    if not expectation.status:
        return None if endpoint == "models" else gravest(_status_words(members))
    word = next((text for path in expectation.status if (text := word_of(at(document, path)).lower())), "")
    if word in map(str.lower, expectation.failed_words):
        return Family.FAILED
    if word in map(str.lower, expectation.good_words):
        return Family.GOING
    return family_of(word) if word else None


def _status_words(members: Sequence[Member]) -> list[str]:
    return [
        word
        for key, value in members
        if key in STATUS_KEYS and not isinstance(value, bool) and (word := word_of(value)) and not is_http_success(word)
    ]


def _has_asset(node: object, members: Sequence[Member]) -> bool:
    """Return whether a picture or video is there: its address, its base64 text, or the parts of a candidate."""
    return any(_is_asset(key, value) for key, value in members) or bool(at(node, "candidates.0.content.parts"))


def _is_empty_handed(node: dict[str, Any], members: Sequence[Member]) -> bool:
    """Return whether an answer has a place for a picture or video with nothing in it, and no id to fetch one by."""
    has_place = any(not value and (key in _ASSET_KEYS or key in _RESULT_KEYS) for key, value in members)
    return has_place and not _has_asset(node, members) and not _has_job(node, members, None)


def _is_asset(key: str, value: object) -> bool:
    if key in _ASSET_KEYS or (key.endswith(("url", "uri")) and not key.startswith(_OTHER_ADDRESSES)):
        return bool(value) and not (isinstance(value, str) and demanded_by(value[:_ADDRESS_LENGTH]))
    first = value[0] if isinstance(value, list) and value else value
    return key in _RESULT_KEYS and isinstance(first, str) and first.startswith(("http://", "https://", "data:"))


def _has_job(node: dict[str, Any], members: Sequence[Member], family: Family | None) -> bool:
    """Return whether there is an id-like member with a value, or a place in a queue, near the top.

    A request's own id counts only in an otherwise empty answer, or beside a word of a running job. Source: xAI API
    POST /v1/videos/generations, fal queue API.
    """
    ids = [(key, value) for key, value in members if value and isinstance(value, str | int)]
    if any(_is_job_id(key, value) for key, value in ids) or any(key in _PLACES for key, _ in members):
        return True
    return (len(node) == 1 or family in (Family.GOING, Family.DONE)) and any(key == "requestid" for key, _ in ids)


def _is_job_id(key: str, value: object) -> bool:
    if isinstance(value, bool):
        return key == "deleted"
    if key == "result":
        return str(value).isalnum()
    if key in ("name", "operation"):
        return "operations/" in str(value)
    return (key.endswith("id") and key not in _OTHER_IDS) or key in _JOB_KEYS


def _is_list_of_things(value: object) -> bool:
    """Return whether a value is a catalog: a list of names or of objects with an id or a name, or objects by name.

    Entries of another form beside a named one are tolerated.
    """
    if isinstance(value, dict):
        return bool(value) and all(isinstance(each, dict) for each in value.values())
    if not isinstance(value, list):
        return False
    names_of = ([each] if isinstance(each, str) else [at(each, name) for name in _NAME_KEYS] for each in value[:20])
    return not value or any(any(found) for found in names_of)


def _has_good_object(
    document: object,
    node: dict[str, Any],
    members: Sequence[Member],
    endpoint: str,
    expectation: Expectation,
    content: str,
    family: Family | None,
) -> bool:
    if endpoint == "video_job" and expectation.status and family is not None:
        return family is not Family.DONE or not _is_empty_handed(node, members)
    if expectation.present:
        return any(at(document, path) for path in expectation.present)
    if content:
        return True
    if endpoint == "models":
        return _is_one_thing(node) or _has_catalog(members)
    if endpoint == "chat":
        has_job = family is not None and _has_job(node, members, family)
        message = at(node, "choices.0.message")
        return has_job or _has_speech(node) or _has_asset(message, near_the_top(message))
    is_going = endpoint == "video_job" and (family is Family.GOING or isinstance(at(node, "done"), bool))
    return is_going or _has_asset(node, members) or _has_job(node, members, family)


def _has_catalog(members: Sequence[Member]) -> bool:
    lists = (value for key, value in members if key not in _NOT_CATALOGS)
    return any(_is_list_of_things(value) for value in lists if isinstance(value, list | dict))


def _is_one_thing(node: dict[str, Any]) -> bool:
    return any(isinstance(node.get(name), str) and node[name] for name in _NAME_KEYS)


def _has_speech(node: object) -> bool:
    """Return whether a chat answer of another vendor's shape says something."""
    return any(isinstance(at(node, path), str) and at(node, path) for path in _SPEECH) or any(
        at(node, path) for path in _SPEECH_PARTS
    )


def _may_be_excuse(content: str) -> bool:
    """Return whether a short chat answer may report a fault; one with a video may only if it begins with a failure."""
    said = without_addresses(content).strip()
    if not 0 < len(said) <= _EXCUSE_LENGTH or _SHOWN_VIDEO.search(content):
        return False
    return not _NAMED_VIDEO.search(content) or family_of(_CLAUSE_END.split(said, maxsplit=1)[0]) is Family.FAILED


def _says_failure(node: dict[str, Any]) -> bool:
    """Return whether the words beside a finished job are those of a failed one."""
    return any(family_of(word_of(node.get(key))) is Family.FAILED for key in SAYING)


def _says_more(node: dict[str, Any]) -> bool:
    """Return whether a good-looking answer also has words that are not those of a success."""
    return any(isinstance(said := node.get(key), str) and not is_good_word(said) for key in SAYING)
