"""The budget of paid probes: a durable ledger of reservations, and of the jobs that must not be left behind.

The order that makes ``kill -9`` harmless at every point::

    reserve        the money counts, in full, from here on
    remember_job   the record exists
    (create call)  the only step that costs money
    note_job_id    the job can be found again
    (delete call)  at the provider, once the probe is done with the job
    forget_job, settle

A kill before the create call wastes budget, never money. A kill between the create call and ``note_job_id`` leaves a
job with ``job_id`` None: it was paid at most once and is counted. Its reservation's ``marker`` is part of its prompt,
so that it can be found in the provider's list of jobs, where there is such a list, and be deleted after all.

A canary that was accepted instead of refused was not foreseen: it is charged once it is known, and its target is
remembered, so that no later process sends it again.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from importlib import resources
from typing import Self

from sora_exporter.budget.reservation import MOST_USD, Job, Reservation, Share, ceil_micro, date_of, day_of, floor_micro
from sora_exporter.budget.sqlite import SqliteStorage
from sora_exporter.budget.storage import DatabaseUrl, Place, Schema, Storage, StorageError, Transaction
from sora_exporter.logs import LogOnce

log = logging.getLogger(__name__)

LEDGER_FILE = "ledger.sqlite3"
DAYS_KEPT = 400
MOST_DAYS_AHEAD = 90
"""A clock that steps back by at most so many days opens no new budget; beyond that the later time was wrong."""
SCHEMA = Schema(
    application_id=int.from_bytes(b"SORA", "big"),
    versions=tuple(
        resources.files(__package__).joinpath(f"ledger.{version}.sql").read_text("utf-8") for version in range(1, 7)
    ),
)


class Ledger:
    """The spend of all probes, shared by every process with the same storage.

    Methods are short and synchronous, for one thread, and raise StorageError when the ledger is not in order: then
    there is no reservation, hence no paid call. ``storage`` also holds the event log.
    """

    def __init__(self, storage: Storage, now: Callable[[], float]) -> None:
        self.storage = storage
        self._now = now
        self._jumped = LogOnce(log, "system clock jumped", over="system clock plausible again")

    @classmethod
    def open(cls, place: Place, *, exclusive: bool, now: Callable[[], float]) -> Self:
        """Open the ledger in a directory, creating both, or in a database; ``now`` gives Unix seconds.

        ``exclusive`` is for the exporter, of which there is one per directory; one-shot commands share its ledger. A
        database is shared by all, and has a clock of its own.
        """
        storage = open_storage(place, exclusive=exclusive)
        return cls.over(storage, storage.time(now))

    @classmethod
    def over(cls, storage: Storage, now: Callable[[], float]) -> Self:
        """Return the ledger of an open storage, whose users share the clock ``now``; closes it on StorageError."""
        ledger = cls(storage, now)
        try:
            ledger._tidy()
        except StorageError:
            ledger.close()
            raise
        return ledger

    def now(self) -> float:
        """The ledger's Unix time, which is that of its rows."""
        return self._now()

    def close(self) -> None:
        """Close the file and release every lock."""
        self.storage.close()

    def reserve(
        self, service_id: str, probe: str, amount_usd: float, limit_usd: float, shares: Sequence[Share] = ()
    ) -> Reservation | None:
        """Set ``amount_usd`` aside, durably, before the paid call; None if today's spend would pass ``limit_usd``.

        None also if it would pass a share of the limit, for an amount that is not positive, and for amounts or limits
        that are not a sane number.
        """
        if not 0 < amount_usd <= limit_usd <= MOST_USD:
            return None
        amount, limit = ceil_micro(amount_usd), floor_micro(limit_usd)
        with self.storage.write() as db:
            day = self._today(db)
            spent = _spent_by_service(db, day)
            if amount <= 0 or sum(spent.values()) + amount > limit:
                return None
            for share in shares:
                if sum(spent.get(one, 0) for one in share.service_ids) + amount > floor_micro(share.limit_usd):
                    return None
            _write_off(db, day)
            return _add(db, day, service_id, probe, amount, self._now())

    def charge(self, service_id: str, probe: str, amount_usd: float) -> Reservation:
        """Count money that was spent without a reservation, even beyond the limit; 0 if no price is known."""
        with self.storage.write() as db:
            # The row keeps the job that was ordered, so it is there also when nothing is charged.
            amount = ceil_micro(amount_usd)
            reservation = _add(db, self._today(db), service_id, probe, max(amount, 1), self._now())
            db.execute("UPDATE reservation SET settled = ? WHERE id = ?", (amount, reservation.id))
            return reservation

    def settle(self, reservation: Reservation, actual_usd: float) -> None:
        """Replace the reservation by the actual cost of the call, on the day of the reservation.

        An amount above the reservation counts in full: the money is gone, so the day's spend may pass the limit by the
        excess, and later reservations have that much less left. The first settlement stands; an open reservation is
        written off in full after the second midnight and can no longer be settled.
        """
        if not 0 <= actual_usd <= MOST_USD:
            raise ValueError(f"actual_usd must be between 0 and {MOST_USD:.0f}, not {actual_usd}")
        with self.storage.write() as db:
            values = ceil_micro(actual_usd), reservation.id
            db.execute("UPDATE reservation SET settled = ? WHERE id = ? AND settled IS NULL", values)

    def release(self, reservation: Reservation) -> None:
        """Give the money back, for a call that was certainly not made. It stays the ``last_attempt``."""
        self.settle(reservation, 0.0)

    def release_unmade(self, job: Job) -> None:
        """Give the money of a job back that was certainly not made, unless its id was found meanwhile."""
        with self.storage.write() as db:
            db.execute(
                "UPDATE reservation SET settled = 0 WHERE id = ? AND settled IS NULL"
                " AND EXISTS (SELECT 1 FROM job WHERE id = ? AND job_id IS NULL)",
                (job.reservation.id, job.id),
            )

    def spent_usd(self, day: date | None = None) -> float:
        """The spend of a UTC day (default: today), open reservations included; 0 for days no longer kept."""
        with self.storage.read() as db:
            return _spent(db, self._today(db) if day is None else day_of(day)) / 1e6

    def spent_by_service(self) -> dict[str, float]:
        """The total cost of each service over the ledger's life, in USD; it never falls.

        An open reservation joins when it is settled or written off.
        """
        with self.storage.read() as db:
            rows = db.execute(
                "SELECT service_id, SUM(amount) FROM (SELECT service_id, amount FROM folded UNION ALL"
                " SELECT service_id, settled FROM reservation WHERE settled IS NOT NULL) AS cost"
                " GROUP BY service_id ORDER BY service_id"
            )
        return {service_id: int(amount) / 1e6 for service_id, amount in rows}

    def last_attempt(self, service_id: str, probe: str) -> float | None:
        """Unix time of the latest reservation, or None. After the clock stepped back it may lie in the future."""
        with self.storage.read() as db:
            rows = db.execute(
                "SELECT reserved_at FROM reservation WHERE service_id = ? AND probe = ? ORDER BY id DESC LIMIT 1",
                (service_id, probe),
            )
        return float(rows[0][0]) if rows else None

    def remember_job(self, reservation: Reservation, provider: str, api: str, job_id: str | None = None) -> Job:
        """Record, before the create call and inside ``attempt_lock``, that a job may soon exist."""
        with self.storage.write() as db:
            values = reservation.id, provider, api, job_id
            number = db.insert("INSERT INTO job (reservation_id, provider, api, job_id) VALUES (?, ?, ?, ?)", values)
            return Job(number, reservation, provider, api, job_id)

    def note_job_id(self, job: Job, job_id: str) -> Job:
        """Record the id right after the create call's answer."""
        with self.storage.write() as db:
            db.execute("UPDATE job SET job_id = ? WHERE id = ?", (job_id, job.id))
        return replace(job, job_id=job_id)

    def forget_job(self, job: Job) -> None:
        """Drop the record: the job is deleted at the provider, was never created, or cannot be found again."""
        with self.storage.write() as db:
            db.execute("DELETE FROM job WHERE id = ?", (job.id,))

    def unfinished_jobs(self) -> list[Job]:
        """Jobs left behind, oldest first: to be deleted at the provider and forgotten, never created again.

        Jobs of a probe that is being attempted now, by any process, are left out (see ``attempt_lock``).
        """
        with self.storage.read() as db:
            rows = db.execute(
                "SELECT job.id, provider, api, job_id, reservation_id, day, service_id, probe, amount, reserved_at"
                " FROM job JOIN reservation ON reservation.id = reservation_id ORDER BY job.id"
            )
            jobs = [Job(row[0], _reservation(db, *row[4:]), *row[1:4]) for row in rows]
        return [job for job in jobs if not self.storage.is_attempted(job.reservation.service_id, job.reservation.probe)]

    def accepted_canaries(self) -> dict[str, str]:
        """By service, the fingerprint of the target that accepted a canary."""
        with self.storage.read() as db:
            return dict(db.execute("SELECT service_id, target FROM accepted_canary ORDER BY service_id"))

    def note_accepted_canary(self, service_id: str, target: str) -> None:
        """Remember that this target accepted the service's canary."""
        with self.storage.write() as db:
            db.execute(
                "INSERT INTO accepted_canary VALUES (?, ?, ?) ON CONFLICT (service_id)"
                " DO UPDATE SET target = excluded.target, accepted_at = excluded.accepted_at",
                (service_id, target, self._now()),
            )

    def forget_accepted_canary(self, service_id: str) -> None:
        """The service's canary is refused as expected."""
        with self.storage.write() as db:
            db.execute("DELETE FROM accepted_canary WHERE service_id = ?", (service_id,))

    def fruitless(self) -> dict[str, tuple[int, float]]:
        """By service, how many paid attempts in a row made no job, and when the last one ended (Unix time)."""
        with self.storage.read() as db:
            rows = db.execute("SELECT service_id, attempts, ended_at FROM fruitless ORDER BY service_id")
        return {service_id: (attempts, ended_at) for service_id, attempts, ended_at in rows}

    def note_fruitless(self, service_id: str, attempts: int, ended_at: float) -> None:
        """Remember so many paid attempts in a row without a job."""
        with self.storage.write() as db:
            db.execute(
                "INSERT INTO fruitless VALUES (?, ?, ?) ON CONFLICT (service_id)"
                " DO UPDATE SET attempts = excluded.attempts, ended_at = excluded.ended_at",
                (service_id, attempts, ended_at),
            )

    def forget_fruitless(self, service_id: str) -> None:
        """The service's paid attempts make jobs again, or may do so."""
        with self.storage.write() as db:
            db.execute("DELETE FROM fruitless WHERE service_id = ?", (service_id,))

    def attempt_lock(self, service_id: str, probe: str) -> AbstractContextManager[bool]:
        """Hold the lock of one probe of one service; yields False while any process holds it."""
        return self.storage.attempt_lock(service_id, probe)

    def _today(self, db: Transaction) -> int:
        """The latest day known: a clock stepping back opens no budget.

        Days far ahead are left out. The clock was wrong when they were recorded, and they would bar paid probes until
        they come.
        """
        clock = math.floor(self._now() / 86400)
        known = [int(day) for (day,) in db.execute("SELECT DISTINCT day FROM reservation WHERE day > ?", (clock,))]
        if any(day > clock + MOST_DAYS_AHEAD for day in known):
            self._jumped.on(f"it says {date_of(clock)}, orders were recorded for {date_of(max(known))}")
        else:
            self._jumped.off()
        return max([clock, *(day for day in known if day <= clock + MOST_DAYS_AHEAD)])

    def _tidy(self) -> None:
        """Fold old rows into totals, counted back from the newest row: a wrong clock must not fold today's."""
        with self.storage.write() as db:
            _write_off(db, self._today(db))
            old = "settled IS NOT NULL AND day < (SELECT MAX(day) FROM reservation WHERE day <= ?) - ?"
            kept = self._today(db), DAYS_KEPT
            db.execute(
                f"INSERT INTO folded SELECT service_id, SUM(settled) FROM reservation WHERE {old} GROUP BY service_id"  # noqa: S608
                " ON CONFLICT (service_id) DO UPDATE SET amount = folded.amount + excluded.amount",
                kept,
            )
            db.execute(f"DELETE FROM reservation WHERE {old}", kept)  # noqa: S608


def open_storage(place: Place, *, exclusive: bool) -> Storage:
    """Open the storage at a place. Raises StorageError."""
    if isinstance(place, DatabaseUrl):
        # Only those who use a database need its driver, or its memory.
        from sora_exporter.budget.postgresql import PostgresqlStorage

        return PostgresqlStorage.open(place, SCHEMA)
    return SqliteStorage.open(place, LEDGER_FILE, SCHEMA, exclusive=exclusive)


def _add(db: Transaction, day: int, service_id: str, probe: str, amount: int, now: float) -> Reservation:
    number = db.insert(
        "INSERT INTO reservation (day, reserved_at, service_id, probe, amount) VALUES (?, ?, ?, ?, ?)",
        (day, now, service_id, probe, amount),
    )
    return _reservation(db, number, day, service_id, probe, amount, now)


def _reservation(
    db: Transaction, number: int, day: int, service_id: str, probe: str, amount: int, reserved_at: float
) -> Reservation:
    ((instance,),) = db.execute("SELECT instance FROM ledger")
    return Reservation(number, date_of(day), service_id, probe, amount / 1e6, reserved_at, f"{instance}-{number}")


def _spent(db: Transaction, day: int) -> int:
    return sum(_spent_by_service(db, day).values())


def _spent_by_service(db: Transaction, day: int) -> Mapping[str, int]:
    sums = "SELECT service_id, SUM(COALESCE(settled, amount)) FROM reservation WHERE day = ? GROUP BY service_id"
    return {service_id: int(spent) for service_id, spent in db.execute(sums, (day,))}


def _write_off(db: Transaction, today: int) -> None:
    """Settle in full every reservation from before yesterday that is still open: its process is gone."""
    db.execute("UPDATE reservation SET settled = amount WHERE settled IS NULL AND day < ?", (today - 1,))
