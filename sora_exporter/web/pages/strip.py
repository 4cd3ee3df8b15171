"""A probe's last attempts as a strip of small marks, and as a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

from sora_exporter.evidence.marks import MARKS_KEPT, Mark
from sora_exporter.evidence.state import ProbeTrack
from sora_exporter.figures import moment
from sora_exporter.result import ErrorClass, ProbeKind, Status
from sora_exporter.web.wording import Wording

STEP, WIDTH, HEIGHT = 5, 4, 16

# (top, height) of the parts of a mark: each status has its own shape, so that colour is never needed.
SHAPES: Mapping[Status, Sequence[tuple[int, int]]] = MappingProxyType(
    {
        Status.OPERATIONAL: ((9, 7),),
        Status.DEGRADED: ((4, 12),),
        Status.RISK_CONTROL: ((0, 7), (9, 7)),
        Status.MAINTENANCE: ((0, 4), (6, 4), (12, 4)),
        Status.SUSPENDED: ((0, 16),),
        Status.RETIRED: ((0, 3), (13, 3)),
        Status.UNKNOWN: ((12, 4),),
    }
)


@dataclass(frozen=True, slots=True)
class DrawnMarks:
    """One mark, or successes in a row: SVG path data, and a text with times and classes."""

    status: Status
    path: str
    title: str


@dataclass(frozen=True, slots=True)
class Strip:
    """One probe's strip, drawn and in words. ``every`` is its interval, ``covers`` the age of its first mark."""

    probe: ProbeKind
    every: str
    covers: str
    drawn: Sequence[DrawnMarks]
    in_words: str


def strip(probe: ProbeKind, track: ProbeTrack, words: Wording, now: float) -> Strip:
    """Return the marks of a probe, the newest at the right end."""
    marks = list(track.marks)
    return Strip(
        probe=probe,
        every=words("every", span=_interval(track.interval, words)),
        covers=words("covers", span=words.plain.span(now - marks[0].at)) if marks else "",
        drawn=_drawn(marks, words),
        in_words=_sentence(marks, words, now),
    )


def _interval(seconds: float, words: Wording) -> str:
    return words.plain.span(seconds) if seconds >= 1 else words.seconds(seconds)


def mark_path(status: Status, left: int = 0) -> str:
    """Return one mark of a status as SVG path data."""
    return "".join(f"M{left} {top}h{WIDTH}v{height}h-{WIDTH}z" for top, height in SHAPES[status])


def _drawn(marks: Sequence[Mark], words: Wording) -> list[DrawnMarks]:
    """Draw each fault alone, with its time, and consecutive successes of one class together."""
    placed = enumerate(marks, MARKS_KEPT - len(marks))
    rows = groupby(placed, key=lambda each: (each[1].error_class, None if each[1].is_success else each[0]))
    return [_row([*row], error_class, words) for (error_class, _), row in rows]


def _row(placed: Sequence[tuple[int, Mark]], error_class: ErrorClass, words: Wording) -> DrawnMarks:
    status, (_, first), (_, last) = error_class.status, placed[0], placed[-1]
    path = "".join(mark_path(status, place * STEP) for place, _ in placed)
    name, began, ended = words.plain.error_classes[error_class].name, _exact(first.at, words), _exact(last.at, words)
    if len(placed) == 1:
        return DrawnMarks(status, path, words("mark", name=name, at=began))
    return DrawnMarks(status, path, words("marks_of_row", name=name, count=len(placed), first=began, last=ended))


def _exact(at: float, words: Wording) -> str:
    seen = moment(at)
    return seen.exact if seen else words("unknown_time")


def _sentence(marks: Sequence[Mark], words: Wording, now: float) -> str:
    if not marks:
        return words("no_attempt")
    newest = marks[-1]
    return words(
        "marks",
        span=words.plain.span(now - marks[0].at),
        first=_exact(marks[0].at, words),
        last=_exact(newest.at, words),
        counted=_counted(marks, words),
        age=words.ago(now - newest.at),
        newest=words.plain.error_classes[newest.error_class].name.lower(),
    )


def _counted(marks: Iterable[Mark], words: Wording) -> str:
    counts = Counter(mark.error_class for mark in marks)
    names = ((words.plain.error_classes[each].name.lower(), count) for each, count in counts.most_common())
    return words("separator").join(words("counted", count=count, name=name) for name, count in names)
