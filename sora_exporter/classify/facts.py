"""The facts in an answer's body: codes, messages, job status, and the good object if it is there. Pure.

Nothing here decides the meaning of an answer; the table in ``rules`` does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sora_exporter.classify import shapes
from sora_exporter.classify.envelopes import JUDGEMENTS, is_block, is_filtered, says_error
from sora_exporter.classify.good import JOB_SIGNS, signs_of
from sora_exporter.classify.refusal import Mark, mark_in, mark_of
from sora_exporter.documents import decoded
from sora_exporter.result import Answer, Expectation, RefusedBy

_TEXT_LIMIT = 2000
_NODE_LIMIT = 400
_DEPTH_LIMIT = 8
_NESTED_LIMIT = 3
_EVENT_LIMIT = 1000
_FEW_BLANKS = 1
_FEW_CHARACTERS = 4

_REQUEST_ID = re.compile(
    r"[(（]?(?:request|trace)[ _]?id[:：]? ?[\w.-]{1,80}[)）]?|logid[:：]? ?\w{1,80}", re.IGNORECASE
)
_TITLE = re.compile(r"<title[^>]{0,80}>([^<]{0,300})", re.IGNORECASE)
_FAILED_TRY = re.compile(r"❌|\bfail|\berror|\bretry|失败|重试|错误|出错", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z]+(?:[._-][A-Za-z]+)+|(?:[A-Z][a-z]+){2,8}|[A-Z]{2,}")
"""A message of one word that is a code, such as ``PARAMS_INVALID``."""
_TAG = re.compile(r"<[^<>]{0,400}>")
_BLANK = re.compile(r"\s+")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {shapes.name_of(key): value for key, value in pairs}


_DECODER = json.JSONDecoder(strict=False, object_pairs_hook=_object)


class Facts(NamedTuple):
    """An answer's own words, and its kind.

    ``form`` is transport, empty, page, stream, json or text. ``status`` is the HTTP status, or the one an error inside
    a 2xx body names, or 0 without an answer. ``codes`` and ``messages`` are as sent, request ids removed.
    """

    form: str
    status: int
    codes: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    signs: frozenset[str] = frozenset()
    """The answer's access (of JSON answers) and any of good, error, failed, expired, passed (a relay passes on the
    refusal of its upstream) and excuse (an answer that looks good and may report a fault as text)."""
    refused_by: RefusedBy = ""


@dataclass(slots=True)
class _Notes:
    codes: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    marks: list[tuple[int, Mark]] = field(default_factory=list)
    nodes: int = 0

    def mark(self, mark: Mark | None, nesting: int) -> None:
        """Note the side of a refusal, and its depth inside other answers."""
        if mark is not None:
            self.marks.append((nesting, mark))

    @property
    def refused_by(self) -> RefusedBy:
        """The side that refused, by the innermost signature."""
        return max(self.marks, key=lambda each: each[0])[1].refused_by if self.marks else ""

    def code(self, value: object) -> None:
        text = str(value)[:100]
        if text.lower() not in shapes.EMPTY_CODES and "://" not in text:
            self.codes.append(text)

    def message(self, value: str, nesting: int) -> None:
        """Keep a message, or what it wraps: JSON text is opened, at most three levels deep."""
        text = value[: _TEXT_LIMIT * 4].strip()
        self.mark(mark_in(text), nesting)
        start = text.find("{")
        inner = _decoded(text[start:]) if start >= 0 and nesting < _NESTED_LIMIT else None
        if isinstance(inner, dict):
            self.walk(inner, 0, nesting + 1)
            text = text[:start]
        if text.startswith('"') and nesting < _NESTED_LIMIT and isinstance(bare := _decoded(text), str):
            self.message(bare, nesting + 1)
        elif text.startswith(("http://", "https://")):
            self.address(text)
        elif text:
            if _CODE.fullmatch(text):
                self.code(text)
            self.messages.append(_without_ids(text[:_TEXT_LIMIT]))

    def address(self, value: str) -> None:
        """Keep the fault in an address, such as ``?action=captcha``."""
        if said := shapes.demanded_by(value[:_TEXT_LIMIT]):
            self.code(said)

    def words(self, value: object) -> None:
        """Keep the texts at a vendor's known place for errors, with any names of fields; bare codes and types last."""
        members = (
            [value[key] for key in sorted(value, key=shapes.CODE_KEYS.__contains__)]
            if isinstance(value, dict)
            else [value]
        )
        for member in members:
            if isinstance(member, str):
                self.message(member, 0)

    def walk(self, node: object, depth: int, nesting: int) -> None:
        """Collect codes and messages from a JSON value, by the names of its fields."""
        self.nodes += 1
        if depth > _DEPTH_LIMIT or self.nodes > _NODE_LIMIT:
            return
        if isinstance(node, dict):
            self.mark(mark_of(node), nesting)
            for key, value in node.items():
                self._member(key, value, depth, nesting)
        elif isinstance(node, list):
            for value in node[:_NODE_LIMIT]:
                if isinstance(value, str):
                    self.message(value, nesting)
                else:
                    self.walk(value, depth + 1, nesting)

    def _member(self, key: str, value: object, depth: int, nesting: int) -> None:
        if key in shapes.NOT_WORDS:
            return
        if (key in shapes.FILTER_KEYS and value) or (key in JUDGEMENTS and is_block(key, value)):
            self.code("rai_filtered")
        if isinstance(value, str):
            if key in shapes.CODE_KEYS:
                self.code(value)
                if _is_sentence(value):
                    self.message(value, nesting)
            elif key in shapes.MESSAGE_KEYS or key.endswith(shapes.MESSAGE_ENDINGS):
                self.message(value, nesting)
            elif key.endswith(shapes.ADDRESS_ENDINGS):
                self.address(value)
        elif isinstance(value, dict) or (isinstance(value, list) and key not in shapes.NOT_LISTS):
            if key == "baseresp" and isinstance(value, dict):
                self.code(f"base_resp {shapes.word_of(value.get('statuscode'))}")
            self.walk(value, depth + 1, nesting)
        elif isinstance(value, int) and key in shapes.CODE_KEYS:
            self.code(value)


def facts_of(answer: Answer) -> Facts:
    """Return the facts of any answer. Never raises; reads a bounded part of bodies that are not JSON."""
    if answer.http_status is None:
        return Facts("transport", 0, messages=((answer.transport_error or "")[:_TEXT_LIMIT],))
    if 300 <= answer.http_status < 400 and (said := shapes.demanded_by(answer.headers.get("location", ""))):
        return Facts("empty", answer.http_status, (said,))
    body = answer.body.lstrip("\ufeff \t\r\n")
    if not body:
        return Facts("empty", answer.http_status)
    if body.startswith("<"):
        return Facts("page", answer.http_status, (), tuple(_page_words(body)), frozenset([answer.access]))
    if body.startswith(("data:", "event:", ": ", "id:")):
        return _facts_of_json(answer, "stream", _joined_events(body))
    document = _decoded(body) if body[0] in '{["' else None
    if document is None:
        return Facts("text", answer.http_status, messages=(body[:_TEXT_LIMIT],))
    return _facts_of_json(answer, "json", document)


def _facts_of_json(answer: Answer, form: str, document: object) -> Facts:
    expectation = answer.expectation or Expectation()
    root = shapes.unwrapped(document)
    notes = _Notes()
    content = shapes.chat_content(root)
    signs = {answer.access, *signs_of(document, answer.endpoint, expectation, content)}
    if isinstance(root, str):
        notes.message(root, 0)
    elif "good" not in signs:
        for path in expectation.error:
            notes.words(shapes.at(document, path))
        notes.walk(root, 0, 0)
        if is_filtered(root):
            notes.code("rai_filtered")
    if "excuse" in signs and isinstance(root, dict):
        for key in shapes.SAYING:
            notes.words(root.get(key))
    if content and ("good" not in signs or "excuse" in signs):
        notes.message(shapes.without_addresses(content), 0)
    status = answer.http_status or 0
    if not 200 <= status < 300:
        signs -= JOB_SIGNS
    if 200 <= status < 300 and "good" not in signs:
        status = next(_http_codes(notes.codes), status)
    if any(mark is Mark.PASSED_ON for _, mark in notes.marks):
        signs.add("passed")
    return Facts(form, status, tuple(notes.codes[:30]), tuple(notes.messages[:30]), frozenset(signs), notes.refused_by)


def _http_codes(codes: list[str]) -> Iterator[int]:
    """HTTP statuses named inside a body: envelopes such as kie.ai's answer 200 and put the real one in ``code``."""
    return (int(code) for code in codes if len(code) == 3 and code.isascii() and code.isdigit() and code[0] in "45")


def _is_sentence(text: str) -> bool:
    """Return whether a text at the place of a code is a message: ``{"ok": false, "reason": "No credits left"}``."""
    return text.count(" ") >= _FEW_BLANKS or (not text.isascii() and len(text) >= _FEW_CHARACTERS)


def _without_ids(text: str) -> str:
    lowered = text.lower()
    # The search is slow, and most messages name no id.
    has_id = "request" in lowered or "trace" in lowered or "logid" in lowered
    return _REQUEST_ID.sub("", text) if has_id else text


def _decoded(text: str) -> Any:
    """The JSON value ``text`` begins with, or None."""
    return decoded(text, _DECODER)


def _page_words(body: str) -> Iterator[str]:
    """The title and the visible beginning of a page."""
    head = body[: _TEXT_LIMIT * 4]
    if title := _TITLE.search(head):
        yield _BLANK.sub(" ", title.group(1)).strip()
    yield _BLANK.sub(" ", _TAG.sub(" ", head)).strip()[:_TEXT_LIMIT]


def _joined_events(body: str) -> Mapping[str, Any]:
    """Return one JSON value for a whole event stream: the event that reports an error, else the last one with all
    contents; in a stream of progress alone, the last notice of a failed try.

    Of a very long stream the beginning and the end are read: a fault ends a stream, and so does the video's address.
    """
    last: dict[str, Any] = {}
    contents: list[str] = []
    progress: list[str] = []
    lines = [line for line in body.splitlines() if line.startswith("data:")]
    if len(lines) > 2 * _EVENT_LIMIT:
        lines[_EVENT_LIMIT:-_EVENT_LIMIT] = []
    for line in lines:
        event = _decoded(line[5:].strip())
        if not isinstance(event, dict):
            continue
        if says_error(event, shapes.near_the_top(event)):
            return event
        contents.append(shapes.chat_content(event))
        progress.append(shapes.chat_progress(event))
        last = event
    if content := "".join(contents):
        return {**last, "choices": [{"message": {"content": content}}]}
    if notices := [line for line in "".join(progress)[-_TEXT_LIMIT:].splitlines() if _FAILED_TRY.search(line)]:
        return {"error": {"message": notices[-1].strip()}}
    return {**last, "choices": []}
