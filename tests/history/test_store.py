"""The events in the storage of the budget's ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from support.clock import HandClock

from sora_exporter.budget.ledger import Ledger
from sora_exporter.history import Event, EventStore
from sora_exporter.result import Depth, ErrorClass, ProbeKind, Status

FIRST = Event(1, "a", Status.OPERATIONAL, ErrorClass.NONE, ProbeKind.CANARY, Depth.ROUTED, "", 100.0, 200.0)
SECOND = Event(2, "a", Status.UNKNOWN, ErrorClass.NOT_PROBED, None, None, "无", 200.0, None)


@pytest.fixture
def ledger(tmp_path: Path, clock: HandClock) -> Iterator[Ledger]:
    """A ledger in a directory; a database takes the same statements, as the tests of the log show."""
    with closing(Ledger.open(tmp_path, exclusive=True, now=clock.now)) as ledger:
        yield ledger


@pytest.fixture
def store(ledger: Ledger) -> EventStore:
    """An empty store."""
    return EventStore(ledger.storage)


def test_events_come_back_as_they_were(store: EventStore) -> None:
    """Every member survives, absent ones too, in the order of their ids."""
    store.write([FIRST, SECOND], 300.0)
    assert store.read() == [FIRST, SECOND]


def test_the_first_end_of_an_event_stands(store: EventStore, ledger: Ledger) -> None:
    """A stored event ends once, and a later writer is given the end that is stored."""
    store.write([FIRST, SECOND], 300.0)
    late = EventStore(ledger.storage)
    late.read()
    ended = replace(SECOND, ended_at=400.0)
    assert store.write([ended], 400.0).events == {2: ended}
    assert late.write([replace(SECOND, ended_at=500.0)], 500.0).events == {2: ended}
    assert store.read() == [FIRST, ended]


def test_the_oldest_ended_events_go(ledger: Ledger) -> None:
    """Beyond the number that is kept, the oldest events that are over are dropped; one that lasts stays."""
    store = EventStore(ledger.storage, kept=1)
    store.write([FIRST, SECOND], 300.0)
    assert store.read() == [SECOND]


def test_an_event_that_is_stored_already_is_not_stored_again(ledger: Ledger) -> None:
    """A second exporter that notices the same status gets the first one's event; another status ends it."""
    first, second = EventStore(ledger.storage), EventStore(ledger.storage)
    first.write([replace(SECOND, id=1)], 300.0)
    written = second.write([replace(SECOND, id=7, began_at=210.0)], 300.0)
    assert (written.events, written.others) == ({7: replace(SECOND, id=1)}, [])
    changed = replace(SECOND, id=8, status=Status.OPERATIONAL, began_at=220.0)
    assert second.write([changed], 300.0).events == {8: replace(changed, id=2)}
    assert first.write([], 300.0).others == [replace(changed, id=2)]
    assert [event.ended_at for event in first.read()] == [220.0, None]


def test_the_latest_watch_is_remembered(store: EventStore) -> None:
    """A new store was never watched; later the time of the latest write counts."""
    assert store.watched_at() is None
    for at in (300.0, 400.0):
        store.write([], at)
    assert store.watched_at() == 400.0


def test_each_shard_has_a_watch_of_its_own(ledger: Ledger) -> None:
    """A shard's standstill is not hidden by another shard; a new division begins with the latest watch of all."""
    EventStore(ledger.storage, shard="1/2").write([], 300.0)
    EventStore(ledger.storage, shard="2/2").write([], 400.0)
    assert [EventStore(ledger.storage, shard=name).watched_at() for name in ("1/2", "2/2", "1/3")] == [300, 400, 400]
