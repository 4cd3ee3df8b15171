"""Filling placeholders: unknown ones stay, and no value leaves its segment of a path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_exporter.config.apis import fill, fill_path


def test_a_filled_in_value_is_not_filled_again() -> None:
    """A model or prompt that looks like a placeholder stays unchanged, and so do unknown placeholders."""
    values = {"model": "{prompt}", "prompt": "{model}"}
    template = {"{model}": ["{model}", {"a": "{prompt}-{other}"}, 5, None]}
    assert fill(template, values) == {"{model}": ["{prompt}", {"a": "{model}-{other}"}, 5, None]}


@given(st.text(min_size=1, max_size=60))
def test_no_job_id_escapes_its_segment(job_id: str) -> None:
    """With any id that a provider makes up, the request goes to that route and no other."""
    path = fill_path("/videos/{job_id}/content", {"job_id": job_id})
    segment = path.removeprefix("/videos/").removesuffix("/content")
    assert not set(segment) & set("/?#\\ %") - {"%"}
    assert segment not in ("", ".", "..")
    assert segment.isascii()
    assert segment.isprintable()


@pytest.mark.parametrize(
    ("job_id", "path"),
    [
        ("../../x", "/jobs/..%2F..%2Fx"),
        ("..", "/jobs/%2E%2E"),
        (".", "/jobs/%2E"),
        ("a?b#c", "/jobs/a%3Fb%23c"),
        ("task:1@x", "/jobs/task:1@x"),
        ("任务", "/jobs/%E4%BB%BB%E5%8A%A1"),
        ("{job_id}", "/jobs/%7Bjob_id%7D"),
    ],
)
def test_hostile_ids_are_percent_encoded(job_id: str, path: str) -> None:
    """Slashes, dot segments, queries and foreign letters become part of one segment."""
    assert fill_path("/jobs/{job_id}", {"job_id": job_id}) == path


def test_a_name_with_slashes_keeps_them_and_no_dot_segment_passes() -> None:
    """``{+name}`` keeps slashes, encodes queries and dot segments; a path of one placeholder is a whole address."""
    assert fill_path("/{+model}:run", {"model": "fal-ai/ltx"}) == "/fal-ai/ltx:run"
    assert fill_path("/{+model}", {"model": "a/../b?c"}) == "/a/%2E%2E/b%3Fc"
    assert fill_path("{status_url}", {"status_url": "https://x/a?b=1"}) == "https://x/a?b=1"
