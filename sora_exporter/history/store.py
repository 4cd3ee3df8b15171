"""The events in the storage of the budget's ledger: one log, which every exporter of the storage continues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sora_exporter.budget.storage import Row, Storage, Transaction
from sora_exporter.history.event import Event
from sora_exporter.result import Depth, ErrorClass, ProbeKind, Status

EVENTS_KEPT = 10_000
COLUMNS = "service_id, status, error_class, probe, depth, detail, began_at, ended_at"
INSERT = f"INSERT INTO event ({COLUMNS}) VALUES ({', '.join('?' * 8)})"  # noqa: S608
SELECT = f"SELECT id, {COLUMNS} FROM event"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome of a write: each event as it is stored by the id it had, and what other exporters stored since."""

    events: Mapping[int, Event]
    others: Sequence[Event] = ()


class EventStore:
    """The durable rows of the event log. Every method raises StorageError when the storage is not in order.

    ``shard`` names the services that this exporter watches: exporters of one shard continue each other's watch.
    ``kept`` is the number of rows that stay.
    """

    def __init__(self, storage: Storage, kept: int = EVENTS_KEPT, shard: str = "") -> None:
        self._storage, self._kept, self._shard = storage, kept, shard
        self._lasting: set[int] = set()
        self._newest = 0

    def read(self) -> list[Event]:
        """Return every event, in the order of their ids."""
        with self._storage.read() as db:
            events = [_event(row) for row in db.execute(f"{SELECT} ORDER BY id")]
        self._lasting = {event.id for event in events if event.ended_at is None}
        self._newest = max((event.id for event in events), default=0)
        return events

    def watched_at(self) -> float | None:
        """Return when an exporter last watched the services (Unix time); None if none ever did."""
        with self._storage.read() as db:
            seen: dict[str, float] = dict(db.execute("SELECT shard, at FROM watch"))
        return seen.get(self._shard, max(seen.values(), default=None))

    def write(self, changed: Sequence[Event], watched_at: float, ended_before: float = 0.0) -> Written:
        """Store new and changed events in the order of their ids, and drop the oldest, all in one transaction.

        Those that ``ended_before`` a moment in Unix time go, and the oldest beyond the number that is kept.

        An event that another exporter has stored already is that one; an event that lasts ends where the next of its
        service begins.
        """
        written: dict[int, Event] = {}
        with self._storage.write() as db:
            rows = db.execute(f"{SELECT} WHERE id > ? ORDER BY id", (self._newest,))
            for event in changed:
                written[event.id] = _change(db, event) if event.id in self._lasting else _add(db, event)
            db.execute("DELETE FROM event WHERE ended_at < ?", (ended_before,))
            _trim(db, self._kept)
            db.execute(
                "INSERT INTO watch VALUES (?, ?) ON CONFLICT (shard) DO UPDATE SET at = excluded.at",
                (self._shard, watched_at),
            )
        ours = {event.id for event in written.values()}
        others = [event for event in map(_event, rows) if event.id not in ours]
        self._lasting -= written.keys()
        for event in (*written.values(), *others):
            self._newest = max(self._newest, event.id)
            if event.ended_at is None:
                self._lasting.add(event.id)
        return Written(written, others)


def _event(row: Row) -> Event:
    number, service_id, status, error_class, probe, depth, detail, began_at, ended_at = row
    return Event(
        number, service_id, Status(status), ErrorClass(error_class), ProbeKind(probe) if probe else None,
        Depth(depth) if depth else None, detail, began_at, ended_at,
    )  # fmt: skip


def _change(db: Transaction, event: Event) -> Event:
    """Store the end of an event and return it as it is stored: the first end stands."""
    db.execute("UPDATE event SET ended_at = ? WHERE id = ? AND ended_at IS NULL", (event.ended_at, event.id))
    return next(map(_event, db.execute(f"{SELECT} WHERE id = ?", (event.id,))), event)


def _add(db: Transaction, event: Event) -> Event:
    lasting = db.execute(
        f"{SELECT} WHERE service_id = ? AND ended_at IS NULL ORDER BY id DESC LIMIT 1", (event.service_id,)
    )
    for last in map(_event, lasting):
        if last.status is event.status:
            return _change(db, replace(last, ended_at=event.ended_at)) if event.ended_at is not None else last
        _change(db, replace(last, ended_at=max(event.began_at, last.began_at)))
    values = (
        event.service_id, event.status, event.error_class, event.probe, event.depth, event.detail, event.began_at,
        event.ended_at,
    )  # fmt: skip
    return replace(event, id=db.insert(INSERT, values))


def _trim(db: Transaction, kept: int) -> None:
    """Drop the oldest ended events beyond the number that is kept."""
    ((count,),) = db.execute("SELECT COUNT(*) FROM event")
    if count > kept:
        oldest = "SELECT id FROM event WHERE ended_at IS NOT NULL ORDER BY id LIMIT ?"
        db.execute(f"DELETE FROM event WHERE id IN ({oldest})", (count - kept,))  # noqa: S608
