"""The strip of a probe's attempts: one small mark each, of which the failures are kept longest."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from sora_exporter.result import SUCCESSES, ErrorClass

MARKS_KEPT, NEWEST_MARKS = 40, 20
"""How many marks are kept, and how many of the newest always; among older ones, failures outlive successes."""

CLASSES = tuple(ErrorClass)
PLACES = {error_class: place for place, error_class in enumerate(CLASSES)}


@dataclass(frozen=True, slots=True)
class Mark:
    """One attempt as a small mark in a strip: its time (Unix) and its error class."""

    at: float
    error_class: ErrorClass

    @property
    def is_success(self) -> bool:
        """True if the attempt succeeded."""
        return self.error_class in SUCCESSES


class Marks:
    """The marks of one probe, oldest first, in nine bytes each: a thousand services have eighty thousand of them."""

    __slots__ = ("_classes", "_times")

    def __init__(self) -> None:
        self._times, self._classes = array("d"), bytearray()

    def __len__(self) -> int:
        return len(self._times)

    def __iter__(self) -> Iterator[Mark]:
        return (Mark(at, CLASSES[place]) for at, place in zip(self._times, self._classes, strict=True))

    def add(self, at: float, error_class: ErrorClass) -> None:
        """Append a mark; beyond MARKS_KEPT, drop the oldest success that is not among the newest."""
        self._times.append(at)
        self._classes.append(PLACES[error_class])
        if len(self) > MARKS_KEPT:
            older = self._classes[: MARKS_KEPT + 1 - NEWEST_MARKS]
            dropped = next((place for place, old in enumerate(older) if CLASSES[old] in SUCCESSES), 0)
            del self._times[dropped], self._classes[dropped]

    def restate(self, at: float, error_class: ErrorClass) -> None:
        """Give the newest mark, if it is of this time (Unix), another class."""
        if self._times and self._times[-1] == at:
            self._classes[-1] = PLACES[error_class]
