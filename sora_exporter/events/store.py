"""The events in the storage of the budget's ledger."""

from __future__ import annotations

from collections.abc import Collection

from sora_exporter.budget.storage import Storage
from sora_exporter.events.event import Event
from sora_exporter.result import Depth, ErrorClass, ProbeKind, Status

COLUMNS = "id, service_id, status, error_class, probe, depth, detail, began_at, ended_at"


class EventStore:
    """The durable rows of the event log. Every method raises StorageError when the storage is not in order."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def read(self) -> list[Event]:
        """Return every event, in the order of their ids."""
        with self._storage.read() as db:
            rows = db.execute(f"SELECT {COLUMNS} FROM event ORDER BY id").fetchall()  # noqa: S608
        return [
            Event(number, service_id, Status(status), ErrorClass(error_class), ProbeKind(probe) if probe else None,
                  Depth(depth) if depth else None, detail, began_at, ended_at)
            for number, service_id, status, error_class, probe, depth, detail, began_at, ended_at in rows
        ]  # fmt: skip

    def watched_at(self) -> float | None:
        """Return when an exporter last watched the services (Unix time); None if none ever did."""
        with self._storage.read() as db:
            row = db.execute("SELECT at FROM watched").fetchone()
        return None if row is None else float(row[0])

    def write(self, events: Collection[Event], gone: Collection[int], watched_at: float) -> None:
        """Store new and changed events and remove those with the ids ``gone``, all in one transaction."""
        rows = [
            (one.id, one.service_id, one.status, one.error_class, one.probe, one.depth, one.detail, one.began_at,
             one.ended_at)
            for one in events
        ]  # fmt: skip
        with self._storage.write() as db:
            db.executemany(f"INSERT OR REPLACE INTO event ({COLUMNS}) VALUES ({', '.join('?' * 9)})", rows)  # noqa: S608
            db.executemany("DELETE FROM event WHERE id = ?", [(number,) for number in gone])
            db.execute("INSERT OR REPLACE INTO watched VALUES (1, ?)", (watched_at,))
