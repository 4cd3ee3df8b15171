"""The choice between the short and the full form of a proof by repetition."""

from __future__ import annotations

from typing import Protocol, TypeVar

T = TypeVar("T")


class Choice(Protocol):
    """Returns its first argument in every run of the tests, and its second one with ``--long``."""

    def __call__(self, short: T, full: T, /) -> T:
        """Choose one of the two."""
        ...
