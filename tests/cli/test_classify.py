"""Recorded answers as JSON lines: what is read, what is printed, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sora_exporter.cli.classify import LineError, classify_lines
from sora_exporter.result import ErrorClass, Status

CORPUS = Path(__file__).parents[1] / "classify" / "corpus" / "answers.jsonl"


def test_each_answer_gets_its_line() -> None:
    """Every line of the corpus yields id, error class, status and rule, in order, and nothing else."""
    lines = CORPUS.read_text("utf-8").splitlines()
    verdicts = [json.loads(line) for line in classify_lines(lines)]
    assert [one["id"] for one in verdicts] == [json.loads(line)["id"] for line in lines]
    assert {tuple(one) for one in verdicts} == {("id", "error_class", "status", "rule")}
    assert all(ErrorClass(one["error_class"]).status == Status(one["status"]) and one["rule"] for one in verdicts)


def test_a_lost_connection_is_judged_by_its_text() -> None:
    """With http_status null the exception's text decides."""
    (line,) = classify_lines(['{"id": "x", "http_status": null, "transport_error": "Connection refused"}'])
    assert json.loads(line)["error_class"] == "connection"


def test_blank_lines_are_passed_over_but_counted() -> None:
    """An empty line is no answer and no mistake; line numbers stay those of the file."""
    with pytest.raises(LineError, match=r"^line 4: "):
        list(classify_lines(["\n", '{"id": 1, "http_status": 500}\n', "  \n", "x\n"]))


def test_what_cannot_be_encoded_is_escaped() -> None:
    """Half a surrogate pair in an id comes back as it was written, in plain ASCII."""
    (line,) = classify_lines(['{"id": "\\ud83d", "http_status": 200, "body": "\\ud83d"}'])
    assert line.isascii()
    assert json.loads(line)["id"] == "\ud83d"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "not JSON: write one object per line"),
        ("[" * 100_000, "not JSON: write one object per line"),
        ("9" * 10_000, "not JSON: write one object per line"),
        ("[]", "not a JSON object: write {"),
        ('"text"', "not a JSON object: write {"),
        ("{}", "neither http_status nor transport_error"),
        ('{"http_status": null, "transport_error": ""}', "neither http_status nor transport_error"),
        ('{"http_status": "200"}', "http_status must be a number or null, not a text"),
        ('{"http_status": true}', "http_status must be a number or null, not true or false"),
        ('{"http_status": 200.5}', "http_status must be a number or null, not a fraction"),
        ('{"http_status": 200, "body": {}}', "body must be a text or null, not an object"),
        ('{"http_status": 200, "headers": []}', "headers must be an object or null, not a list"),
        ('{"http_status": 200, "access": 1}', "access must be a text or null, not a number"),
    ],
)
def test_a_line_that_is_no_recorded_answer_is_named(line: str, words: str) -> None:
    """The message about a wrong line has its number and the expected content."""
    with pytest.raises(LineError) as error:
        list(classify_lines([line]))
    assert str(error.value).startswith(f"line 1: {words}")
    assert "\n" not in str(error.value)
