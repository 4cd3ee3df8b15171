"""The proven availability of a service, for the choice of a route."""

from __future__ import annotations

import pytest
from support.clock import HandClock
from support.pages import history_of, past

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.exporter import Exporter
from sora_exporter.result import ErrorClass, Status
from sora_exporter.web.record import proven_availability

ID = "sora-2-official"


def note(exporter: Exporter, days_ago: float, status: Status) -> None:
    """Begin a status so many days ago."""
    error_class = ErrorClass.NONE if status is Status.OPERATIONAL else ErrorClass.DNS
    exporter.events.note(ID, status, error_class, exporter.clock.now() - days_ago * DAY_SECONDS)


def test_without_a_history_the_event_log_counts(exporter: Exporter, clock: HandClock) -> None:
    """A fault of three days, ten days ago, costs a tenth of the month although the last day was good.

    A new event counts from the next minute on.
    """
    assert proven_availability(exporter, ID) is None
    note(exporter, 30, Status.OPERATIONAL)
    note(exporter, 10, Status.SUSPENDED)
    note(exporter, 7, Status.OPERATIONAL)
    assert proven_availability(exporter, ID) is None
    clock.step(60)
    assert proven_availability(exporter, ID) == pytest.approx(0.9, abs=0.001)
    note(exporter, 0.75, Status.SUSPENDED)
    note(exporter, 0.25, Status.OPERATIONAL)
    clock.step(60)
    assert proven_availability(exporter, ID) == pytest.approx(0.5, abs=0.001)


def test_a_new_service_has_to_prove_itself(exporter: Exporter) -> None:
    """The rest of the first six hours counts as not available."""
    note(exporter, 3 / 24, Status.OPERATIONAL)
    assert proven_availability(exporter, ID) == pytest.approx(0.5)


def test_a_recorded_history_counts_before_the_event_log(exporter: Exporter) -> None:
    """With a Prometheus its figure of 30 days counts, so that page and recorded series choose by the same one."""
    note(exporter, 1, Status.OPERATIONAL)
    history_of(exporter, {ID: past()})
    assert proven_availability(exporter, ID) == 0.9765
