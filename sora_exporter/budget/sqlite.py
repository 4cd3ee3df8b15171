"""Storage in a directory: one SQLite file, one exporter per directory, one attempt of a probe at a time."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from portalocker import LockException

from sora_exporter.budget.locks import AttemptLocks, HeldElsewhereError, guarded, hold_alone
from sora_exporter.budget.storage import Row, Schema, StorageError, Transaction, statements

LONGEST_WAIT_SECONDS = 2.0
LONGEST_OPEN_SECONDS = 20.0
"""Opening may wait for a busy exporter to finish; once open, waiting would block everything else."""

_CORRUPT = "is corrupt", "move it away (mv {path} {path}.corrupt) and restart; today's spend then counts from zero"
_PROBLEMS = {
    sqlite3.SQLITE_CORRUPT: _CORRUPT,
    sqlite3.SQLITE_NOTADB: _CORRUPT,
    sqlite3.SQLITE_READONLY: ("is read-only", "make it and its directory writable for {account}"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "make it a file, and its directory writable, for {account}"),
    sqlite3.SQLITE_FULL: ("has no space left", "free space on its disk"),
    sqlite3.SQLITE_IOERR: ("cannot be read or written", "check its disk: space, quota, health"),
    sqlite3.SQLITE_BUSY: ("is locked", "end the program that keeps it open, e.g. a database browser"),
}
_OTHER_PROBLEM = "cannot be used", "restart; if that does not help, move it away (mv {path} {path}.old)"


@dataclass(frozen=True, slots=True)
class SqliteTransaction:
    """A transaction of the file."""

    db: sqlite3.Connection

    def execute(self, statement: str, values: Sequence[object] = ()) -> Sequence[Row]:
        """Run one statement and return its rows."""
        return self.db.execute(statement, values).fetchall()

    def insert(self, statement: str, values: Sequence[object]) -> int:
        """Run an INSERT of one row; return its id."""
        number = self.db.execute(statement, values).lastrowid
        assert number is not None  # noqa: S101 - a row was inserted
        return number


class SqliteStorage:
    """An open SQLite file of a storage directory, and the directory's locks. For one thread."""

    def __init__(
        self, path: Path, identity: tuple[int, int], db: sqlite3.Connection, attempts: AttemptLocks, files: ExitStack
    ) -> None:
        self._path = path
        self._identity = identity
        self._db = db
        self._attempts = attempts
        self._files = files

    @classmethod
    def open(cls, directory: Path, file_name: str, schema: Schema, *, exclusive: bool) -> Self:
        """Open ``directory/file_name``, creating what is missing with modes 0700 and 0600.

        ``exclusive`` is for the exporter, of which there is one per directory; one-shot commands share its file.
        """
        path = directory.absolute() / file_name
        try:
            with ExitStack() as files:
                _make_directory(directory)
                if exclusive:
                    _hold_alone(directory / "exporter.lock", files)
                attempts = AttemptLocks(directory / "attempts")
                _create_if_missing(path, schema)
                identity = _identity(path)
                db = files.enter_context(closing(_connect(path)))
                _verify(path, db, schema)
                db.execute(f"PRAGMA busy_timeout = {LONGEST_WAIT_SECONDS * 1000:.0f}")
                storage = cls(path, identity, db, attempts, files.pop_all())
        except sqlite3.Error as error:
            raise _explain(path, error) from error
        except (OSError, LockException) as error:
            raise _explain_files(directory, error) from error
        return storage

    def close(self) -> None:
        """Close the file and release every lock."""
        self._files.close()

    def read(self) -> AbstractContextManager[Transaction]:
        """One consistent view."""
        return self._transaction("DEFERRED")

    def write(self) -> AbstractContextManager[Transaction]:
        """Run one transaction: atomic, exclusive among all processes, and on the disk when it ends."""
        return self._transaction("IMMEDIATE")

    @contextmanager
    def attempt_lock(self, service_id: str, probe: str) -> Iterator[bool]:
        """Hold the lock of one probe of one service; yields False when another attempt holds it."""
        with ExitStack() as held:
            try:
                is_free = held.enter_context(self._attempts.hold(service_id, probe))
            except (OSError, LockException) as error:
                self._require_in_place()
                raise _explain_files(self._path.parent, error) from error
            yield is_free

    def is_attempted(self, service_id: str, probe: str) -> bool:
        """Return whether any process holds the lock of the probe."""
        with self.attempt_lock(service_id, probe) as is_free:
            return not is_free

    def time(self, own: Callable[[], float]) -> Callable[[], float]:
        """Return the clock of this machine, which all users of the directory share."""
        return own

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[Transaction]:
        try:
            with self._db:
                self._db.execute(f"BEGIN {kind}")
                yield SqliteTransaction(self._db)
        except sqlite3.Error as error:
            self._require_in_place()
            raise _explain(self._path, error) from error
        self._require_in_place()

    def _require_in_place(self) -> None:
        """Refuse a file that was deleted or replaced: other processes do not see its rows, so it permits no call."""
        try:
            if _identity(self._path) == self._identity:
                return
        except OSError as error:
            raise StorageError(f"{self._path}: was deleted while in use; restart to begin anew") from error
        raise StorageError(f"{self._path}: was replaced while in use; restart to use the new one")


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(error.errno, "not a directory", str(directory)) from error


def _hold_alone(path: Path, files: ExitStack) -> None:
    try:
        hold_alone(path, files)
    except HeldElsewhereError as error:
        fix = "stop it or give this one its own --storage.path"
        raise StorageError(f"{path}: another sora-exporter (pid {error.pid}) holds it; {fix}") from error


def _create_if_missing(path: Path, schema: Schema) -> None:
    """Make the file elsewhere and rename it, so that an empty file is never taken for a fresh one."""
    with guarded(path.parent / "create.lock"):
        if path.exists():
            return
        draft = path.with_name(path.name + ".new")
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        with closing(sqlite3.connect(draft, isolation_level=None)) as db:
            db.executescript(
                f"PRAGMA journal_mode = MEMORY; BEGIN; PRAGMA application_id = {schema.application_id};"
                f"PRAGMA user_version = {len(schema.versions)}; {''.join(schema.versions)} COMMIT;"
            )
        draft.rename(path)


def _connect(path: Path) -> sqlite3.Connection:
    # mode=rw: SQLite must not create an empty file if this one disappears right now.
    return sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=LONGEST_OPEN_SECONDS)


def _verify(path: Path, db: sqlite3.Connection, schema: Schema) -> None:
    """Refuse a file that is damaged, foreign or newer; upgrade an older one; check that it can be written.

    It uses a rollback journal instead of a write-ahead log: writes are few, there is only one file to back up, and no
    shared memory is needed, which network volumes lack. EXTRA makes each commit survive a power cut there.
    """
    damage = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if damage != "ok":
        raise _trouble(path, sqlite3.SQLITE_CORRUPT, damage)
    (application_id,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if application_id != schema.application_id:
        raise StorageError(f"{path}: is not a file of sora-exporter; move it away or give another --storage.path")
    schema.require_known(version, str(path), "--storage.path")
    for setting in ("journal_mode = DELETE", "synchronous = EXTRA", "foreign_keys = ON"):
        db.execute(f"PRAGMA {setting}")
    with db:
        # IMMEDIATE: a reader that becomes a writer is refused at once instead of waiting.
        db.execute("BEGIN IMMEDIATE")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        for missing in schema.versions[version:]:
            for statement in statements(missing):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(schema.versions)}")


def _explain(path: Path, error: sqlite3.Error) -> StorageError:
    return _trouble(path, getattr(error, "sqlite_errorcode", 0) & 0xFF, str(error))


def _trouble(path: Path, code: int, detail: str) -> StorageError:
    problem, fix = _PROBLEMS.get(code, _OTHER_PROBLEM)
    return StorageError(f"{path}: {problem} ({detail}); {fix.format(path=path, account=_account())}")


def _explain_files(directory: Path, error: OSError | LockException) -> StorageError:
    cause = error.__cause__ if isinstance(error, LockException) else error
    path, problem = (cause.filename, cause.strerror) if isinstance(cause, OSError) else (None, None)
    fix = f"give --storage.path a directory that {_account()} can write"
    return StorageError(f"{path or directory}: {problem or error}; {fix}")


def _account() -> str:
    return f"uid {os.getuid()}" if hasattr(os, "getuid") else "this account"


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino
