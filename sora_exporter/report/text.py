"""The report for a terminal: tables that fit its width, in colour if it takes colour. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from wcwidth import ljust, rjust, width, wrap

from sora_exporter.report.caveats import caveats, window_line
from sora_exporter.report.findings import Findings
from sora_exporter.report.tables import Cell, Column, Table, tables
from sora_exporter.report.terminal import cut
from sora_exporter.report.wording import Wording
from sora_exporter.result import Status

GAP: Final = "  "
ENDLESS: Final = 120
"""Columns of text that is not printed on a terminal."""
LEAST_TEXT: Final = 8
LEAST_FIGURES: Final = 5
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
COLOURS: Final[Mapping[Status, str]] = MappingProxyType(
    {
        Status.OPERATIONAL: "\x1b[32m",
        Status.DEGRADED: "\x1b[33m",
        Status.RISK_CONTROL: "\x1b[35m",
        Status.MAINTENANCE: "\x1b[34m",
        Status.SUSPENDED: "\x1b[31m",
        Status.RETIRED: "\x1b[90m",
        Status.UNKNOWN: "\x1b[36m",
    }
)


def render_text(findings: Findings, words: Wording, columns: int = 0, is_coloured: bool = False) -> str:
    """Return the report for a terminal of so many columns (0: no terminal)."""
    room = columns or ENDLESS
    pen = _Pen(is_coloured)
    lines = [pen.bold(line) for line in wrap(words.title, room)]
    lines += wrap(window_line(findings, words), room)
    lines += [line for caveat in caveats(findings, words) for line in _bullet(caveat, room)]
    for table in tables(findings, words):
        lines += ["", pen.bold(cut(table.title, room)), *_table(table, room, pen)]
        lines += [pen.dim(line) for note in table.notes for line in wrap(note, room)]
    return "".join(f"{line}\n" for line in lines)


class _Pen:
    """Colours text, or leaves it as it is."""

    def __init__(self, is_coloured: bool) -> None:
        self._is_coloured = is_coloured

    def bold(self, text: str) -> str:
        return self._in(BOLD, text)

    def dim(self, text: str) -> str:
        return self._in(DIM, text)

    def toned(self, text: str, tone: Status | None) -> str:
        return text if tone is None else self._in(COLOURS[tone], text)

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{PLAIN}" if self._is_coloured and text.strip() else text


def _bullet(text: str, room: int) -> list[str]:
    first, *rest = wrap(text, room - 2)
    return [f"! {first}", *(f"  {line}" for line in rest)]


def table_lines(table: Table, columns: int = 0) -> list[str]:
    """Return a table's headings and rows as aligned lines without colour, for so many columns (0: no terminal)."""
    return list(_table(table, columns or ENDLESS, _Pen(False)))


def _table(table: Table, room: int, pen: _Pen) -> Iterator[str]:
    if not table.rows:
        return
    headings = [Cell(column.heading) for column in table.columns]
    widths = _widths(table.columns, [headings, *table.rows], room)
    yield pen.dim(_line(headings, table.columns, widths, _Pen(False)))
    for row in table.rows:
        yield _line(row, table.columns, widths, pen)


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], room: int) -> list[int]:
    """Return the width of each column. If they do not fit, the widest shrink first, and columns of figures last."""
    widths = [max(width(row[place].text) for row in rows) for place in range(len(columns))]
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - room
    for least, is_number in ((LEAST_TEXT, False), (LEAST_FIGURES, True)):
        places = [place for place, column in enumerate(columns) if column.is_number is is_number]
        while excess > 0 and (widest := max(places, key=widths.__getitem__, default=None)) is not None:
            if widths[widest] <= least:
                break
            widths[widest] -= 1
            excess -= 1
    return widths


def _line(row: Sequence[Cell], columns: Sequence[Column], widths: Sequence[int], pen: _Pen) -> str:
    cells = []
    for place, (cell, column, room) in enumerate(zip(row, columns, widths, strict=True)):
        text = cut(cell.text, room)
        is_last_text = place == len(row) - 1 and not column.is_number
        padded = text if is_last_text else (rjust if column.is_number else ljust)(text, room)
        cells.append(pen.toned(padded, cell.tone))
    return GAP.join(cells).rstrip()
