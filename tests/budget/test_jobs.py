"""The ledger's jobs in the form that probes use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from support.clock import HandClock
from support.ledgers import opened

from sora_exporter.budget.jobs import PaidJob, SurpriseJob
from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.storage import Place, StorageError
from sora_exporter.config import Service

SERVICE = Service.model_validate(
    {"id": "a", "product": "p", "access": "official", "provider": "one", "model": "m", "api": "videos"}
)


@pytest.fixture
def ledger(place: Place, clock: HandClock) -> Iterator[Ledger]:
    """An empty ledger."""
    with closing(opened(place, clock.now)) as ledger:
        yield ledger


def paid(ledger: Ledger) -> PaidJob:
    """Return the record of a job that is about to be created."""
    reservation = ledger.reserve("a", "submit", 0.25, 1.0)
    assert reservation is not None
    return PaidJob(ledger, ledger.remember_job(reservation, "one", "videos"))


@pytest.mark.parametrize("job_id", [None, "video_1"])
def test_a_paid_job_is_made_once_it_has_an_id(ledger: Ledger, job_id: str | None) -> None:
    """An id proves that a job was made and is stored; without one the record stays for the clean-up."""
    record = paid(ledger)
    record.accepted(job_id)
    (left,) = ledger.unfinished_jobs()
    assert (record.is_made, left.job_id) == (job_id is not None, job_id)


def test_a_job_that_is_gone_leaves_no_record(ledger: Ledger) -> None:
    """After its removal the job is forgotten, its money is not."""
    record = paid(ledger)
    record.accepted("video_1")
    record.gone()
    assert (ledger.unfinished_jobs(), ledger.spent_usd()) == ([], 0.25)


def test_a_job_is_removed_only_when_the_ledger_knows_of_it(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that could not be stored keeps the job at its provider, unless at least its cost can be stored now."""

    def lost(*_: object) -> None:
        raise StorageError("database: gives no connection")

    record = paid(ledger)
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "note_job_id", lost)
        record.accepted("video_1")
        patched.setattr(ledger, "settle", lost)
        assert not record.may_be_removed()
    assert record.may_be_removed()
    ledger.release_unmade(record.job)
    assert ledger.spent_usd() == 0.25


def test_money_comes_back_only_while_the_job_has_no_id(ledger: Ledger) -> None:
    """A job whose id another exporter has found meanwhile was made: its reservation goes on counting."""
    unmade, found = paid(ledger), paid(ledger)
    ledger.note_job_id(found.job, "video_1")
    for record in (unmade, found):
        ledger.release_unmade(record.job)
    assert ledger.spent_usd() == 0.25


def test_a_surprise_is_barred_before_it_is_charged(ledger: Ledger) -> None:
    """An accepted canary calls ``bar`` first, then counts its price, and its job is remembered."""
    spent_when_barred: list[float] = []
    record = SurpriseJob(ledger, SERVICE, 0.5, lambda: spent_when_barred.append(ledger.spent_usd()))
    record.accepted("video_1")
    assert (spent_when_barred, ledger.spent_usd()) == ([0.0], 0.5)
    assert [job.job_id for job in ledger.unfinished_jobs()] == ["video_1"]


@pytest.mark.parametrize("kind", ["paid", "surprise"])
def test_a_ledger_that_cannot_be_written_ends_no_attempt(
    ledger: Ledger, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    """The money is spent by then: a failed write is logged with the service, and nothing is raised."""
    record = paid(ledger) if kind == "paid" else SurpriseJob(ledger, SERVICE, 0.5, lambda: None)
    ledger.close()
    record.accepted("video_1")
    assert [(line.msg, line.service_id) for line in caplog.records] == [("ledger not written", "a")]
