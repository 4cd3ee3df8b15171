"""The ledger's jobs and accepted canaries, in the form that probes and scheduler use."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.reservation import Job
from sora_exporter.budget.storage import StorageError
from sora_exporter.config import Service
from sora_exporter.config.target import Target, fingerprint
from sora_exporter.result import ProbeKind

log = logging.getLogger(__name__)


@contextmanager
def logged_if_not_stored(what: str, service_id: str = "") -> Iterator[None]:
    """Log a failed write instead of raising: the money is already spent, and the attempt must still end normally."""
    try:
        yield
    except StorageError as error:
        log.error("ledger not written", extra={"service_id": service_id or None, "detail": what, "error": str(error)})


@dataclass
class PaidJob:
    """The record of a job that was expected: it is in the ledger before the create request goes out."""

    ledger: Ledger
    job: Job
    is_made: bool = False

    def accepted(self, job_id: str | None) -> None:
        """Store the id the provider gave; without one the clean-up searches for the job."""
        if job_id is None:
            return
        self.is_made = True
        with logged_if_not_stored("id of an accepted job", self.job.reservation.service_id):
            self.job = self.ledger.note_job_id(self.job, job_id)

    def may_be_removed(self) -> bool:
        """Return whether the ledger knows that the job was made, or what it cost; if not, the cost is stored now.

        Otherwise the missing job would look as if it had never been made, and its money would be given back.
        """
        if self.job.job_id is not None:
            return True
        with logged_if_not_stored("cost of an accepted job", self.job.reservation.service_id):
            self.ledger.settle(self.job.reservation, self.job.reservation.amount_usd)
            return True
        return False

    def gone(self) -> None:
        """Forget the job."""
        with logged_if_not_stored("end of a job", self.job.reservation.service_id):
            self.ledger.forget_job(self.job)


@dataclass
class SurpriseJob:
    """The record of an unwanted job, begun by a canary: charged at ``price_usd`` once it is known.

    ``bar`` is called first, so that this canary is not sent again even if the rest fails.
    """

    ledger: Ledger
    service: Service
    price_usd: float
    bar: Callable[[], None]
    is_accepted: bool = False
    job: Job | None = None

    def accepted(self, job_id: str | None) -> None:
        """Bar the canary, charge it, and store the id if the provider gave one."""
        self.is_accepted = True
        self.bar()
        with logged_if_not_stored("cost of an accepted canary", self.service.id):
            reservation = self.ledger.charge(self.service.id, ProbeKind.CANARY, self.price_usd)
            if job_id is not None:
                self.job = self.ledger.remember_job(reservation, self.service.provider, self.service.api, job_id)

    def may_be_removed(self) -> bool:
        """Return True: the money of a canary is never given back."""
        return True

    def gone(self) -> None:
        """Forget the job."""
        if self.job is not None:
            with logged_if_not_stored("end of a job", self.service.id):
                self.ledger.forget_job(self.job)


class AcceptedCanaries:
    """The targets that accepted a canary they should have refused, stored in the ledger for later processes.

    ``canary_id`` names one canary of one service.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._fingerprints = ledger.accepted_canaries()
        self._unkept: dict[str, str] = {}

    def has(self, canary_id: str, target: Target) -> bool:
        """Return whether this target accepted the canary."""
        known = self._fingerprints.get(canary_id)
        return known is not None and known == fingerprint(target)

    def add(self, canary_id: str, target: Target) -> None:
        """Note that this target accepted the canary."""
        self._fingerprints[canary_id] = self._unkept[canary_id] = fingerprint(target)
        with logged_if_not_stored("accepted canary", canary_id):
            self._ledger.note_accepted_canary(canary_id, self._fingerprints[canary_id])
            del self._unkept[canary_id]

    def drop(self, canary_id: str) -> None:
        """Note that the canary was refused as expected."""
        if self._fingerprints.pop(canary_id, None) is not None:
            self._unkept.pop(canary_id, None)
            with logged_if_not_stored("canary refused again", canary_id):
                self._ledger.forget_accepted_canary(canary_id)

    def read_again(self) -> None:
        """Read the ledger again for the findings of other processes; if that fails, nothing changes."""
        with logged_if_not_stored("accepted canaries not read"):
            self._fingerprints = self._ledger.accepted_canaries() | self._unkept
