"""Text in columns of a terminal, measured in cells: a Chinese character takes two."""

from __future__ import annotations

from wcwidth import clip, width


def cut(text: str, columns: int) -> str:
    """Return the text, shortened with an ellipsis if it is wider than so many columns."""
    return text if width(text) <= columns else f"{clip(text, 0, max(columns - 1, 0)).rstrip()}…"
