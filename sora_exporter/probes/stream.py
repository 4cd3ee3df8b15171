"""Event streams of chat completions: what they say, and when the beginning has said enough."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sora_exporter.config.apis import first
from sora_exporter.documents import decoded

SPOKEN = ("choices.0.delta.content", "choices.0.message.content", "choices.0.text")
PROGRESS = ("choices.0.delta.reasoning_content", "choices.0.delta.reasoning")
SPOKEN_WORDS, PROGRESS_WORDS = ("content", "text"), ("reasoning",)
TELLING_WORDS = (*SPOKEN_WORDS, *PROGRESS_WORDS, "error")
"""What stands in every event that is asked for."""
PROGRESS_EVENTS = 3
"""How many events of mere progress prove that a job was accepted; relays announce it once or twice before they ask
their upstream. Source: TheSmallHanCat/sora2api src/services/generation_handler.py."""
EVENT_END = re.compile(rb"\r?\n\r?\n")
EVENT_END_BYTES = 4


def events(body: str, words: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a stream's ``data:`` lines that hold one of the words; of a plain body, the one it is.

    The others are not even read: a stream may hold a hundred thousand events that say nothing.
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
    """Return what a chat answer says, plain or streamed: links may be cut in two by the stream's events."""
    said = (first(event, SPOKEN) for event in events(body, SPOKEN_WORDS))
    return "".join(text for text in said if isinstance(text, str))


def is_progressing(body: str) -> bool:
    """Whether a stream tells progress often enough, beside the answer's text, to say that a job was accepted."""
    return sum(first(event, PROGRESS) is not None for event in events(body, PROGRESS_WORDS)) >= PROGRESS_EVENTS


class Opening:
    """The beginning of a stream as it comes in; every byte is looked at once, however small the pieces are."""

    def __init__(self) -> None:
        self._searched = self._read = self._progress = 0

    def says_enough(self, received: bytearray) -> bool:
        """Whether it tells by now if the request was accepted: text, an error, or progress; or its end.

        The event that opens a stream often holds neither, and what is not accepted may be told only in the next one.
        """
        ends = [match.end() for match in EVENT_END.finditer(received, self._searched)]
        self._searched = max(len(received) - EVENT_END_BYTES + 1, ends[-1] if ends else 0, 0)
        if not ends:
            return False
        lines = received[self._read : ends[-1]].decode("utf-8", "replace").splitlines()
        self._read = ends[-1]
        return "data: [DONE]" in lines or any(self._tells(event) for event in _objects(lines, TELLING_WORDS))

    def _tells(self, event: dict[str, Any]) -> bool:
        self._progress += first(event, PROGRESS) is not None
        return "error" in event or first(event, SPOKEN) is not None or self._progress >= PROGRESS_EVENTS
