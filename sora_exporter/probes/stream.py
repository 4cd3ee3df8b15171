"""Event streams of chat completions: their events, their text, and the beginning that decides."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sora_exporter.config.apis import first
from sora_exporter.documents import decoded

SPOKEN = ("choices.0.delta.content", "choices.0.message.content", "choices.0.text")
PROGRESS = ("choices.0.delta.reasoning_content", "choices.0.delta.reasoning")
SPOKEN_WORDS, PROGRESS_WORDS = ("content", "text"), ("reasoning",)
DECISIVE_WORDS = (*SPOKEN_WORDS, *PROGRESS_WORDS, "error")
"""Every event that is decoded contains one of these."""
PROGRESS_EVENTS = 3
"""The number of mere progress events that means a job may have begun; relays report one or two before they call their
upstream. They do not prove a job: an empty pool reports its retries in the same way.
Source: TheSmallHanCat/sora2api src/services/generation_handler.py."""
DONE = "data: [DONE]"
EVENT_END = re.compile(rb"\r?\n\r?\n")
EVENT_END_BYTES = 4


def events(body: str, words: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a stream's ``data:`` lines that contain one of the words, or a plain body's only one.

    Other lines are not decoded: a stream may have a hundred thousand events without content.
    """
    is_stream = body.lstrip().startswith(("data:", "event:", ":", "id:"))
    return _objects(body.splitlines() if is_stream else [f"data:{body}"], words)


def _objects(lines: Iterable[str], words: Sequence[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if not line.startswith("data:") or not any(word in line for word in words):
            continue
        event = decoded(line.removeprefix("data:"))
        if isinstance(event, dict):
            yield event


def spoken_text(body: str) -> str:
    """Return the text of a chat answer, plain or streamed; a link may be split across two events of a stream."""
    said = (first(event, SPOKEN) for event in events(body, SPOKEN_WORDS))
    return "".join(text for text in said if isinstance(text, str))


def is_progressing(body: str) -> bool:
    """Return whether a stream reports progress, apart from its text, so often that a job may have begun."""
    return sum(first(event, PROGRESS) is not None for event in events(body, PROGRESS_WORDS)) >= PROGRESS_EVENTS


def is_finished(body: str) -> bool:
    """Return whether a stream came to its end."""
    return DONE in body.splitlines()


class Opening:
    """The beginning of a stream as it comes in, up to the event that shows whether the request was accepted.

    So many ``progress_events`` count as accepted too, for a caller that must not order twice.

    ``text`` is that beginning, empty until ``is_complete``; it does not depend on how the bytes are split. Every byte
    is read once.
    """

    def __init__(self, progress_events: float = PROGRESS_EVENTS) -> None:
        self._progress_events = progress_events
        self.is_complete = asyncio.Event()
        self.text = ""
        self._searched = self._read = self._progress = 0

    def watch(self, received: bytearray) -> bool:
        """Read everything received so far and let the stream go on; for ``Request.stop``."""
        if not self.is_complete.is_set():
            self.says_enough(received)
        return False

    def says_enough(self, received: bytearray) -> bool:
        """Return whether the stream shows the outcome by now: by text, an error, progress, or its end.

        The event that opens a stream often has none of these; the refusal may come only in the next one.
        """
        ends = [match.end() for match in EVENT_END.finditer(received, self._searched)]
        self._searched = max(len(received) - EVENT_END_BYTES + 1, ends[-1] if ends else 0, 0)
        for end in ends:
            lines = received[self._read : end].decode("utf-8", "replace").splitlines()
            self._read = end
            if DONE in lines or any(map(self._is_decisive, _objects(lines, DECISIVE_WORDS))):
                self.text = received[:end].decode("utf-8", "replace")
                self.is_complete.set()
                break
        return self.is_complete.is_set()

    def _is_decisive(self, event: dict[str, Any]) -> bool:
        self._progress += first(event, PROGRESS) is not None
        return "error" in event or first(event, SPOKEN) is not None or self._progress >= self._progress_events
