"""The events in the storage of the budget's ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.clock import HandClock

from sora_exporter.budget.ledger import Ledger
from sora_exporter.events import Event, EventStore
from sora_exporter.result import Depth, ErrorClass, ProbeKind, Status

FIRST = Event(1, "a", Status.OPERATIONAL, ErrorClass.NONE, ProbeKind.CANARY, Depth.ROUTED, "", 100.0, 200.0)
SECOND = Event(2, "a", Status.UNKNOWN, ErrorClass.NOT_PROBED, None, None, "无", 200.0, None)


@pytest.fixture
def store(tmp_path: Path, clock: HandClock) -> Iterator[EventStore]:
    """An empty store."""
    ledger = Ledger.open(tmp_path, exclusive=True, now=clock.now)
    yield EventStore(ledger.storage)
    ledger.close()


def test_events_come_back_as_they_were(store: EventStore) -> None:
    """Every member survives, absent ones too, in the order of their ids."""
    store.write([SECOND, FIRST], [], 300.0)
    assert store.read() == [FIRST, SECOND]


def test_one_call_writes_changes_and_removals(store: EventStore) -> None:
    """An event with a known id replaces the stored one, and those that are gone are removed."""
    store.write([FIRST, SECOND], [], 300.0)
    ended = Event(2, "a", Status.UNKNOWN, ErrorClass.NOT_PROBED, None, None, "无", 200.0, 400.0)
    store.write([ended], [1], 400.0)
    assert store.read() == [ended]


def test_the_latest_watch_is_remembered(store: EventStore) -> None:
    """A new store was never watched; later the time of the latest write counts."""
    assert store.watched_at() is None
    for at in (300.0, 400.0):
        store.write([], [], at)
    assert store.watched_at() == 400.0
