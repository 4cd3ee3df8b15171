"""The report for a terminal: it fits its width, stays aligned, and has colour only on request."""

from __future__ import annotations

import re

import pytest
from support.recorded import Find, Recorded
from wcwidth import width, wrap

from sora_exporter.cli.report import render
from sora_exporter.report.tables import Cell, Column, Table
from sora_exporter.report.text import table_lines
from sora_exporter.report.wording import wording
from sora_exporter.words import languages


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("columns", [80, 120])
def test_text_fits_the_terminal(found: Find, language: str, columns: int) -> None:
    """No line is wider than the terminal, and no figure is cut at 80 columns."""
    text = render(found(), language, "text", columns=columns)
    assert max(map(width, text.splitlines())) <= columns
    assert "…" not in text
    assert "\x1b" not in text


@pytest.mark.parametrize("language", languages())
def test_columns_stay_aligned(found: Find, language: str) -> None:
    """Every row of the stability table ends in the same column, Chinese names or not."""
    words = wording(language)
    lines = render(found(), language, "text", columns=120).splitlines()
    first = lines.index(words.heading("stability")) + 1
    assert len({width(line) for line in lines[first : first + 4]}) == 1


def test_a_narrow_terminal_cuts_text_before_figures(found: Find) -> None:
    """At 72 columns names give way and availability stays whole."""
    text = render(found(), "en", "text", columns=72)
    assert max(map(width, text.splitlines())) <= 72
    assert "99.99 %" in text


def test_colour_is_used_only_on_request(found: Find) -> None:
    """Without its colours the coloured text is the plain one."""
    coloured = render(found(), "en", "text", columns=100, is_coloured=True)
    assert "\x1b[35mRisk control" in coloured
    assert re.sub(r"\x1b\[\d*m", "", coloured) == render(found(), "en", "text", columns=100)


@pytest.mark.parametrize("columns", [1, 5, 20, 33])
def test_wrapping_loses_nothing(columns: int) -> None:
    """Lines are as narrow as asked, hold every letter, and break between Chinese characters too."""
    text = "可用率：在观测到的分钟里，a-very-long-word-indeed of 30 days."
    lines = wrap(text, max(columns, 2))
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert max(map(width, lines)) <= max(columns, 4)


def test_a_hostile_name_cannot_move_the_cursor(recorded: Recorded, found: Find) -> None:
    """A name with control characters leaves none of them on the terminal."""
    recorded.give_hostile_names()
    text = render(found(), "en", "text")
    assert text.replace("\n", "").isprintable()


def table(text: str = "a long name of a service", figure: str = "1,234.5") -> Table:
    """Return a table of one row: a text and a figure."""
    columns = [Column("Name"), Column("Price", is_number=True)]
    return Table("price", "Prices", columns, [[Cell(text), Cell(figure)]])


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        (0, "a long name of a service  1,234.5"),
        (33, "a long name of a service  1,234.5"),
        (23, "a long name o…  1,234.5"),
        (15, "a long…   1,23…"),
        (4, "a long…   1,23…"),
    ],
)
def test_texts_shrink_before_figures(columns: int, row: str) -> None:
    """The text gives way down to its least width, then the figure; below both the line stays as wide as they are."""
    assert table_lines(table(), columns)[1] == row


def test_chinese_characters_take_two_columns() -> None:
    """A figure stands in the same column behind a Chinese name and behind a Latin one."""
    lines = [table_lines(table(name), 40)[1] for name in ("中文", "abcd")]
    assert [width(line) for line in lines] == [width(lines[0])] * 2


def test_a_table_without_rows_has_no_lines() -> None:
    """Headings without rows are left out."""
    assert table_lines(Table("price", "Prices", [Column("Name")], [])) == []
