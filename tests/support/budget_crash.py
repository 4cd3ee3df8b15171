"""A process that pays from a ledger, or holds its locks, until it is killed.

The journal is the outside world's record of what was really bought, one line per event, written with O_APPEND.
"""

from __future__ import annotations

import os
import random
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

import sora_exporter.budget.sqlite
from sora_exporter.budget.ledger import Ledger, open_storage
from sora_exporter.budget.reservation import Job, Reservation
from sora_exporter.budget.storage import Place

# How long a ledger waits for its turn is not what is proven here, and the machine may be busy.
sora_exporter.budget.sqlite.LONGEST_WAIT_SECONDS = 60.0

LIMIT_USD = 2.0
SERVICES = ("relay", "official")


def record(journal: int, *words: object) -> None:
    os.write(journal, (" ".join(map(str, words)) + "\n").encode())


def clean_up(ledger: Ledger, journal: int) -> None:
    for job in ledger.unfinished_jobs():
        if job.job_id is not None:
            record(journal, "delete", job.reservation.id)
            ledger.forget_job(job)


def attempt(ledger: Ledger, journal: int, generator: random.Random) -> None:
    service_id = generator.choice(SERVICES)
    with ledger.attempt_lock(service_id, "submit") as is_mine:
        if not is_mine:
            return
        reservation = ledger.reserve(service_id, "submit", generator.randint(1, 200_000) / 1e6, LIMIT_USD)
        if reservation is not None:
            buy(ledger, journal, reservation, ledger.remember_job(reservation, "provider", "videos"), generator)


def buy(ledger: Ledger, journal: int, reservation: Reservation, job: Job, generator: random.Random) -> None:
    paid = generator.randint(0, round(reservation.amount_usd * 1e6))
    record(journal, "create", reservation.id, reservation.day, paid)
    job = ledger.note_job_id(job, f"video_{reservation.id}")
    record(journal, "delete", reservation.id)
    ledger.forget_job(job)
    ledger.settle(reservation, paid / 1e6)


def pay(place: Place, ready: Connection, journal_file: Path, day: int, seed: int) -> None:
    """Open the ledger, report it, and pay until killed."""
    journal = os.open(journal_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    generator = random.Random(seed)
    ledger = Ledger.over(open_storage(place, exclusive=False), lambda: day * 86400.0)
    ready.send(None)
    clean_up(ledger, journal)
    while True:
        attempt(ledger, journal, generator)
        # SQLite's lock is not fair: without a pause the others would wait for ever, unlike at the pace of real probes.
        time.sleep(0.001)


def hold(place: Place, ready: Connection) -> None:
    """Hold the exporter's lock and the lock of one attempt until killed."""
    ledger = Ledger.open(place, exclusive=True, now=lambda: 20_000 * 86400.0)
    with ledger.attempt_lock("relay", "generate"):
        ready.send(None)
        signal.pause()
