"""The file of the ledger: private, never damaged further, and no paid call without it."""

from __future__ import annotations

import os
import re
import resource
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from support.ledgers import HandClock, reserve

from sora_exporter.budget import sqlite
from sora_exporter.budget.ledger import LEDGER_FILE, SCHEMA, Ledger
from sora_exporter.budget.storage import StorageError


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The directory of a file."""
    return tmp_path / "storage"


def test_files_are_private_and_few(ledger_path: Path) -> None:
    """Directories are 0700 and files 0600, with nothing left over from their creation."""
    modes = {path.name: path.stat().st_mode & 0o777 for path in ledger_path.parent.iterdir()}
    assert modes == {LEDGER_FILE: 0o600, "attempts": 0o700, "create.lock": 0o600, "exporter.lock": 0o600}
    assert ledger_path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("below", ["", "deeper"])
def test_file_in_the_way_of_the_directory(tmp_path: Path, unix_clock: HandClock, below: str) -> None:
    """A storage path that is, or lies below, a regular file is named together with the fix."""
    (tmp_path / "file").touch()
    with pytest.raises(
        StorageError, match=r"file.*: [Nn]ot a directory; give --storage\.path a directory that uid \d+"
    ):
        Ledger.open(tmp_path / "file" / below, exclusive=True, now=unix_clock)


def test_directory_that_cannot_be_written(unix_clock: HandClock) -> None:
    """A directory in which even root cannot create files is refused in one line."""
    with pytest.raises(StorageError, match=r"^/proc/exporter\.lock: [^\n]*; give --storage\.path a directory"):
        Ledger.open(Path("/proc"), exclusive=True, now=unix_clock)


def damage(path: Path, kind: str) -> None:
    content = path.read_bytes()
    path.write_bytes({"empty": b"", "text": b"not a database " * 100, "cut": content[: len(content) // 2]}[kind])


@pytest.mark.parametrize(
    ("kind", "message"), [("empty", "is not a file of sora-exporter"), ("text", "is corrupt"), ("cut", "is corrupt")]
)
def test_damaged_ledger_is_left_alone(ledger: Ledger, ledger_path: Path, kind: str, message: str) -> None:
    """A damaged ledger is neither used nor changed, and the message says to move it away."""
    ledger.close()
    damage(ledger_path, kind)
    before = ledger_path.read_bytes()
    with pytest.raises(StorageError, match=rf"^{re.escape(str(ledger_path))}: {message}[^\n]*move it away"):
        Ledger.open(ledger_path.parent, exclusive=True, now=HandClock())
    assert ledger_path.read_bytes() == before


def test_damage_while_running_is_noticed(ledger: Ledger, ledger_path: Path) -> None:
    """A ledger overwritten under a running exporter permits no call."""
    with ledger_path.open("r+b") as file:
        file.write(os.urandom(4096))
    with pytest.raises(StorageError, match="is corrupt"):
        ledger.reserve("relay", "generate", 0.1, 1.0)


def test_newer_ledger_is_refused(ledger: Ledger, ledger_path: Path, unix_clock: HandClock) -> None:
    """A ledger written by a later release asks for the upgrade, and a failed start leaves the directory free."""
    ledger.close()
    with closing(sqlite3.connect(ledger_path)) as db:
        db.execute("PRAGMA user_version = 7")
    for _ in range(2):
        with pytest.raises(StorageError, match="schema version 7, newer than 6; upgrade sora-exporter"):
            Ledger.open(ledger_path.parent, exclusive=True, now=unix_clock)


def test_older_ledger_is_brought_up_to_date(tmp_path: Path, unix_clock: HandClock) -> None:
    """A ledger of the first release keeps its money and jobs, learns what is new, and needs to be upgraded once."""
    path = tmp_path / LEDGER_FILE
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            f"PRAGMA application_id = {SCHEMA.application_id}; PRAGMA user_version = 1; {SCHEMA.versions[0]}"
            f"INSERT INTO reservation VALUES (7, {int(unix_clock()) // 86400}, {unix_clock()}, 'relay',"
            "'submit', 250000, NULL);"
            "INSERT INTO job VALUES (3, 7, 'one', 'videos', 'video_1');"
        )
    for known in ({}, {"relay": "fingerprint"}):
        with closing(Ledger.open(tmp_path, exclusive=True, now=unix_clock)) as ledger:
            assert (ledger.spent_usd(), ledger.accepted_canaries()) == (0.25, known)
            assert [(job.id, job.job_id) for job in ledger.unfinished_jobs()] == [(3, "video_1")]
            ledger.note_accepted_canary("relay", "fingerprint")


def test_incomplete_ledger_is_refused(ledger: Ledger, ledger_path: Path, unix_clock: HandClock) -> None:
    """A ledger that lost a table is refused each time, and the failed start does not keep the exporter's lock."""
    ledger.close()
    with closing(sqlite3.connect(ledger_path)) as db:
        db.execute("DROP TABLE folded")
    for _ in range(2):
        with pytest.raises(StorageError, match=r"cannot be used \(no such table: folded\); restart"):
            Ledger.open(ledger_path.parent, exclusive=True, now=unix_clock)


@pytest.mark.parametrize("with_directory", [False, True])
def test_deleted_ledger_permits_nothing(ledger: Ledger, ledger_path: Path, with_directory: bool) -> None:
    """Once the open file has lost its name nothing is reserved, and no empty ledger is made up in its place."""
    if with_directory:
        shutil.rmtree(ledger_path.parent)
    else:
        ledger_path.unlink()
    for _ in range(2):
        with pytest.raises(StorageError, match="was deleted while in use; restart to begin anew"):
            ledger.reserve("relay", "generate", 0.1, 1.0)
    with pytest.raises(StorageError, match="was deleted"):
        ledger.spent_usd()
    assert not ledger_path.exists()


def test_replaced_ledger_permits_nothing(ledger: Ledger, ledger_path: Path, tmp_path: Path) -> None:
    """Another ledger moved into place is not what this process has open, so it refuses."""
    Ledger.open(tmp_path / "other", exclusive=True, now=HandClock()).close()
    (tmp_path / "other" / LEDGER_FILE).rename(ledger_path)
    with pytest.raises(StorageError, match="was replaced while in use; restart to use the new one"):
        ledger.reserve("relay", "generate", 0.1, 1.0)


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process can grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_full_disk_permits_nothing(ledger: Ledger, ledger_path: Path) -> None:
    """Without room to write there is no reservation, open ones stay counted, and room restores the ledger."""
    reservation = reserve(ledger, 0.4)
    with full_disk():
        for _ in range(2):
            with pytest.raises(StorageError, match=rf"^{re.escape(str(ledger_path))}: [^\n]*space[^\n]*$"):
                ledger.reserve("relay", "generate", 0.1, 1.0)
        with pytest.raises(StorageError, match="space"):
            ledger.settle(reservation, 0.1)
    assert ledger.spent_usd() == 0.4
    ledger.settle(reservation, 0.1)
    reserve(ledger, 0.9)


def test_full_disk_at_start(tmp_path: Path, unix_clock: HandClock) -> None:
    """A disk full at start refuses, whether the ledger exists or not, and leaves nothing that a restart trips over."""
    for _ in range(2):
        with full_disk(), pytest.raises(StorageError, match=re.escape(str(tmp_path))):
            Ledger.open(tmp_path, exclusive=True, now=unix_clock)
        with full_disk(), pytest.raises(StorageError, match="space"):
            Ledger.open(tmp_path, exclusive=False, now=unix_clock)
        Ledger.open(tmp_path, exclusive=True, now=unix_clock).close()


def test_locked_ledger_permits_nothing(tmp_path: Path, unix_clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that keeps the file locked is named as the cause, after a bounded wait."""
    monkeypatch.setattr(sqlite, "LONGEST_WAIT_SECONDS", 0.01)
    ledger = Ledger.open(tmp_path, exclusive=True, now=unix_clock)
    with closing(ledger), closing(sqlite3.connect(tmp_path / LEDGER_FILE, isolation_level=None)) as browser:
        browser.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageError, match=r"is locked .*; end the program that keeps it open"):
            ledger.reserve("relay", "generate", 0.1, 1.0)
        browser.execute("ROLLBACK")
        reserve(ledger)


def test_closed_ledger_permits_nothing(ledger: Ledger) -> None:
    """A ledger that was closed under a running probe is storage trouble, not a crash."""
    ledger.close()
    with pytest.raises(StorageError, match="closed database"):
        ledger.reserve("relay", "generate", 0.1, 1.0)
