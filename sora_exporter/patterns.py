"""Regular expressions from a configuration: RE2's, which take linear time on any text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import re2  # type: ignore[import-untyped]

_SPECIAL = frozenset("\\.+*?()|[]{}^$")


class PatternError(ValueError):
    """A text that is not a regular expression of RE2; the message says why."""


class Pattern:
    """One compiled expression, case-sensitive only on request."""

    def __init__(self, text: str, *, is_case_sensitive: bool = True) -> None:
        """Raise PatternError if RE2 refuses the text, as it does look-ahead, look-behind and back references."""
        options = re2.Options()
        options.case_sensitive, options.log_errors = is_case_sensitive, False
        try:
            self._compiled = re2.compile(text, options)
        except (re2.error, UnicodeEncodeError) as error:
            raise PatternError(_reason(error)) from None

    def is_in(self, text: str) -> bool:
        """Return whether the expression matches anywhere in a text."""
        return self._compiled.search(_sound(text)) is not None

    def all_in(self, text: str) -> Iterator[str]:
        """Yield its matches in a text, from left to right."""
        return (match.group() for match in self._compiled.finditer(_sound(text)))

    def replaced(self, text: str, replacement: Sequence[str | int]) -> str:
        """Return the text with every match replaced by these texts and groups of the match, by their numbers."""
        text = _sound(text)
        pieces, done = [], 0
        for match in self._compiled.finditer(text):
            pieces.append(text[done : match.start()])
            pieces += [part if isinstance(part, str) else match.group(part) for part in replacement]
            done = match.end()
        return "".join([*pieces, text[done:]])


def quoted(text: str) -> str:
    """Return the expression that matches exactly this text."""
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in text)


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(error)


def _sound(text: str) -> str:
    """The text without halves of characters, which have no UTF-8 form."""
    return text.encode("utf-8", "replace").decode("utf-8")
