"""JSON of strangers, within bounds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sora_exporter.documents import MOST_VALUES, at, decoded, first, shipped


def test_a_long_list_of_models_is_read() -> None:
    """A mebibyte of ordinary entries, as relays with all the world's models have them, is a document like any other."""
    entry = {"id": "maker/model-3.1", "object": "model", "owned_by": "maker", "pricing": {"prompt": "1"}, "tags": ["a"]}
    text = json.dumps({"data": [entry] * 9500})
    assert len(text) > 2**20 * 0.9
    assert len(decoded(text)["data"]) == 9500


@pytest.mark.parametrize(
    "text", ["[" + "{}," * MOST_VALUES + "{}]", "[" * 100_000, '{"a":', "", "no JSON", '{"a":1} and more']
)
def test_other_texts_than_documents_are_none(text: str) -> None:
    """Too many values, too deep, cut, empty, other text, or text behind it gives None and no error."""
    assert decoded(text) is None


def test_a_decoder_reads_the_beginning_of_a_text() -> None:
    """With a decoder the rest of the text does not matter."""
    assert decoded('{"a":1} and more', json.JSONDecoder()) == {"a": 1}


DOCUMENT = {"data": [{"url": "", "id": 0}, {"url": "b"}], "empty": None}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("data.1.url", "b"),
        ("data.0.id", 0),
        ("data.2.url", None),
        ("data.x", None),
        ("data.²", None),
        ("empty.a", None),
    ],
)
def test_a_dotted_path_finds_a_value_or_none(path: str, found: object) -> None:
    """Names and numbers lead into mappings and lists; a step that leads nowhere finds nothing."""
    assert at(DOCUMENT, path) == found


@pytest.mark.parametrize(
    ("paths", "found"), [(("empty", "data.0.url", "data.1.url"), "b"), (("data.0.id", "data.1.url"), 0), ((), None)]
)
def test_the_first_path_with_a_value_counts(paths: tuple[str, ...], found: object) -> None:
    """Null and empty text are passed over, zero is a value."""
    assert first(DOCUMENT, paths) == found


def test_our_own_files_are_read_as_they_are_written(tmp_path: Path) -> None:
    """The quick loader understands the YAML of our files: anchors, texts over several lines, Chinese, numbers, null."""
    text = 'a: &kept [1, 2.5, "暂停", null]\nb: *kept\nc: >-\n  two\n  lines\n'
    path = tmp_path / "own.yml"
    path.write_text(text, "utf-8")
    assert shipped(path) == {"a": (kept := [1, 2.5, "暂停", None]), "b": kept, "c": "two lines"}


@pytest.mark.parametrize(
    ("document", "paths", "found"),
    [
        ({"a": {"b": [{"c": 1}]}}, ("a.b.0.c",), 1),
        ({"a": None, "b": "", "c": 0}, ("a", "b", "c"), 0),
        ({"a": [1]}, ("a.1", "a.-1", "a.x", "a.0.b"), None),
        ([{"id": "x"}], ("0.id",), "x"),
        ("text", ("a",), None),
        (None, ("a",), None),
        ({"a": False}, ("a",), False),
        ({"a": 1}, (), None),
    ],
)
def test_the_first_path_that_finds_something_wins(document: object, paths: tuple[str, ...], found: object) -> None:
    """Null, empty text and absence are passed over; nought and false are findings."""
    assert first(document, paths) == found


def test_a_member_of_a_list_is_chosen_by_a_value() -> None:
    """The place of a member in a list need not be fixed."""
    steps = [{"type": "thought"}, {"type": "model_output", "content": [{"type": "video", "uri": "https://x/v"}]}]
    path = "steps.[type=model_output].content.[type=video].uri"
    assert first({"steps": steps}, (path,)) == "https://x/v"
