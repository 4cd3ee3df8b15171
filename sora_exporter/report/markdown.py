"""The report in Markdown, to paste into a review. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sora_exporter.report.caveats import caveats, window_line
from sora_exporter.report.findings import Findings
from sora_exporter.report.tables import Table, tables
from sora_exporter.report.wording import Wording

SPECIAL = re.compile(r"([\\`*_\[\]|~])")
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def render_markdown(findings: Findings, words: Wording) -> str:
    """Return the report as headings and tables of GitHub's Markdown."""
    lines = [f"# {escape(words.title)}", "", escape(window_line(findings, words)), ""]
    lines += [f"- ⚠️ {escape(caveat)}" for caveat in caveats(findings, words)]
    for table in tables(findings, words):
        lines += ["", f"## {escape(table.title)}", "", *table_lines(table)]
        lines += [line for note in table.notes for line in (f"_{escape(note)}_", "")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip("\n") + "\n"


def escape(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no HTML, no link."""
    return SPECIAL.sub(r"\\\1", text.translate(ENTITIES)).replace("://", "&#58;//").replace("www.", "www&#46;")


def table_lines(table: Table) -> list[str]:
    """Return a table's headings and rows, and an empty line; nothing for a table without rows."""
    if not table.rows:
        return []
    return [
        _row(column.heading for column in table.columns),
        "|" + "|".join(" ---: " if column.is_number else " --- " for column in table.columns) + "|",
        *(_row(cell.text for cell in row) for row in table.rows),
        "",
    ]


def _row(texts: Iterable[str]) -> str:
    return "| " + " | ".join(escape(text) for text in texts) + " |"
