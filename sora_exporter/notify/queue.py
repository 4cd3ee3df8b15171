"""The messages that wait to be sent, on the disk: what was accepted outlives ``kill -9``."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from sora_exporter.budget.sqlite import SqliteStorage
from sora_exporter.budget.storage import Schema, Storage
from sora_exporter.notify.texts import Message

FILE: Final = "notify.sqlite3"
REPEAT_SECONDS: Final = 300.0
"""The same notification within this time is a repetition: Alertmanager repeats what was not answered in time."""
SCHEMA: Final = Schema(
    application_id=0x534F524E,
    versions=(
        "CREATE TABLE message (id INTEGER PRIMARY KEY, receiver TEXT NOT NULL, identity TEXT NOT NULL,"
        " document TEXT NOT NULL, accepted_at REAL NOT NULL, is_waiting INTEGER NOT NULL);",
    ),
)


class QueueFull(Exception):
    """The receiver has as many waiting messages as it may; the sender keeps its message and tries again."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message of a receiver, accepted at a moment in Unix time."""

    number: int
    message: Message
    accepted_at: float


class Queue:
    """The waiting messages of every receiver. Each method raises StorageError when the storage is not in order."""

    def __init__(self, storage: Storage, most: int, now: Callable[[], float]) -> None:
        self._storage, self._most, self._now = storage, most, now

    @classmethod
    def open(cls, directory: Path, most: int, now: Callable[[], float]) -> Self:
        """Open the queue of a directory that no other process uses; ``most`` messages may wait for a receiver."""
        return cls(SqliteStorage.open(directory, FILE, SCHEMA, exclusive=True), most, now)

    def close(self) -> None:
        """Close the file."""
        self._storage.close()

    def put(self, receiver: str, identity: str, message: Message) -> bool:
        """Accept a message; it is on the disk on return. Returns False for a repetition. Raises QueueFull."""
        now = self._now()
        with self._storage.write() as db:
            db.execute("DELETE FROM message WHERE is_waiting = 0 AND accepted_at < ?", (now - REPEAT_SECONDS,))
            [(same,)] = db.execute(
                "SELECT count(*) FROM message WHERE receiver = ? AND identity = ? AND accepted_at >= ?",
                (receiver, identity, now - REPEAT_SECONDS),
            )
            if same:
                return False
            [(waiting,)] = db.execute("SELECT count(*) FROM message WHERE receiver = ? AND is_waiting = 1", (receiver,))
            if waiting >= self._most:
                raise QueueFull(receiver)
            db.execute(
                "INSERT INTO message (receiver, identity, document, accepted_at, is_waiting) VALUES (?, ?, ?, ?, 1)",
                (receiver, identity, json.dumps(asdict(message), ensure_ascii=False), now),
            )
        return True

    def waiting(self, receiver: str) -> Sequence[Waiting]:
        """Return the waiting messages of a receiver, the oldest first."""
        with self._storage.read() as db:
            rows = db.execute(
                "SELECT id, document, accepted_at FROM message WHERE receiver = ? AND is_waiting = 1 ORDER BY id",
                (receiver,),
            )
        return [Waiting(number, Message(**json.loads(document)), at) for number, document, at in rows]

    def done(self, number: int) -> None:
        """Take a message out of the queue; its identity is remembered, its text is not."""
        with self._storage.write() as db:
            db.execute("UPDATE message SET is_waiting = 0, document = '' WHERE id = ?", (number,))
