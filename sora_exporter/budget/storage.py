"""Storage that outlives the process: what the ledger and the event log need of a database, and the one schema of both.

``sqlite`` keeps a file for one machine, ``postgresql`` a database for several. Both run the same statements: portable
SQL with ``?`` for each value. Every failure becomes a StorageError. No key is ever stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import platformdirs

Row = tuple[Any, ...]


class StorageError(Exception):
    """The storage is not trustworthy or not writable: one line with place, problem and fix."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The contents of a storage of the kind ``application_id``; each of ``versions`` builds on those before it."""

    application_id: int
    versions: tuple[str, ...]

    def require_known(self, version: int, place: str, option: str) -> None:
        """Refuse a storage of a later release; ``option`` names another one. Raises StorageError."""
        if version > len(self.versions):
            why = f"is of schema version {version}, newer than {len(self.versions)}"
            raise StorageError(f"{place}: {why}; upgrade sora-exporter or give another {option}")


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """The address of a PostgreSQL database, without a password; ``password_file`` holds it if nothing else does."""

    url: str
    password_file: Path | None = None


Place = Path | DatabaseUrl
"""A directory, or a database that several exporters share."""


class Transaction(Protocol):
    """A transaction under way."""

    def execute(self, statement: str, values: Sequence[object] = ()) -> Sequence[Row]:
        """Run one statement and return its rows, of which there may be none."""

    def insert(self, statement: str, values: Sequence[object]) -> int:
        """Run an INSERT of one row into a table with generated ids; return the id."""


class Storage(Protocol):
    """An open storage and its locks. For one thread."""

    def close(self) -> None:
        """Close it and release every lock."""

    def read(self) -> AbstractContextManager[Transaction]:
        """One consistent view."""

    def write(self) -> AbstractContextManager[Transaction]:
        """Run one transaction: atomic, exclusive among all processes, and durable when it ends."""

    def attempt_lock(self, service_id: str, probe: str) -> AbstractContextManager[bool]:
        """Hold the lock of one probe of one service; yields False while another attempt holds it."""

    def is_attempted(self, service_id: str, probe: str) -> bool:
        """Return whether any process holds the lock of the probe."""

    def time(self, own: Callable[[], float]) -> Callable[[], float]:
        """Return the clock that all users of the storage share; ``own`` is that of this process, in Unix seconds."""


def statements(version: str) -> Iterable[str]:
    """Yield the statements of one version of a schema; its comments are lines of their own."""
    text = "\n".join(line for line in version.splitlines() if not line.lstrip().startswith("--"))
    return (part.strip() for part in text.split(";") if part.strip())


def usual_directory() -> Path:
    """Return the storage directory of this account, where the platform keeps such things."""
    return Path(platformdirs.user_state_dir("sora_exporter", appauthor=False))
