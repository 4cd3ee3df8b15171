"""Filling a vendor's calls: with values from the configuration and from earlier answers."""

from __future__ import annotations

from typing import Any

import pytest

from sora_exporter.config.apis import Api, Call
from sora_exporter.probes.requests import MOST_CHARACTERS, Known, Unfilled, known_to

NOW = 1_800_000_000.5


def known(*answers: object, **values: str) -> Known:
    """Return the values known about a model, and these answers, newest last."""
    return Known({**values, "model": "m/1"}, lambda: NOW, list(answers))


def test_the_newest_answer_counts_first() -> None:
    """A path is looked up in the newest answer that has it; numbers become texts."""
    found = known({"id": "old", "n": 7}, {"id": "new"})
    assert found.values(["id", "n", "gone"]) == {"id": "new", "n": "7"}


def test_a_given_value_goes_before_an_answer() -> None:
    """A provider's own value and the model cannot be replaced by an answer."""
    assert known({"model": "evil", "zone": "evil"}, zone="eu").values(["model", "zone"]) == {
        "model": "m/1", "zone": "eu",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "found"),
    [("x" * MOST_CHARACTERS, True), ("x" * (MOST_CHARACTERS + 1), False), ([1], False), ({}, False), (None, False)],
)
def test_only_short_texts_are_taken_from_an_answer(value: Any, found: bool) -> None:
    """A text beyond the limit, a list or a mapping is not taken into a request."""
    assert ("id" in known({"id": value}).values(["id"])) is found


def test_moments_are_those_of_the_request_and_identifiers_are_new() -> None:
    """Timestamps are whole seconds or milliseconds of now; each identifier is used once."""
    found = known()
    assert found.values(["timestamp", "timestamp_ms"]) == {
        "timestamp": "1800000000", "timestamp_ms": "1800000000500",
    }  # fmt: skip
    assert found.values(["uuid"]) != found.values(["uuid"])


def test_a_job_adds_its_id_and_its_answers() -> None:
    """The values of a job are a copy: those of the attempt stay as they were."""
    found = known({"status_url": "/old"})
    job = found.for_job("j1", {"status_url": "/new"})
    assert job.values(["job_id", "status_url"]) == {"job_id": "j1", "status_url": "/new"}
    assert found.values(["job_id", "status_url"]) == {"status_url": "/old"}


def test_a_call_is_filled_everywhere() -> None:
    """Path, headers of the API and of the call, and the body are filled; the path encodes what it gets."""
    api = Api.model_validate({"create": {"path": "/x", "body": {}}, "headers": {"X-Team": "{team}"}})
    call = Call.model_validate(
        {
            "method": "POST",
            "path": "/{model}/{id}",
            "headers": {"X-Job": "{id}"},
            "body": {"a": ["{id}"]},
            "answer_mib": 2,
        }
    )
    filled = known({"id": 7}, team="ours").call(api, call)
    assert (filled.method, filled.path, filled.limit) == ("POST", "/m%2F1/7", 2 * 1024 * 1024)
    assert (filled.headers, filled.body) == ({"X-Team": "ours", "X-Job": "7"}, {"a": ["7"]})


@pytest.mark.parametrize(
    "call",
    [{"path": "/{zone}"}, {"path": "/x", "headers": {"X-Zone": "{zone}"}}, {"path": "/x", "body": {"a": "{zone}"}}],
)
def test_a_missing_value_is_named(call: dict[str, Any]) -> None:
    """A call that lacks a value in any place is not sent: the error names the first missing one."""
    api = Api.model_validate({"create": {"path": "/x", "body": {}}})
    with pytest.raises(Unfilled, match=r"^no answer has zone, which the next request needs$"):
        known().call(api, Call.model_validate(call))


def test_before_any_answer_only_the_model_and_the_own_values_are_known() -> None:
    """Nothing else can be filled in the first request."""
    assert known_to("m", {"zone": "eu"}, lambda: NOW).values(["model", "zone", "id"]) == {"model": "m", "zone": "eu"}
