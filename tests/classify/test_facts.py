"""The facts in a body: its messages, codes, events and nested answers."""

from __future__ import annotations

import json

import pytest
from support.answers import answer

from sora_exporter.classify import classify
from sora_exporter.classify.facts import facts_of
from sora_exporter.result import Expectation


@pytest.mark.parametrize("place", [0, 4999, 2500])
def test_a_long_stream_is_read_at_both_ends(place: int) -> None:
    """A fault in the first or the last of thousands of events is found, one in the middle only costs nothing."""
    events = ['data: {"choices":[{"delta":{"content":"x"}}]}'] * 5000
    events[place] = 'data: {"error":{"message":"unusual activity"}}'
    verdict = classify(answer(200, "\n\n".join(events), "chat"))
    assert verdict.error_class == ("none" if place == 2500 else "risk_control")


def progress(*texts: str) -> str:
    events = [{"choices": [{"delta": {"content": None, "reasoning_content": text}}]} for text in texts]
    return "\n\n".join(f"data: {json.dumps(event)}" for event in events)


def test_a_notice_of_a_failed_try_in_progress_is_an_answer() -> None:
    """Progress that only reports failed tries is judged by the last of them; a video after them is a success."""
    tries = progress("Starting\n", "Failed, retrying (1/3): ", "No available tokens\n", "waiting\n")
    assert classify(answer(200, tries, "chat")).error_class == "unavailable"
    event = {"choices": [{"delta": {"content": "https://x/v.mp4"}}]}
    assert classify(answer(200, f"{tries}\n\ndata: {json.dumps(event)}", "chat")).error_class == "none"
    assert classify(answer(200, progress("Starting\n", "50 %\n"), "chat")).error_class == "invalid_response"


def test_nested_text_is_opened_three_levels_deep() -> None:
    """JSON in a message in JSON is read, and a fourth level stays text."""
    body: dict[str, object] = {"error": {"message": "the core"}}
    for _ in range(3):
        body = {"error": {"message": json.dumps(body)}}
    assert facts_of(answer(500, body)).messages == ("the core",)


@pytest.mark.parametrize("names", [("type", "code", "message"), ("message", "type", "code")])
def test_the_readable_message_wins_over_a_bare_code(names: tuple[str, ...]) -> None:
    """The order of the members of an error object does not decide which of its words a person reads."""
    said = {"type": "upstream_error", "code": "E_UPSTREAM", "message": "Upstream service temporarily unavailable"}
    refusal = answer(503, {"error": {name: said[name] for name in names}}, expectation=Expectation(error=("error",)))
    assert classify(refusal).message == said["message"]


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ({"ok": False, "reason": "No credits left"}, ("No credits left",)),
        ({"ok": False, "reason": "余额不足"}, ("余额不足",)),
        ({"ok": False, "reason": "quota_exceeded"}, ()),
        ({"raw_message": "the pool sleeps", "failReason": "tired"}, ("the pool sleeps", "tired")),
        ({"prompt": "the message of a caller", "msg": "no"}, ("no",)),
    ],
)
def test_messages_are_found_by_their_place_and_form(body: object, messages: tuple[str, ...]) -> None:
    """A sentence at the place of a code is a message, a name that ends in message holds one, a prompt does not."""
    assert facts_of(answer(500, body)).messages == messages
