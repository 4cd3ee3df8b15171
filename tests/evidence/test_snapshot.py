"""The state as plain data."""

from __future__ import annotations

import json

import pytest
from support.clock import HandClock
from support.watched import config, result, service

from sora_exporter.evidence.snapshot import result_overview, services_overview
from sora_exporter.evidence.state import State
from sora_exporter.result import ErrorClass, ProbeKind, Status
from sora_exporter.words import plain_words


def test_services(clock: HandClock) -> None:
    """A service's overview has status, words and price, and can be written as JSON."""
    state = State(clock)
    state.configure(config(service(price_usd={"per_second": 0.1}, sunset="2026-09-24"), service("beta")))
    state.record(result(ErrorClass.CAPTCHA, detail="Just a moment…", rule="challenge"))
    alpha, beta = json.loads(json.dumps(services_overview(state)))
    assert (alpha["status"], alpha["error_class"], alpha["why"]) == ("risk_control", "captcha", "Just a moment…")
    assert (alpha["decided_by_probe"], alpha["rule"]) == ("catalog", "challenge")
    assert (alpha["price_usd"], alpha["sunset"]) == ({"per_second": 0.1}, "2026-09-24T00:00:00Z")
    assert (beta["status"], beta["error_class"], beta["last_attempt"]) == ("unknown", "not_probed", None)


def test_the_advice_is_that_of_the_rule(state: State) -> None:
    """A faulty asset sends to the provider, not to the base URL that the class in general is about."""
    state.record(result(ErrorClass.INVALID_RESPONSE, rule="asset:faulty"))
    (shown,) = services_overview(state)
    assert shown["what_to_do"] == plain_words().rules["asset:faulty"]["advice"]


def test_attempts() -> None:
    """An attempt's overview has everything that an operator may want to show."""
    trail = {"request": "POST /videos, model m", "headers": "x-request-id: r-1\ncf-ray: a: b"}
    overview = result_overview(
        result(ErrorClass.TIMEOUT, ProbeKind.CANARY, phases={"tls": 0.12345678}, excerpt="body", **trail)
    )
    assert (overview["request"], overview["headers"]) == (trail["request"], {"x-request-id": "r-1", "cf-ray": "a: b"})
    assert overview["started_at"] == "2026-01-28T00:00:00.000Z"
    assert (overview["probe"], overview["success"], overview["status"]) == ("canary", False, "degraded")
    assert (overview["phases_seconds"], overview["excerpt"]) == ({"tls": 0.123457}, "body")
    assert json.dumps(overview)


def test_price_per_video_and_obstacles_are_shown(clock: HandClock) -> None:
    """A price per second becomes one per video if the API fixes the length; an empty balance is an obstacle."""
    state = State(clock)
    state.configure(config(service(price_usd={"per_second": 0.1}), service("beta", api="chat")))
    state.record(result())
    state.record(result(ErrorClass.QUOTA_EXHAUSTED, ProbeKind.CANARY, detail="余额不足"))
    alpha, beta = services_overview(state)
    assert (alpha["price_per_video_usd"], beta["price_per_video_usd"]) == (0.4, None)
    assert [(each["probe"], each["error_class"], each["why"]) for each in alpha["obstacles"]] == [
        ("canary", "quota_exhausted", "余额不足")
    ]


@pytest.mark.parametrize("error_class", [each for each in ErrorClass if each.status is not Status.OPERATIONAL])
def test_each_status_that_is_not_operational_has_a_reason_and_an_advice(state: State, error_class: ErrorClass) -> None:
    """An answer without a word is explained by its class, so that no line of ``check`` is empty."""
    state.record(result(error_class, detail=""))
    (shown,) = services_overview(state)
    assert (shown["status"], shown["error_class"]) == (error_class.status, error_class)
    assert shown["why"].strip()
    assert shown["what_to_do"].strip()


def test_a_refused_key_that_a_relay_passed_on_names_its_owner(state: State) -> None:
    """The customer reads that the relay's own key is meant, and what to do."""
    words = "Incorrect API key provided"
    state.record(result(ErrorClass.UNAVAILABLE, ProbeKind.CANARY, rule="passed-key", detail=words))
    (shown,) = services_overview(state)
    assert (shown["why"], bool(shown["what_to_do"])) == (f"the relay's own key is refused: {words}", True)
