"""Impossible ends of life: each is logged once per service."""

from __future__ import annotations

import logging

import pytest
from support.watched import config, service

from sora_exporter.probes.ignored_dates import IgnoredDates
from sora_exporter.result import ProbeKind


def test_a_date_is_logged_once_per_service(caplog: pytest.LogCaptureFixture) -> None:
    """The first impossible date of each service is logged with its facts; later ones and empty ones are not."""
    first, second = config(service("a"), service("b")).services
    dates = IgnoredDates()
    with caplog.at_level(logging.WARNING):
        dates.note(first, ProbeKind.CATALOG, "")
        for one in (first, first, second):
            dates.note(one, ProbeKind.CATALOG, "9999-12-31")
        dates.note(first, ProbeKind.CANARY, "0001-01-01")
    facts = [
        (vars(record)["service_id"], vars(record)["provider"], vars(record)["detail"]) for record in caplog.records
    ]
    assert facts == [("a", "relay", "9999-12-31"), ("b", "relay", "9999-12-31")]
