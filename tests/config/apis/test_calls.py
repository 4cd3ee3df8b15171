"""The calls of an API: their paths, headers, bodies and the words that answers are compared with."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from sora_exporter.config.apis.calls import Call, Catalog, Create, Paths, Words


@pytest.mark.parametrize(
    ("model", "members", "expected"),
    [
        (Create, {"path": "make", "body": {}}, "a path begins with one '/'"),
        (Create, {"path": "//evil.example/x", "body": {}}, "a path begins with one '/'"),
        (Create, {"path": "/a b", "body": {}}, "a path begins with one '/'"),
        (Create, {"path": "/x{status_url}", "body": {}, "encoding": "xml"}, "'json' or 'multipart'"),
        (Create, {"path": "/x", "body": {"a": float("nan")}}, "must be plain JSON"),
        (Call, {"path": "/x", "headers": {"Authorization": "k"}}, "cannot be a header here: keys belong in auth"),
        (Call, {"path": "/x", "headers": {"X A": "k"}}, "cannot be a header here"),
        (Call, {"path": "/x", "headers": {"X-A": " k"}}, "printable ASCII without spaces around it"),
        (Call, {"path": "/x", "answer_mib": 65}, "less than or equal to 64"),
        (Catalog, {"path": "/models"}, "names no {model}"),
        (Catalog, {"path": None, "list": None}, "the catalog is nowhere"),
    ],
)
def test_a_call_that_cannot_be_sent_is_refused(model: type[Call], members: dict[str, Any], expected: str) -> None:
    """A path, header or body that no request could carry is refused when the configuration is read."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(members)
    assert expected in str(caught.value)


def test_blanks_are_in_path_headers_and_body() -> None:
    """Every place of a call may hold placeholders, texts deep in its body too; keys of the body do not count."""
    call = Call.model_validate(
        {"path": "/{+model}/x", "headers": {"X-Team": "a {team}"}, "body": {"{key}": [{"a": "{job_id}"}, 1]}}
    )
    assert call.blanks == {"model", "team", "job_id"}


@pytest.mark.parametrize("path", ["/", "/v1/{job_id}", "{status_url}"])
def test_a_path_is_rooted_or_one_placeholder(path: str) -> None:
    """A path begins at ``base_url``, or is a whole address out of an earlier answer."""
    assert Call(path=path).path == path


def test_one_value_stands_for_a_list_of_it() -> None:
    """A path or word may be written alone; words are lower case, and numbers and booleans are as JSON writes them."""
    assert TypeAdapter(Paths).validate_python("data.id") == ("data.id",)
    assert TypeAdapter(Words).validate_python(0) == ("0",)
    assert TypeAdapter(Words).validate_python([True, "DONE", 3]) == ("true", "done", "3")
