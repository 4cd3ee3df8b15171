"""The rows of the budget's ledger: money set aside for an attempt, and the job that it may have paid for.

Money is integer micro-dollars in the ledger and USD outside; days are UTC days, counted from 1970-01-01 there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

MOST_USD = 1e9
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money set aside for one attempt of a paid probe; it counts for ``day`` in full until settled.

    ``marker`` is unique among the reservations of all ledgers; ``reserved_at`` is Unix time.
    """

    id: int
    day: date
    service_id: str
    probe: str
    amount_usd: float
    reserved_at: float
    marker: str


@dataclass(frozen=True, slots=True)
class Share:
    """The part of the day's limit, in USD, that several services may spend together; ``name`` is for people."""

    name: str
    service_ids: frozenset[str]
    limit_usd: float


@dataclass(frozen=True, slots=True)
class Job:
    """A job that may exist at a provider; ``job_id`` is None while the answer to the create call is not known."""

    id: int
    reservation: Reservation
    provider: str
    api: str
    job_id: str | None


def date_of(day: int) -> date:
    """Return the date of a day of the ledger."""
    return date.fromordinal(_EPOCH + day)


def day_of(when: date) -> int:
    """Return the ledger's number of a date."""
    return when.toordinal() - _EPOCH


def ceil_micro(usd: float) -> int:
    """Micro-dollars, rounded up; the inner rounding drops the error of binary fractions (1.1 is 1100000.0000000002)."""
    return math.ceil(round(usd * 1e6, 3))


def floor_micro(usd: float) -> int:
    """Micro-dollars, downwards."""
    return math.floor(round(usd * 1e6, 3))
