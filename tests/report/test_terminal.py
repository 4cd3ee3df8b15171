"""Text in columns of a terminal."""

from __future__ import annotations

import pytest

from sora_exporter.report.terminal import cut


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("ab cd", 4, "ab…"),
        ("中文", 4, "中文"),
        ("中文", 3, "中…"),
        ("中文字", 4, "中…"),
        ("abc", 1, "…"),
        ("", 0, ""),
    ],
)
def test_a_text_is_cut_to_its_columns(text: str, columns: int, shown: str) -> None:
    """A text that is too wide ends in an ellipsis, a wide character is never halved, and no space stands before it."""
    assert cut(text, columns) == shown
