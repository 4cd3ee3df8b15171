"""A real PostgreSQL server of the tests' own: quick to start, ended at will, with a place for each test."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

from sora_exporter.budget.storage import DatabaseUrl
from support.programs.launch import eventually, free_port

USER = "sora"
WITH_PASSWORD, PASSWORD = "guarded", "a-secret-of-the-database"
SERVER_USER = "postgres"
"""The account of Debian's package: the server does not run as root."""
SETTINGS = {
    # A crash of the machine is not part of any test; a crash of the server is survived all the same.
    "fsync": "off",
    "shared_buffers": "8MB",
    "max_connections": "40",
    "max_wal_size": "64MB",
    "autovacuum": "off",
    "listen_addresses": "*",
    "unix_socket_directories": "",
}
LINK, SPACE = ("sora-here", "sora-there"), "sora-database"
HERE, THERE = "10.213.7.1", "10.213.7.2"
"""The two ends of the wire to a server in a network of its own, and their addresses."""


def installed(name: str) -> str:
    """Return the path of a program of PostgreSQL, which Debian keeps in a folder by version."""
    found = shutil.which(name) or next(map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)
    assert found, f"{name} is not installed: run scripts/install-test-programs"
    return found


@dataclass
class Postgresql:
    """A server on a free port; ``process`` is None while it is down. It may have a network of its own (``space``)."""

    directory: Path
    space: str = ""
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=count)

    def start(self) -> None:
        """Start the server, and wait until it accepts connections."""
        settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        command = [installed("postgres"), "-D", str(self.directory / "data"), f"-p{self.port}", *settings]
        account = _account()
        if self.space:
            as_account = ["setpriv", f"--reuid={account}", "--clear-groups"]
            command, account = ["ip", "netns", "exec", self.space, *as_account, *command], None
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, user=account)
        eventually(self.accepts, every=0.02)

    def accepts(self) -> bool:
        """Return whether the server accepts connections now."""
        try:
            psycopg.connect(self.url(), connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, number: int = signal.SIGINT) -> None:
        """Stop the server: by SIGINT it ends connections and transactions, by SIGQUIT it dies as in a crash."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(60)
        self.process = None

    def freeze(self, *, is_frozen: bool) -> None:
        """Stop every process of the server in the middle of its work, or let them go on."""
        assert self.process is not None
        server = self.process.pid
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        for pid in (server, *map(int, children)):
            os.kill(pid, signal.SIGSTOP if is_frozen else signal.SIGCONT)

    def url(self, port: int | None = None, user: str = USER) -> str:
        """Return the address of the database, perhaps through another port."""
        return f"postgresql://{user}@{THERE if self.space else '127.0.0.1'}:{port or self.port}/postgres"

    def place(self, port: int | None = None, user: str = USER) -> DatabaseUrl:
        """Return an empty place for a ledger: a schema of its own."""
        name = f"place_{next(self._numbers)}"
        self.run(f"CREATE SCHEMA {name}; GRANT ALL ON SCHEMA {name} TO {WITH_PASSWORD}")
        return DatabaseUrl(f"{self.url(port, user)}?options=-csearch_path%3D{name}")

    def run(self, statements: str) -> None:
        """Run statements that return nothing."""
        with psycopg.connect(self.url(), autocommit=True) as db:
            db.execute(statements.encode())


def _account() -> str | None:
    return SERVER_USER if os.geteuid() == 0 else None


@contextmanager
def network() -> Iterator[str]:
    """Make a network with one wire to ours, as root; yields its name."""
    here, there = LINK
    subprocess.run(["ip", "netns", "add", SPACE], check=True)
    try:
        for command in (
            f"link add {here} type veth peer name {there} netns {SPACE}",
            f"addr add {HERE}/30 dev {here}",
            f"-n {SPACE} addr add {THERE}/30 dev {there}",
            f"-n {SPACE} link set {there} up",
            f"-n {SPACE} link set lo up",
        ):
            subprocess.run(["ip", *command.split()], check=True)
        connect(is_connected=True)
        yield SPACE
    finally:
        subprocess.run(["ip", "netns", "del", SPACE], check=True)


def connect(*, is_connected: bool) -> None:
    """Join or cut the wire to the other network."""
    subprocess.run(["ip", "link", "set", LINK[0], "up" if is_connected else "down"], check=True)


@contextmanager
def postgresql(space: str = "") -> Iterator[Postgresql]:
    """Make a server and run it while the block lasts, perhaps in a network of its own."""
    with tempfile.TemporaryDirectory(prefix="sora-postgresql-") as name:
        directory = Path(name)
        (directory / "data").mkdir(mode=0o700)
        if (account := _account()) is not None:
            entry = pwd.getpwnam(account)
            for path in (directory, directory / "data"):
                os.chown(path, entry.pw_uid, entry.pw_gid)
        create = [installed("initdb"), "-D", str(directory / "data"), "-U", USER, "-A", "trust", "--no-sync",
                  "--encoding=UTF8", "--locale=C", "--no-instructions"]  # fmt: skip
        subprocess.run(create, check=True, stdout=subprocess.DEVNULL, user=account)
        rules = directory / "data/pg_hba.conf"
        own = f"host all {WITH_PASSWORD} 127.0.0.1/32 scram-sha-256\nhost all {USER} {HERE}/32 trust\n"
        rules.write_text(f"{own}{rules.read_text()}")
        server = Postgresql(directory, space)
        server.start()
        try:
            server.run(f"CREATE ROLE {WITH_PASSWORD} LOGIN PASSWORD '{PASSWORD}'")
            yield server
        finally:
            server.stop(signal.SIGQUIT)
