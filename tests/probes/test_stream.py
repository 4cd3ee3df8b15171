"""Event streams: the spoken text, progress, the end, and the beginning that decides."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sora_exporter.probes.stream import PROGRESS_EVENTS, Opening, is_finished, is_progressing, spoken_text


def event(**delta: Any) -> str:
    return f"data: {json.dumps({'choices': [{'delta': delta}]}, ensure_ascii=False)}\n\n"


OPENING = event(role="assistant")
PROGRESS = event(reasoning_content="queued")
TEXT = event(content="视频")
ERROR = 'data: {"error": {"message": "no channel"}}\n\n'
DONE = "data: [DONE]\n\n"


def test_text_is_joined_over_events() -> None:
    """A link that is split over two events is whole in the text; progress and broken events have no text."""
    body = (
        OPENING + PROGRESS + event(content="https://cdn.ex") + "data: {broken\n\n" + event(content="ample/v.mp4") + DONE
    )
    assert spoken_text(body) == "https://cdn.example/v.mp4"
    assert spoken_text(json.dumps({"choices": [{"message": {"content": "plain"}}]})) == "plain"


@pytest.mark.parametrize(("count", "is_enough"), [(PROGRESS_EVENTS - 1, False), (PROGRESS_EVENTS, True)])
def test_repeated_progress_means_a_job_may_have_begun(count: int, is_enough: bool) -> None:
    """Relays report one or two events before they call their upstream; from the third on a job may have begun."""
    assert is_progressing(OPENING + PROGRESS * count) is is_enough


@pytest.mark.parametrize(("body", "is_over"), [(TEXT + DONE, True), (TEXT, False), ('{"a": "data: [DONE]"}', False)])
def test_only_the_end_mark_ends_a_stream(body: str, is_over: bool) -> None:
    """A stream is over with its end mark on its own line."""
    assert is_finished(body) is is_over


@pytest.mark.parametrize("piece", [1, 3, 1000])
@pytest.mark.parametrize("decisive", [TEXT, ERROR, DONE])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_opening_does_not_depend_on_the_pieces(decisive: str, piece: int, newline: str) -> None:
    """The beginning ends with the first decisive event, for pieces of any size and both line ends."""
    begun = (OPENING + PROGRESS + decisive).replace("\n", newline)
    data = (begun + TEXT.replace("\n", newline)).encode()
    opening, received = Opening(), bytearray()
    for start in range(0, len(data), piece):
        received += data[start : start + piece]
        opening.watch(received)
    assert opening.is_complete.is_set()
    assert opening.text == begun


def test_an_opening_without_a_decision_is_open() -> None:
    """An opening event and a little progress decide nothing."""
    opening = Opening()
    assert opening.says_enough(bytearray((OPENING + PROGRESS).encode())) is False
    assert opening.text == ""


def test_a_patient_caller_waits_beyond_progress() -> None:
    """Progress decides for a caller that must not order twice, but not for one that waits for a proof."""
    body = bytearray((PROGRESS * PROGRESS_EVENTS).encode())
    assert Opening().says_enough(body) is True
    assert Opening(float("inf")).says_enough(body) is False
