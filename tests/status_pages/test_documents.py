"""Tolerant reading of foreign JSON: a value of the wrong type counts as missing, never as an error."""

from __future__ import annotations

import pytest

from sora_exporter.status_pages.documents import (
    MAX_COMMAS,
    TEXT_CHARACTERS,
    first_timestamp,
    link,
    parse,
    record,
    records,
    rows_of,
    text,
    timestamp,
    translate,
    word,
)
from sora_exporter.status_pages.facts import PageError


def test_a_sloppy_document_is_read() -> None:
    """A byte order mark, raw control characters and invalid UTF-8 are tolerated, and numbers stay text."""
    assert parse(b'\xef\xbb\xbf{"a": "x\ty\xff", "n": 1.50}') == {"a": "x\ty\N{REPLACEMENT CHARACTER}", "n": "1.50"}


def test_unwanted_members_are_dropped_while_parsing() -> None:
    """Only the members to keep survive, at every depth."""
    assert parse(b'{"a": {"b": 1, "c": 2}, "c": 3}', keep={"a", "b"}) == {"a": {"b": "1"}}


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a"', b"[" * 200_000, b"," * (MAX_COMMAS + 1)])
def test_other_bodies_are_a_page_error(body: bytes) -> None:
    """Nothing, HTML, cut, endlessly nested and huge documents are one PageError."""
    with pytest.raises(PageError):
        parse(body)


@pytest.mark.parametrize(
    ("value", "found"),
    [([{"a": 1}, 2], [{"a": 1}]), ([], []), ([1, 2], None), ({}, None), (None, None)],
)
def test_an_empty_list_is_a_measurement(value: object, found: object) -> None:
    """An empty array means none; another value, or an array without any object, is not a measurement."""
    assert records(value) == found
    assert record(value) == (value if isinstance(value, dict) else {})


def test_text_is_one_printable_line() -> None:
    """Control characters and line breaks become spaces, and long texts are cut."""
    assert text(" a\n\tb\x1b[31m ") == "a b [31m"
    assert (len(text("x" * 5000)), text(None), text(7)) == (TEXT_CHARACTERS, "", "")


def test_words_are_compared_in_one_spelling() -> None:
    """Case, blanks and hyphens do not matter, and an unknown word has no value."""
    assert word("Major  Outage") == word("major-outage") == "major_outage"
    assert (translate("Major Outage", {"major_outage": 4}), translate("weird", {}), translate(None, {})) == (
        4,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("1970-01-02T00:00:00Z", 86400.0),
        ("1970-01-01T02:00:00+02:00", 0.0),
        ("1970-01-02", 86400.0),
        ("yesterday", None),
        (86400, None),
        ("9" * 100, None),
    ],
)
def test_a_time_without_a_zone_is_utc(value: object, moment: float | None) -> None:
    """ISO 8601 is read with any zone; other values have no time."""
    assert timestamp(value) == moment
    assert first_timestamp({"a": None, "b": value}, ("a", "b")) == moment


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("https://status.example/i/1", "https://status.example/i/1"),
        (" http://status.example ", "http://status.example"),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ('https://status.example/"onclick="x', ""),
        (None, ""),
    ],
)
def test_only_web_addresses_are_links(value: object, address: str) -> None:
    """An address of another scheme, without a host or with quotes is not a link."""
    assert link(value) == address


@pytest.mark.parametrize(
    ("root", "rows"), [([{"a": 1}], [{"a": 1}]), ({"rows": [{"a": 1}]}, [{"a": 1}]), ({"rows": {}}, None), ("x", None)]
)
def test_rows_come_bare_or_in_a_member(root: object, rows: object) -> None:
    """A document is an array of rows, or has them as a member; another document has none."""
    assert rows_of(root, "rows") == rows
