"""The classifier judges any answer: no exception, always a member of the closed set."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_exporter.classify import classify
from sora_exporter.result import Answer, ErrorClass, Expectation

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "error",
                    "code",
                    "message",
                    "data",
                    "status",
                    "choices",
                    "detail",
                    "id",
                    "base_resp",
                    "status_code",
                    "type",
                ]
            )
            | st.text(max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
BODIES = (
    st.binary(max_size=400).map(lambda raw: raw.decode("utf-8", errors="replace"))
    | JSON.map(json.dumps)
    | JSON.map(lambda value: json.dumps({"error": {"message": json.dumps(value)}}))
    | st.lists(JSON.map(lambda value: f"data: {json.dumps(value)}"), max_size=4).map("\n\n".join)
    | st.text(max_size=100).map(lambda text: f"<html><title>{text}")
)
PATHS = st.lists(st.text(max_size=12), max_size=2).map(tuple)


@given(
    answer=st.builds(
        Answer,
        endpoint=st.sampled_from(["videos", "chat", "images", "models", "video_job"]) | st.text(max_size=5),
        access=st.sampled_from(["official", "relay", "reverse"]),
        http_status=st.none() | st.integers(),
        headers=st.dictionaries(st.sampled_from(["cf-mitigated", "content-type"]) | st.text(), st.text(), max_size=3),
        body=BODIES,
        transport_error=st.none() | st.text(),
        expectation=st.none() | st.builds(Expectation, present=PATHS, error=PATHS, status=PATHS, failed_words=PATHS),
    )
)
def test_any_answer_gets_a_class(answer: Answer) -> None:
    """Any status, headers and body give a verdict of the closed set with a short message."""
    verdict = classify(answer)
    assert verdict.error_class in ErrorClass
    assert verdict.rule
    assert len(verdict.message) <= 200


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"error":' * 100_000,
        '{"error":' * 100_000 + "1" + "}" * 100_000,
        json.dumps({"error": {"message": "{" * 1_000_000}}),
        '{"code": NaN, "error": {"code": Infinity}}',
        '{"code": 1' + "0" * 400 + ', "status": 1e400}',
        '{"code": 1' + "0" * 5000 + "}",
        '{"error": {"message": "x", "code": {"a": []}}}',
        '{"message": "\\ud800"}',
        '{"code": ' + "[" * 900 + "]" * 900 + "}",
        '{"name": ' + "[" * 900 + "]" * 900 + "}",
        '{"base_resp": {"status_code": ' + "[" * 900 + "]" * 900 + "}}",
        '{"choices": [{"message": {"content": [{"text": ' + "[" * 900 + "]" * 900 + "}]}}]}",
        "\x00" * 1_000_000,
        "<" * 1_000_000,
        "data:" * 200_000,
        '"' * 3,
    ],
    ids=range(17),
)
def test_hostile_bodies_get_a_class(body: str) -> None:
    """Deep, long, broken and odd bodies are judged like any other, with 200 and with 500."""
    for status in (200, 500):
        assert classify(Answer(http_status=status, body=body)).error_class in ErrorClass
