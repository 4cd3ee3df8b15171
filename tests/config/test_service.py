"""A service: the schedule and the timeouts of its probes, its price and its end of life."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from support.configured import with_service

from sora_exporter.config import Price
from sora_exporter.result import ProbeKind


def test_probes_have_the_usual_schedule() -> None:
    """Without ``probes``, the two free ones run: catalog every minute, canary every five."""
    service = with_service().services[0]
    assert {kind: (p.interval, p.timeout) for kind, p in service.probes.items()} == {
        ProbeKind.CATALOG: (60.0, 10.0),
        ProbeKind.CANARY: (300.0, 30.0),
    }
    assert service.timeout(ProbeKind.GENERATE) == 900.0


@pytest.mark.parametrize(
    ("probe", "settings", "timeout"),
    [
        ("catalog", {"interval": "1m"}, 10.0),
        ("catalog", {"interval": "10s"}, 9.0),
        ("catalog", {"interval": "5s"}, 4.5),
        ("canary", {"interval": "1h", "timeout": "1s"}, 1.0),
        ("submit", {"interval": "6h"}, 60.0),
        ("generate", {"interval": "6h"}, 900.0),
    ],
)
def test_the_timeout_is_always_shorter_than_the_interval(probe: str, settings: Any, timeout: float) -> None:
    """If none is configured, the usual timeout holds, cut to nine tenths of a short interval."""
    service = with_service(price_usd={"per_request": 1}, probes={probe: settings}).services[0]
    kind = ProbeKind(probe)
    assert service.timeout(kind) == timeout
    assert service.timeout(kind) < service.probes[kind].interval


@pytest.mark.parametrize(
    ("written", "price"),
    [
        ({"per_credit": 0.01, "credits": 30}, Price(per_request=0.3)),
        ({"per_credit": 0.01, "credits_per_second": 3}, Price(per_second=0.03)),
    ],
)
def test_credits_are_converted(written: dict[str, float], price: Price) -> None:
    """A price in credits is one in dollars, by the request or by the second."""
    found = Price.model_validate(written)
    assert (found.per_request, found.per_second) == (price.per_request, price.per_second)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({}, "give per_second or per_request, one of them"),
        ({"per_second": 1, "per_request": 1}, "give per_second or per_request, one of them"),
        ({"per_credit": 0.01}, "give per_credit together with credits"),
        ({"per_credit": 0.01, "credits": 3, "credits_per_second": 3}, "give per_credit together with credits"),
        ({"credits": 3}, "give per_credit together with credits"),
        ({"per_credit": "a", "credits": 3}, "valid number"),
        ({"per_request": 0}, "greater than 0"),
    ],
)
def test_a_price_has_one_form(written: dict[str, Any], words: str) -> None:
    """No price, two prices, or half of one in credits is refused."""
    with pytest.raises(ValidationError, match=words):
        Price.model_validate(written)


def test_a_service_without_some_probes_keeps_the_others() -> None:
    """Leaving out kinds of probes returns another service and does not change this one."""
    service = with_service().services[0]
    assert list(service.without([ProbeKind.CANARY]).probes) == [ProbeKind.CATALOG]
    assert list(service.probes) == [ProbeKind.CATALOG, ProbeKind.CANARY]


def test_the_end_of_life_is_the_first_moment_of_its_day() -> None:
    """A sunset is midnight in UTC as Unix time; a service without one has none; the title falls back to the id."""
    dated, plain = with_service(sunset="2026-09-24", name="Alpha").services[0], with_service().services[0]
    assert (dated.sunset_at, dated.title) == (1790208000.0, "Alpha")
    assert (plain.sunset_at, plain.title) == (None, "a")
