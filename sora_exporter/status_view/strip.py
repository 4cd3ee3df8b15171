"""A probe's last attempts as a strip of small marks, and as a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sora_exporter.plain_words import PlainWords
from sora_exporter.result import ProbeKind, Status
from sora_exporter.state import MARKS_KEPT, Mark, ProbeTrack
from sora_exporter.status_view.wording import count_of, span

STEP, WIDTH, HEIGHT = 5, 4, 16

# (top, height) of the parts of a mark: each status has a shape of its own, so that colour is never needed.
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
class Strip:
    """One probe's strip: SVG path data by status, and the same in words."""

    probe: ProbeKind
    every: str
    paths: Mapping[Status, str]
    in_words: str


def strip(probe: ProbeKind, track: ProbeTrack, words: PlainWords, now: float) -> Strip:
    """Return the marks of a probe, the newest at the right end."""
    marks = list(track.marks)
    return Strip(
        probe=probe,
        every=span(track.interval) if track.interval >= 1 else f"{track.interval:g} s",
        paths=_paths(marks),
        in_words=_sentence(marks, words, now),
    )


def mark_path(status: Status, left: int = 0) -> str:
    """Return one mark of a status as SVG path data."""
    return "".join(f"M{left} {top}h{WIDTH}v{height}h-{WIDTH}z" for top, height in SHAPES[status])


def _paths(marks: Sequence[Mark]) -> Mapping[Status, str]:
    drawn: dict[Status, list[str]] = {}
    first = MARKS_KEPT - len(marks)
    for place, mark in enumerate(marks, first):
        status = mark.error_class.status
        drawn.setdefault(status, []).append(mark_path(status, place * STEP))
    return {status: "".join(parts) for status, parts in drawn.items()}


def _sentence(marks: Sequence[Mark], words: PlainWords, now: float) -> str:
    if not marks:
        return "no attempt yet"
    newest = marks[-1]
    return (
        f"last {count_of(len(marks), 'attempt')} in {span(now - marks[0].at)}: {_counted(marks, words)}; "
        f"newest {span(now - newest.at)} ago: {words.error_classes[newest.error_class].name.lower()}"
    )


def _counted(marks: Iterable[Mark], words: PlainWords) -> str:
    counts = Counter(mark.error_class for mark in marks)
    return ", ".join(f"{count} {words.error_classes[each].name.lower()}" for each, count in counts.most_common())
