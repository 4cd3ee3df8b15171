"""Text in columns of a terminal, where Chinese characters take two."""

from __future__ import annotations

from unicodedata import category, combining, east_asian_width


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
    """Return lines of at most so many columns, broken at spaces; between Chinese characters where there are none."""
    lines, line = [], ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if width(joined) <= columns:
            line = joined
            continue
        if line:
            lines.append(line)
        while width(word) > columns:
            head = word
            while width(head) > columns:
                head = head[:-1]
            lines.append(head)
            word = word[len(head) :]
        line = word
    return [*lines, line] if line else lines
