"""Answers that no rule recognised: each is logged once, with its facts."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from sora_exporter.probes import unrecognised
from sora_exporter.probes.unrecognised import UnrecognisedAnswers
from sora_exporter.result import ErrorClass, ProbeKind, ProbeResult

RESULT = ProbeResult(
    "s", ProbeKind.CANARY, ErrorClass.SERVER_ERROR, 0.0, 0.1, "fault", "odd words", http_status=500, recognised=False
)


def test_each_distinct_answer_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """The same words of a provider are logged once, other words and another provider's again; recognised ones never."""
    answers = UnrecognisedAnswers()
    with caplog.at_level(logging.WARNING):
        for provider in ("p", "p", "q"):
            answers.note(provider, RESULT)
        answers.note("p", replace(RESULT, detail="other words"))
        answers.note("p", replace(RESULT, detail="known words", recognised=True))
    logged = [(record.__dict__["provider"], record.__dict__["detail"]) for record in caplog.records]
    assert logged == [("p", "odd words"), ("q", "odd words"), ("p", "other words")]
    assert {record.__dict__["rule"] for record in caplog.records} == {"fault"}


def test_the_memory_is_bounded(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider with a new answer each time does not fill memory or log."""
    monkeypatch.setattr(unrecognised, "MOST_REMEMBERED", 2)
    answers = UnrecognisedAnswers()
    with caplog.at_level(logging.WARNING):
        for number in range(5):
            answers.note("p", replace(RESULT, detail=str(number)))
    assert len(caplog.records) == 2
