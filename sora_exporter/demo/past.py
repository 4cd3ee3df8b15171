"""The invented month in the event logs of the demo's exporters, so that their pages list what their bars show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from sora_exporter.budget.ledger import Ledger
from sora_exporter.demo.article import living
from sora_exporter.demo.history import ServiceHistory, invent_history
from sora_exporter.demo.places import elsewhere
from sora_exporter.history import Event, EventStore
from sora_exporter.result import Depth, ProbeKind, Status


def write_past(storages: Sequence[Path], end: int, days: int) -> None:
    """Write so many days up to ``end`` (Unix seconds) into the storage of the exporter of each place."""
    histories = [invent_history(story, end, days) for story in living(end)]
    for storage, seen in zip(storages, (histories, map(elsewhere, histories)), strict=True):
        with closing(Ledger.open(storage, exclusive=True, now=lambda: end)) as ledger:
            EventStore(ledger.storage).write(events_of([*seen]), watched_at=end)


def events_of(histories: Sequence[ServiceHistory]) -> list[Event]:
    """Return the events that an exporter would have logged, in the order of their beginnings; the last ones last."""
    found = sorted((event for history in histories for event in _events(history)), key=lambda event: event.began_at)
    return [replace(event, id=number) for number, event in enumerate(found, start=1)]


def _events(history: ServiceHistory) -> Iterator[Event]:
    timed = zip(history.times, history.minutes, strict=True)
    runs = [(status, *next(run)) for status, run in groupby(timed, key=lambda one: one[1].status)]
    ends = [*(began for _, began, _ in runs[1:]), None]
    for (status, began, error_class), ended in zip(runs, ends, strict=True):
        depth = Depth.ROUTED if status is Status.OPERATIONAL else None
        yield Event(0, history.service.id, status, error_class, ProbeKind.CANARY, depth, "", began, ended)
