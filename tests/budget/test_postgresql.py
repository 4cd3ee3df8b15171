"""The database of several exporters: shared, lost and found again, and refused in one line where it is not ours."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest
from support.ledgers import HandClock, opened, reserve
from support.programs.launch import eventually, free_port
from support.programs.postgresql import PASSWORD, WITH_PASSWORD, Postgresql

from sora_exporter.budget import postgresql
from sora_exporter.budget.ledger import SCHEMA, Ledger
from sora_exporter.budget.postgresql import PostgresqlStorage, Session, shown
from sora_exporter.budget.storage import DatabaseUrl, StorageError, Transaction

pytestmark = pytest.mark.programs


@pytest.fixture
def database(database_server: Postgresql) -> DatabaseUrl:
    """An empty database."""
    return database_server.place()


@pytest.fixture
def pair(database: DatabaseUrl, unix_clock: HandClock) -> Iterator[list[Ledger]]:
    """Two exporters' ledgers of one database."""
    with closing(opened(database, unix_clock)) as one, closing(opened(database, unix_clock)) as other:
        yield [one, other]


def end_session(ledger: Ledger, server: Postgresql) -> None:
    """End a ledger's connection from the server's side."""
    storage = ledger.storage
    assert isinstance(storage, PostgresqlStorage)
    assert storage._session is not None
    server.run(f"SELECT pg_terminate_backend({storage._session.db.info.backend_pid}, 10000)")


def works(ledger: Ledger) -> bool:
    """Return whether the ledger can be read."""
    try:
        ledger.spent_usd()
    except StorageError:
        return False
    return True


def test_two_exporters_share_the_limit(pair: list[Ledger]) -> None:
    """Money that one exporter has reserved is missing at the other, which sees jobs and accepted canaries too."""
    one, other = pair
    job = one.remember_job(reserve(one, 0.7), "relay", "videos", "video_1")
    one.note_accepted_canary("relay", "target")
    one.note_fruitless("relay", 2, 5.0)
    assert other.reserve("relay", "generate", 0.4, 1.0) is None
    assert (other.unfinished_jobs(), other.accepted_canaries()) == ([job], {"relay": "target"})
    assert other.fruitless() == {"relay": (2, 5.0)}


def test_an_attempt_excludes_those_of_other_exporters(pair: list[Ledger]) -> None:
    """A paid attempt is alone among all exporters."""
    one, other = pair
    with one.attempt_lock("relay", "submit") as first, other.attempt_lock("relay", "submit") as second:
        assert (first, second) == (True, False)


def test_a_lock_ends_with_its_connection_and_is_taken_again(pair: list[Ledger], database_server: Postgresql) -> None:
    """The death of a connection frees its attempt for others; a new connection takes it back if it is still free."""
    one, other = pair
    with one.attempt_lock("relay", "submit"):
        end_session(one, database_server)
        assert not other.storage.is_attempted("relay", "submit")
        assert not works(one)
        eventually(lambda: works(one), every=0.01)
        assert other.storage.is_attempted("relay", "submit")
    assert not other.storage.is_attempted("relay", "submit")


def test_a_lost_database_permits_nothing_at_once_and_comes_back(
    pair: list[Ledger], database_server: Postgresql
) -> None:
    """While the connection is lost each call fails in one line; then everything is there as before."""
    ledger, _ = pair
    reservation = reserve(ledger, 0.4)
    end_session(ledger, database_server)
    with pytest.raises(StorageError, match=r"^postgresql://sora@[^\n]*/postgres: [^\n]*; [^\n]*$"):
        ledger.reserve("relay", "generate", 0.1, 1.0)
    with pytest.raises(StorageError):
        ledger.settle(reservation, 0.1)
    eventually(lambda: works(ledger), every=0.01)
    assert ledger.spent_usd() == 0.4


def test_a_silent_server_is_left(pair: list[Ledger], monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that does not come ends the connection, and the exporter goes on."""
    monkeypatch.setattr(postgresql, "LONGEST_WAIT_SECONDS", 0.05)
    ledger, _ = pair
    with (
        pytest.raises(StorageError, match="gives no connection"),
        ledger.storage.read() as db,
    ):
        db.execute("SELECT pg_sleep(600)")
    eventually(lambda: works(ledger), every=0.01)


def test_a_failed_transaction_leaves_nothing(pair: list[Ledger]) -> None:
    """A statement that fails takes the whole transaction with it, and the next one works."""
    ledger, _ = pair

    def fail(db: Transaction) -> None:
        db.execute("INSERT INTO fruitless VALUES (?, ?, ?)", ("relay", 1, 2.0))
        db.execute("INSERT INTO nowhere VALUES (?)", (1,))

    with pytest.raises(StorageError, match="cannot be used"), ledger.storage.write() as db:
        fail(db)
    assert ledger.fruitless() == {}


def test_locked_tables_permit_nothing(database: DatabaseUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that keeps our tables locked is named as the cause, after a bounded wait."""
    monkeypatch.setattr(postgresql, "SESSION", {**postgresql.SESSION, "lock_timeout": "10ms"})
    with (
        closing(opened(database, HandClock())) as ledger,
        psycopg.connect(database.url) as other,
    ):
        other.execute("LOCK TABLE ledger")
        with pytest.raises(StorageError, match=r"is locked .*; end what keeps its tables locked"):
            ledger.reserve("relay", "generate", 0.1, 1.0)


def test_days_follow_the_clock_of_the_server(database: DatabaseUrl) -> None:
    """An exporter whose own clock is a year behind reserves for today, like all others."""
    with closing(Ledger.open(database, exclusive=True, now=lambda: time.time() - 365 * 86400)) as ledger:
        reservation = reserve(ledger)
        assert abs(reservation.reserved_at - time.time()) < 3600
        assert abs(ledger.now() - time.time()) < 3600


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "中文"])
def test_any_text_can_be_stored(pair: list[Ledger], text: str) -> None:
    """A text of a provider is stored, whatever characters are in it."""
    ledger, _ = pair
    ledger.note_accepted_canary(text, "target")
    assert list(ledger.accepted_canaries()) == [text.replace("\0", "").replace("\ud800", "?")]


# -- at the start --


def test_a_newer_database_is_refused(database: DatabaseUrl, pair: list[Ledger]) -> None:
    """A database written by a later release asks for the upgrade in one line."""
    assert len(pair) == 2
    with psycopg.connect(database.url) as db:
        db.execute("UPDATE sora_schema SET version = 99")
    expected = (
        rf"^{re.escape(shown(database.url))}: is of schema version 99, newer than \d+; upgrade sora-exporter[^\n]*$"
    )
    with pytest.raises(StorageError, match=expected):
        Ledger.open(database, exclusive=True, now=time.time)


def test_an_older_database_is_brought_up_to_date(database: DatabaseUrl, unix_clock: HandClock) -> None:
    """A database of an older release keeps its rows and gets the tables that are new."""
    with psycopg.connect(database.url) as db:
        postgresql._bring_up_to_date(db, type(SCHEMA)(SCHEMA.application_id, SCHEMA.versions[:2]), "")
        db.execute("INSERT INTO accepted_canary VALUES ('relay', 'target', 1)")
    with closing(opened(database, unix_clock)) as ledger:
        assert (ledger.accepted_canaries(), ledger.fruitless()) == ({"relay": "target"}, {})


def test_tables_of_another_program_are_left_alone(database: DatabaseUrl) -> None:
    """A database with a table of one of our names, but not ours, is refused."""
    with psycopg.connect(database.url) as db:
        db.execute("CREATE TABLE reservation (seat TEXT)")
    with pytest.raises(StorageError, match="has tables of another program; give sora-exporter a database of its own"):
        Ledger.open(database, exclusive=True, now=time.time)


def test_exporters_that_start_together_make_one_ledger(database: DatabaseUrl) -> None:
    """The tables are made once: a second session finds them, with the same mark for all jobs."""
    with ExitStack() as files:
        sessions = [Session.open(database, SCHEMA) for _ in range(2)]
        for session in sessions:
            files.enter_context(closing(session.db))
        assert sessions[0].key("a", "submit") == sessions[1].key("a", "submit")


def test_the_password_comes_from_a_file(database_server: Postgresql, tmp_path: Path) -> None:
    """A guarded account is let in with the password of the file; without it, one line names the ways to give one."""
    database = database_server.place(user=WITH_PASSWORD)
    with pytest.raises(
        StorageError, match=r"no password supplied[^\n]*; check [^\n]* PGPASSFILE or --storage\.password-file"
    ):
        Ledger.open(database, exclusive=True, now=time.time)
    file = tmp_path / "password"
    with pytest.raises(StorageError, match=r"password: No such file"):
        Ledger.open(DatabaseUrl(database.url, file), exclusive=True, now=time.time)
    file.write_text(f"{PASSWORD}\n", "utf-8")
    Ledger.open(DatabaseUrl(database.url, file), exclusive=True, now=time.time).close()


def test_a_server_that_is_not_there() -> None:
    """A start without the database ends in one line: its findings about what costs money are needed."""
    with pytest.raises(StorageError, match=r"^postgresql://127[^\n]*: gives no connection [^\n]*; check the server"):
        Ledger.open(DatabaseUrl(f"postgresql://127.0.0.1:{free_port()}/sora"), exclusive=True, now=time.time)


def test_an_unknown_database_is_named(database_server: Postgresql) -> None:
    """A database that does not exist is the problem that is named."""
    url = database_server.url().replace("/postgres", "/nowhere")
    with pytest.raises(StorageError, match=r"database .nowhere. does not exist\); check the server, the database"):
        Ledger.open(DatabaseUrl(url), exclusive=True, now=time.time)


def test_the_address_is_shown_without_secrets() -> None:
    """Neither the password nor the options of an address are ever shown."""
    assert (
        shown("postgresql://sora:secret@db.example:5433/budget?sslpassword=x")
        == "postgresql://sora@db.example:5433/budget"
    )
