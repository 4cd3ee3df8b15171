"""The strip of a probe: which marks stay, and how they are kept."""

from __future__ import annotations

from sora_exporter.evidence.marks import MARKS_KEPT, NEWEST_MARKS, Mark, Marks
from sora_exporter.result import ErrorClass

NOW = 1_769_558_400.0


def test_marks_of_failures_outlive_those_of_successes() -> None:
    """Of a full strip the oldest success goes first; the newest marks always stay, and order is kept."""
    marks = Marks()
    for number in range(4 * MARKS_KEPT):
        marks.add(NOW + number, ErrorClass.TIMEOUT if number in (1, 2, 80) else ErrorClass.NONE)
    assert [mark.at - NOW for mark in marks if not mark.is_success] == [1, 2, 80]
    assert (len(marks), sorted(marks, key=lambda mark: mark.at)) == (MARKS_KEPT, list(marks))
    for number in range(MARKS_KEPT):
        marks.add(NOW + 1000 + number, ErrorClass.TIMEOUT)
    for number in range(MARKS_KEPT):
        marks.add(NOW + 2000 + number, ErrorClass.NONE)
    assert sum(mark.is_success for mark in marks) == NEWEST_MARKS


def test_every_class_and_moment_comes_back() -> None:
    """Each error class and the exact time of an attempt are kept; only the newest attempt can be judged anew."""
    marks, said = Marks(), [Mark(NOW + place / 7, error_class) for place, error_class in enumerate(ErrorClass)]
    marks.restate(NOW, ErrorClass.SLOW)
    for mark in said[:MARKS_KEPT]:
        marks.add(mark.at, mark.error_class)
    assert list(marks) == said[:MARKS_KEPT]
    marks.restate(said[0].at, ErrorClass.LOCAL_NETWORK)
    assert list(marks)[:2] == said[:2]
    newest = list(marks)[-1]
    marks.restate(newest.at, ErrorClass.LOCAL_NETWORK)
    assert list(marks)[-1] == Mark(newest.at, ErrorClass.LOCAL_NETWORK)
