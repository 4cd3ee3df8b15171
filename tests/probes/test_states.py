"""The state of a job in an answer."""

from __future__ import annotations

from typing import Any

import pytest

from sora_exporter.config.apis import Job
from sora_exporter.config.apis.spec import State
from sora_exporter.probes.states import WORD_CHARACTERS, state_and_word, state_in

JOB = Job.model_validate({"id": "id", "status": "state", "done": ["paused"], "poll": {"path": "/jobs/{job_id}"}})


@pytest.mark.parametrize(
    ("document", "state", "word"),
    [
        ({"state": "paused"}, "done", ""),
        ({"state": "Processing"}, "running", ""),
        ({"state": "succeeded"}, "done", ""),
        ({"state": "expired"}, "failed", ""),
        ({"state": "failed"}, "failed", ""),
        ({"state": "Hatching"}, None, "hatching"),
        ({"state": "x" * 200}, None, "x" * WORD_CHARACTERS),
        ({"state": ""}, None, ""),
        ({}, None, ""),
        (None, None, ""),
    ],
)
def test_the_apis_own_words_go_before_the_families(document: Any, state: State | None, word: str) -> None:
    """A configured word has its meaning, another known one its family's; an unknown one is returned, cut."""
    assert state_and_word(JOB, document, 200) == (state, word)
    assert state_in(JOB, document, 200) == state


@pytest.mark.parametrize("status", [None, 302, 404, 500])
def test_a_refusal_has_no_state(status: int | None) -> None:
    """The words of an answer without success say nothing about the job."""
    assert state_and_word(JOB, {"state": "succeeded"}, status) == (None, "")
