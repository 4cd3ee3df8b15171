"""The event log: what it keeps, for how long, and what survives."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from support import ledgers
from support.clock import HandClock
from support.programs.postgresql import Postgresql

from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.storage import StorageError
from sora_exporter.history import EventLog, EventStore
from sora_exporter.history.log import STANDSTILL_SECONDS, WATCH_SECONDS
from sora_exporter.result import Depth, ErrorClass, ProbeKind, Status

OFFICIAL, REVERSE = "sora-2-official", "sora-2-reverse"
FAULTS = {
    Status.OPERATIONAL: ErrorClass.NONE,
    Status.SUSPENDED: ErrorClass.UNAVAILABLE,
    Status.DEGRADED: ErrorClass.SERVER_ERROR,
}


CHILDREN = multiprocessing.get_context("forkserver")
KILLED_AFTER = 20
"""Written events after which the writer is killed, in the middle of the next ones."""


def write_events(storage: Path, report: Connection) -> None:
    """Write one event after the other until killed, and report the beginning of each that is written."""
    with closing(Ledger.open(storage, exclusive=True, now=time.time)) as ledger:
        events = EventLog(EventStore(ledger.storage), time.time)
        for number in count():
            status = (Status.OPERATIONAL, Status.SUSPENDED)[number % 2]
            events.note(OFFICIAL, status, FAULTS[status], float(number))
            events.write()
            report.send(float(number))


@pytest.fixture
def pair(database_server: Postgresql, clock: HandClock) -> Iterator[list[EventLog]]:
    """The logs of two exporters of one database, which watch the same service."""
    place = database_server.place()
    with closing(ledgers.opened(place, clock.now)) as one, closing(ledgers.opened(place, clock.now)) as other:
        logs = [EventLog(EventStore(ledger.storage), clock.now) for ledger in (one, other)]
        for events in logs:
            events.read()
            events.keep_only({OFFICIAL})
        yield logs


@contextmanager
def opened(tmp_path: Path, clock: HandClock, kept: int = 100) -> Iterator[EventLog]:
    """Give the log of an exporter that has just started; it stops without a last word, as if killed."""
    ledger = Ledger.open(tmp_path, exclusive=True, now=clock.now)
    try:
        events = EventLog(EventStore(ledger.storage, kept), clock.now, kept)
        events.read()
        yield events
    finally:
        ledger.close()


def note(events: EventLog, clock: HandClock, status: Status, service_id: str = OFFICIAL, **facts: Any) -> None:
    """Note a status that begins now, and write it down."""
    events.note(service_id, status, FAULTS[status], clock.now(), **facts)
    events.write()


async def test_a_change_ends_one_event_and_begins_the_next(tmp_path: Path, clock: HandClock) -> None:
    """An event has the class, probe, depth and words of its beginning, and ends when the next one begins."""
    start = clock.now()
    with opened(tmp_path, clock) as events:
        note(events, clock, Status.OPERATIONAL)
        await clock.advance(60)
        note(events, clock, Status.SUSPENDED, probe=ProbeKind.CANARY, depth=Depth.OFFERED, detail="no channel")
        await clock.advance(60)
        note(events, clock, Status.SUSPENDED, detail="still no channel")
        newest, oldest = events.of(OFFICIAL)
    assert (oldest.status, oldest.began_at, oldest.ended_at) == (Status.OPERATIONAL, start, start + 60)
    assert (newest.status, newest.error_class) == (Status.SUSPENDED, ErrorClass.UNAVAILABLE)
    assert (newest.probe, newest.depth, newest.detail) == (ProbeKind.CANARY, Depth.OFFERED, "no channel")
    assert (newest.began_at, newest.ended_at, newest.seconds(clock.now())) == (start + 60, None, 60)


async def test_events_survive_a_restart(tmp_path: Path, clock: HandClock) -> None:
    """Another exporter reads the same events, and a status that still lasts goes on in one event."""
    with opened(tmp_path, clock) as events:
        note(events, clock, Status.OPERATIONAL)
        await clock.advance(60)
        note(events, clock, Status.SUSPENDED)
        before = events.since(0)
    await clock.advance(STANDSTILL_SECONDS)
    with opened(tmp_path, clock) as events:
        assert events.since(0) == before
        note(events, clock, Status.SUSPENDED)
        assert events.since(0) == before


async def test_a_standstill_belongs_to_no_status(tmp_path: Path, clock: HandClock) -> None:
    """After a long time without an exporter, the last event ends when it was last watched, and another one begins."""
    with opened(tmp_path, clock) as events:
        note(events, clock, Status.OPERATIONAL)
        await clock.advance(3600)
        events.write()
        watched = clock.now()
    await clock.advance(STANDSTILL_SECONDS + 1)
    with opened(tmp_path, clock) as events:
        note(events, clock, Status.OPERATIONAL)
        newest, oldest = events.of(OFFICIAL)
    assert (oldest.ended_at, newest.began_at) == (watched, clock.now())


async def test_events_are_kept_as_long_as_configured(tmp_path: Path, clock: HandClock) -> None:
    """An event goes when its end is older than the retention, in memory and on the disk; one that lasts stays."""
    with opened(tmp_path, clock) as events:
        events.keep_only({OFFICIAL, REVERSE}, retention=3600.0)
        note(events, clock, Status.OPERATIONAL, REVERSE)
        for status in (Status.OPERATIONAL, Status.SUSPENDED, Status.OPERATIONAL):
            note(events, clock, status)
            await clock.advance(1800)
        assert [event.id for event in events.since(0)] == [4, 3, 2, 1]
        await clock.advance(1)
        events.write()
        assert [event.id for event in events.since(0)] == [4, 3, 1]
    with opened(tmp_path, clock) as events:
        assert [event.id for event in events.since(0)] == [4, 3, 1]


async def test_the_log_is_bounded(tmp_path: Path, clock: HandClock) -> None:
    """The oldest ended events go, in memory and on the disk; one that lasts stays however old it is."""
    with opened(tmp_path, clock, kept=5) as events:
        note(events, clock, Status.OPERATIONAL, REVERSE)
        for number in range(20):
            await clock.advance(1)
            note(events, clock, (Status.OPERATIONAL, Status.DEGRADED)[number % 2])
        kept = events.since(0)
    assert [event.id for event in kept] == [21, 20, 19, 18, 1]
    with opened(tmp_path, clock, kept=3) as events:
        assert [event.id for event in events.since(0)] == [21, 20, 1]


async def test_events_are_found_by_service_and_time(clock: HandClock) -> None:
    """Readers get what lasted at a moment or later, of one service or of all, also without a disk."""
    events, start = EventLog(None, clock.now), clock.now()
    for service_id in (OFFICIAL, REVERSE):
        note(events, clock, Status.OPERATIONAL, service_id)
        await clock.advance(100)
        note(events, clock, Status.DEGRADED, service_id)
    assert [event.id for event in events.since(start + 101)] == [4, 3, 2]
    assert [event.id for event in events.of(OFFICIAL)] == [2, 1]
    assert events.of("unheard of") == []


async def test_services_no_longer_watched_end(clock: HandClock) -> None:
    """The last event of a service that leaves the configuration ends then."""
    events = EventLog(None, clock.now)
    note(events, clock, Status.OPERATIONAL, OFFICIAL)
    note(events, clock, Status.OPERATIONAL, REVERSE)
    await clock.advance(10)
    events.keep_only({REVERSE})
    ended = {event.service_id: event.ended_at for event in events.since(0)}
    assert ended == {OFFICIAL: clock.now(), REVERSE: None}


async def test_a_clock_that_steps_back_makes_no_negative_event(clock: HandClock) -> None:
    """An event never ends before it began."""
    events = EventLog(None, clock.now)
    events.note(OFFICIAL, Status.OPERATIONAL, ErrorClass.NONE, 1000.0)
    events.note(OFFICIAL, Status.DEGRADED, ErrorClass.TIMEOUT, 900.0)
    assert [event.ended_at for event in events.of(OFFICIAL)] == [None, 1000.0]


async def test_events_wait_for_the_disk(
    tmp_path: Path, clock: HandClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the disk refuses, events are read from memory and the log says so once; later they are stored."""

    def refuse(*_: Any) -> None:
        raise StorageError("ledger: has no space left")

    caplog.set_level("INFO")
    with opened(tmp_path, clock) as events:
        with monkeypatch.context() as patched:
            patched.setattr(EventStore, "write", refuse)
            note(events, clock, Status.OPERATIONAL)
            note(events, clock, Status.DEGRADED)
        assert len(events.since(0)) == 2
        events.write()
        kept = events.since(0)
    assert [record.msg for record in caplog.records] == ["events not written", "events written again"]
    with opened(tmp_path, clock) as events:
        assert events.since(0) == kept


@pytest.mark.programs
async def test_two_exporters_keep_one_log(pair: list[EventLog], clock: HandClock) -> None:
    """A change that both notice is one event, of the first, and both have the same log under the same numbers."""
    one, other = pair
    for status in (Status.OPERATIONAL, Status.SUSPENDED, Status.OPERATIONAL):
        note(one, clock, status)
        await clock.advance(5)
        note(other, clock, status)
        await clock.advance(100)
        one.write()
    assert [event.status for event in one.of(OFFICIAL)] == [Status.OPERATIONAL, Status.SUSPENDED, Status.OPERATIONAL]
    assert one.of(OFFICIAL) == other.of(OFFICIAL)
    assert [event.id for event in one.of(OFFICIAL)] == [3, 2, 1]


@pytest.mark.programs
async def test_a_change_that_one_exporter_notices_reaches_the_other(pair: list[EventLog], clock: HandClock) -> None:
    """The other one takes it in with its next look, ends the event before, and keeps to its own services."""
    one, other = pair
    note(one, clock, Status.OPERATIONAL)
    note(other, clock, Status.OPERATIONAL)
    await clock.advance(WATCH_SECONDS)
    note(one, clock, Status.DEGRADED)
    note(one, clock, Status.OPERATIONAL, REVERSE)
    other.write()
    newest, oldest = other.of(OFFICIAL)
    assert (newest.status, oldest.ended_at) == (Status.DEGRADED, newest.began_at)
    assert other.of(REVERSE) == []


@pytest.mark.programs
async def test_services_of_other_shards_are_left_alone(database_server: Postgresql, clock: HandClock) -> None:
    """An exporter of another shard neither ends their events nor shortens its own standstill by their watch."""
    with closing(ledgers.opened(database_server.place(), clock.now)) as ledger:
        one, other = (EventLog(EventStore(ledger.storage, shard=shard), clock.now) for shard in ("1/2", "2/2"))
        one.read()
        note(other, clock, Status.OPERATIONAL, REVERSE)
        await clock.advance(STANDSTILL_SECONDS + 1)
        note(one, clock, Status.OPERATIONAL, OFFICIAL)
        again = EventLog(EventStore(ledger.storage, shard="1/2"), clock.now)
        again.read({REVERSE})
        again.keep_only({OFFICIAL})
        again.write()
        restarted = EventLog(EventStore(ledger.storage, shard="2/2"), clock.now)
        restarted.read({OFFICIAL})
    assert [event.ended_at for event in again.since(0)] == [None]
    assert [event.ended_at for event in restarted.since(0)] == [clock.now() - STANDSTILL_SECONDS - 1]


@pytest.mark.processes
def test_kill_during_writes_loses_nothing(tmp_path: Path) -> None:
    """A process killed with SIGKILL while it writes leaves every event that it reported as written, whole."""
    reports, report = CHILDREN.Pipe(duplex=False)
    child = CHILDREN.Process(target=write_events, args=(tmp_path, report))
    child.start()
    report.close()
    written = [reports.recv() for _ in range(KILLED_AFTER)]
    child.kill()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    while reports.poll():
        try:
            written.append(reports.recv())
        except EOFError:
            break
    with closing(Ledger.open(tmp_path, exclusive=True, now=time.time)) as ledger:
        stored = EventStore(ledger.storage).read()
    # At most the write under way is there beyond those that were reported.
    assert [event.began_at for event in stored[: len(written)]] == written
    assert len(stored) - len(written) <= 1
    assert [event.ended_at for event in stored[:-1]] == [event.began_at for event in stored[1:]]
