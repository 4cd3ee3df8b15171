"""The report in Markdown."""

from __future__ import annotations

import pytest
from support.recorded import Find, Recorded

from sora_exporter.cli.report import render
from sora_exporter.report.markdown import escape, table_lines
from sora_exporter.report.tables import Cell, Column, Table


def test_markdown_is_tables_that_can_be_pasted(found: Find) -> None:
    """The Markdown has a heading and a complete table for each part."""
    markdown = render(found(), "en", "markdown")
    assert "| Alpha 官转 | ★★★★★ | 99.99 % | 100.0 % | 2.50 s | 0 | 0.0 | 0.0 |\n" in markdown
    assert "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n" in markdown
    assert markdown.count("\n## ") == 7
    assert "\n\n\n" not in markdown


def test_a_hostile_name_is_text(recorded: Recorded, found: Find) -> None:
    """A name made of markup and links is escaped: it adds no element, no link and no cell."""
    recorded.give_hostile_names()
    markdown = render(found(), "en", "markdown")
    assert "\\|&lt;script&gt;" in markdown
    assert "\\[a\\](http&#58;//evil.example)" in markdown
    assert "\x1b" not in markdown
    section = markdown.partition("## Stability\n")[2].partition("\n## ")[0].splitlines()
    assert len({line.replace("\\|", "").count("|") for line in section if "|" in line}) == 1


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b*c", "a\\_b\\*c"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("http://x www.x", "http&#58;//x www&#46;x"),
        ("a|b\\`[]~", "a\\|b\\\\\\`\\[\\]\\~"),
    ],
)
def test_text_is_escaped(text: str, escaped: str) -> None:
    """Markup, HTML and addresses are shown as they are written."""
    assert escape(text) == escaped


def test_a_table_without_rows_has_no_lines() -> None:
    """Headings without rows are left out; columns of figures are on the right."""
    columns = [Column("Name"), Column("Price", is_number=True)]
    assert table_lines(Table("price", "Prices", columns, [])) == []
    assert table_lines(Table("price", "Prices", columns, [[Cell("a"), Cell("1")]])) == [
        "| Name | Price |",
        "| --- | ---: |",
        "| a | 1 |",
        "",
    ]
