"""The exporters that share a storage: each notes that it is there, and with which shard and configuration."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.storage import StorageError
from sora_exporter.logs import LogOnce

log = logging.getLogger(__name__)

GONE_SECONDS = 75.0
"""An exporter that has not noted itself for this long counts no more."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another exporter of the same storage; ``config`` is the digest of its configuration."""

    name: str
    shard: str
    config: str


class Presence:
    """This exporter among those of its storage; scrapes read ``neighbours`` and ``is_reached``, never the storage."""

    def __init__(self, ledger: Ledger, shard: str) -> None:
        self._ledger, self._shard = ledger, shard
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
        self.neighbours: Sequence[Neighbour] = ()
        self.is_reached = True
        self._differing = LogOnce(log, "configurations differ", over="configurations agree again")

    def others(self, config: str) -> Sequence[Neighbour]:
        """Return the neighbours with another configuration, or with another number of shards."""
        count = self._shard.partition("/")[2]
        return [one for one in self.neighbours if one.config != config or one.shard.partition("/")[2] != count]

    def note(self, config: str) -> None:
        """Note that this exporter is there, and look at the others; a storage that is out of reach changes nothing."""
        try:
            self._write(config)
        except StorageError:
            self.is_reached = False
            return
        self.is_reached = True
        if others := self.others(config):
            names = ", ".join(f"{one.name} (shard {one.shard}, configuration {one.config})" for one in others)
            self._differing.on(f"shard {self._shard} here has configuration {config}, not so: {names}")
        else:
            self._differing.off()

    def leave(self) -> None:
        """Note that this exporter stops."""
        try:
            with self._ledger.storage.write() as db:
                db.execute("DELETE FROM exporter WHERE name = ?", (self.name,))
        except StorageError:
            self.is_reached = False

    def _write(self, config: str) -> None:
        with self._ledger.storage.write() as db:
            now = self._ledger.now()
            db.execute(
                "DELETE FROM exporter WHERE seen_at < ? OR seen_at > ?", (now - GONE_SECONDS, now + GONE_SECONDS)
            )
            db.execute(
                "INSERT INTO exporter VALUES (?, ?, ?, ?) ON CONFLICT (name)"
                " DO UPDATE SET config = excluded.config, seen_at = excluded.seen_at",
                (self.name, self._shard, config, now),
            )
            rows = db.execute("SELECT name, shard, config FROM exporter WHERE name <> ? ORDER BY name", (self.name,))
        self.neighbours = [Neighbour(*row) for row in rows]
