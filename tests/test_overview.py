"""What is known as plain data, and which route is the one to use."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hand_clock import HandClock
from watched import NOW, config, result, service

from sora_exporter.overview import iso, result_overview, routes, services_overview
from sora_exporter.result import ErrorClass, ProbeKind
from sora_exporter.state import State


@pytest.mark.parametrize(
    ("moment", "text"), [(None, None), (0.0, "1970-01-01T00:00:00Z"), (NOW + 0.9, "2026-01-28T00:00:00Z")]
)
def test_moments(moment: float | None, text: str | None) -> None:
    """Moments are told in UTC, to the second."""
    assert iso(moment) == text


def test_services(clock: HandClock) -> None:
    """A service is told with its status, the words behind it and its price; all of it can be written as JSON."""
    state = State(clock)
    state.configure(config(service(price_usd={"per_second": 0.1}, sunset="2026-09-24"), service("beta")))
    state.record(result(ErrorClass.CAPTCHA, detail="Just a moment…", rule="challenge"))
    alpha, beta = json.loads(json.dumps(services_overview(state)))
    assert (alpha["status"], alpha["error_class"], alpha["why"]) == ("risk_control", "captcha", "Just a moment…")
    assert (alpha["decided_by_probe"], alpha["rule"]) == ("catalog", "challenge")
    assert (alpha["price_usd"], alpha["sunset"]) == ({"per_second": 0.1}, "2026-09-24T00:00:00Z")
    assert (beta["status"], beta["error_class"], beta["last_attempt"]) == ("unknown", "not_probed", None)


def test_attempts() -> None:
    """An attempt is told with everything an operator may want to show."""
    told = result_overview(result(ErrorClass.TIMEOUT, ProbeKind.CANARY, phases={"tls": 0.12345678}, excerpt="body"))
    assert (told["probe"], told["success"], told["status"]) == ("canary", False, "degraded")
    assert (told["phases_seconds"], told["excerpt"]) == ({"tls": 0.123457}, "body")
    assert json.dumps(told)


def offered(service_id: str, status: str = "operational", **more: Any) -> dict[str, Any]:
    """Return what the choice of a route looks at."""
    return {
        "product": "p",
        "service_id": service_id,
        "status": status,
        "error_class": "none",
        "access": "reverse",
        **more,
    }


@pytest.mark.parametrize(
    ("services", "chosen"),
    [
        ([offered("b"), offered("a")], "a"),
        ([offered("a"), offered("b", access="official")], "b"),
        ([offered("a", "degraded", error_class="slow", access="official"), offered("b")], "b"),
        ([offered("a", "degraded", error_class="slow"), offered("b", "suspended")], "a"),
        ([offered("a", "degraded", error_class="timeout"), offered("b", "unknown")], None),
    ],
    ids=["by name", "official first", "quick first", "slow is usable", "none is usable"],
)
def test_route(services: list[dict[str, Any]], chosen: str | None) -> None:
    """The route to use is an operational one, official before reverse; without a usable one it is said why."""
    (route,) = routes(services)
    assert (route["product"], route["service_id"]) == ("p", chosen)
    assert route["why"]
