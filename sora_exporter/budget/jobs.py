"""What the ledger keeps of jobs and of accepted canaries, in the form that probes and schedule know it."""

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
def told_if_not_kept(what: str) -> Iterator[None]:
    """Log that something could not be written down: the money is spent by now, and the attempt must be ended well."""
    try:
        yield
    except StorageError as error:
        log.error("%s could not be kept: %s", what, error)


@dataclass
class PaidJob:
    """The record of a job that was expected: it stands in the ledger before the create request goes out."""

    ledger: Ledger
    job: Job

    def accepted(self, job_id: str | None) -> None:
        """Take note of the id the provider gave; without one the job is searched for later."""
        if job_id is None:
            return
        with told_if_not_kept("the id of an accepted job"):
            self.job = self.ledger.note_job_id(self.job, job_id)

    def gone(self) -> None:
        """Forget the job."""
        with told_if_not_kept("the end of a job"):
            self.ledger.forget_job(self.job)


@dataclass
class SurpriseJob:
    """The record of a job that nobody wanted, begun by a canary: charged at ``price_usd`` once it is known.

    ``tell`` is called first of all: whatever comes after, this canary must not be sent again.
    """

    ledger: Ledger
    service: Service
    price_usd: float
    tell: Callable[[], None]
    is_accepted: bool = False
    job: Job | None = None

    def accepted(self, job_id: str | None) -> None:
        """Tell, charge it, and take note of the id, where the provider gave one."""
        self.is_accepted = True
        self.tell()
        with told_if_not_kept("what an accepted canary cost"):
            reservation = self.ledger.charge(self.service.id, ProbeKind.CANARY, self.price_usd)
            if job_id is not None:
                self.job = self.ledger.remember_job(reservation, self.service.provider, self.service.api, job_id)

    def gone(self) -> None:
        """Forget the job."""
        if self.job is not None:
            with told_if_not_kept("the end of a job"):
                self.ledger.forget_job(self.job)


class AcceptedCanaries:
    """Which targets accepted a canary that they should have refused; kept in the ledger for later processes."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._fingerprints = ledger.accepted_canaries()
        self._unkept: dict[str, str] = {}

    def has(self, service_id: str, target: Target) -> bool:
        """Whether this very target accepted the service's canary."""
        known = self._fingerprints.get(service_id)
        return known is not None and known == fingerprint(target)

    def add(self, service_id: str, target: Target) -> None:
        """This target accepted the service's canary."""
        self._fingerprints[service_id] = self._unkept[service_id] = fingerprint(target)
        with told_if_not_kept("that a canary was accepted"):
            self._ledger.note_accepted_canary(service_id, self._fingerprints[service_id])
            del self._unkept[service_id]

    def drop(self, service_id: str) -> None:
        """The service's canary was refused as it should be."""
        if self._fingerprints.pop(service_id, None) is not None:
            self._unkept.pop(service_id, None)
            with told_if_not_kept("that a canary is refused again"):
                self._ledger.forget_accepted_canary(service_id)

    def read_again(self) -> None:
        """Take over what other processes learnt; what the ledger cannot tell stays as it was."""
        with told_if_not_kept("what is known of accepted canaries"):
            self._fingerprints = self._ledger.accepted_canaries() | self._unkept
