"""The meaning of an answer to a create request of the application."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from support.answers import error
from support.watched import config, service

from sora_exporter.classify import classify
from sora_exporter.result import Depth, ErrorClass
from sora_exporter.traffic.calls import Watched
from sora_exporter.traffic.reading import Reading, Received, read_order

E = ErrorClass
SUNSET = date(2026, 9, 24)
BEFORE, AFTER = (datetime(2026, 9, day, tzinfo=UTC).timestamp() for day in (23, 25))


def read(
    status: int | None, body: Any, api: str = "videos", now: float = BEFORE, is_relay: bool = False, **members: Any
) -> Reading | None:  # fmt: skip
    """Return the reading of an answer with this body."""
    settings = config(service(api=api, sunset=SUNSET))
    watched = Watched(settings.services[0], settings.api(settings.services[0]), classify, is_relay)
    text = body if isinstance(body, str) else json.dumps(body)
    media_type = "text/event-stream" if api == "chat" else "application/json"
    return read_order(watched, Received(status, {"content-type": media_type}, text, **members), now)


@pytest.mark.parametrize(
    ("status", "body", "reading"),
    [
        (200, {"id": "video_1", "status": "queued"}, Reading(E.NONE, Depth.ACCEPTED, "video_1")),
        (401, error("Incorrect API key"), Reading(E.AUTHENTICATION, Depth.REACHABLE, "")),
        (
            429,
            error("Rate limit reached", code="rate_limit_exceeded"),
            Reading(E.RATE_LIMITED, Depth.AUTHENTICATED, ""),
        ),
    ],
)
def test_an_answer_has_class_depth_and_job(status: int, body: Any, reading: Reading) -> None:
    """An accepted job is named; a refusal proves no more than a probe's would, and names none."""
    assert read(status, body) == reading


def test_no_answer_is_a_fault_of_the_connection() -> None:
    """Without an answer nothing is proven."""
    found = read(None, "", transport_error="ConnectError: refused")
    assert found is not None
    assert (found.error_class, found.depth) == (E.CONNECTION, None)


def test_after_the_sunset_an_unknown_model_is_retired() -> None:
    """The same refusal means suspended before the end of life and retired after it."""
    missing = error("The model does not exist", code="model_not_found")
    classes = [found and found.error_class for found in (read(404, missing, now=now) for now in (BEFORE, AFTER))]
    assert classes == [E.MODEL_NOT_FOUND, E.MODEL_RETIRED]


@pytest.mark.parametrize(
    ("body", "reading"),
    [
        ("", None),
        ('data: {"choices": [', None),
        ('data: {"choices": [{"delta": {"content": "Progress: 20%"}}]}\n\n', Reading(E.NONE, Depth.AUTHENTICATED, "")),
    ],
)
def test_an_application_that_leaves_early_proves_little(body: str, reading: Reading | None) -> None:
    """An answer that was cut counts only if it reports progress, and then it proves that our key was accepted."""
    found = read(200, body, api="chat", is_whole=False)
    assert found == reading
