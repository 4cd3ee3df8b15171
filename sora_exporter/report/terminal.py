"""Text in columns of a terminal, where Chinese characters take two."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import category, combining, east_asian_width

_PIECES = re.compile("(?:[\u4e00-\u9fff]|[^\\s\u4e00-\u9fff]+)[\u3001-\u303f\uff00-\uff65]*\\s*")
"""A word or a Chinese character, with the punctuation that may not begin a line."""


def plain(text: str) -> str:
    """Return text on one line, without anything that would move a cursor, turn the text around or fail to encode."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def width(text: str) -> int:
    """Return how many columns the text takes."""
    return sum(
        0 if combining(letter) or category(letter) == "Cf" else 2 if east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def cut(text: str, columns: int) -> str:
    """Return the text, shortened with an ellipsis where it is wider than so many columns."""
    if width(text) <= columns:
        return text
    while text and width(text) > columns - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def pad(text: str, columns: int, is_right: bool = False) -> str:
    """Return the text filled up with spaces to so many columns, on its left where ``is_right``."""
    space = " " * (columns - width(text))
    return space + text if is_right else text + space


def wrap(text: str, columns: int) -> list[str]:
    """Return lines of at most so many columns, broken at spaces and between Chinese characters."""
    lines, line = [], ""
    for piece in (part for word in _PIECES.findall(text) for part in _parts(word, columns)):
        if line and width(line) + width(piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def _parts(piece: str, columns: int) -> Iterator[str]:
    """Yield what is too long for a line in parts that fit."""
    while width(piece.rstrip()) > columns:
        fitting = len(piece)
        while fitting > 1 and width(piece[:fitting]) > columns:
            fitting -= 1
        yield piece[:fitting]
        piece = piece[fitting:]
    yield piece
