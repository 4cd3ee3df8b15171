"""What the rules make of the applications' own requests, which reach deeper than any free probe."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.alert_stories import Story, check, minutes, plain, scrapes

pytestmark = pytest.mark.programs
LENGTH = 180
PROVEN = "service_id_depth:sora_service_proven_timestamp_seconds:max"
RECOMMENDED = "product_service_id:sora_service_recommended:bool"
APPLICATION = {"job": "shop", "instance": "b", "service_id": "alpha"}


def test_a_proof_is_the_newest_of_probes_and_applications(tmp_path: Path) -> None:
    """The newer proof of a depth counts, whichever side has it, and a depth that nobody proved is absent."""
    probe = {"job": "sora_exporter", "instance": "a", "service_id": "alpha"}
    check(
        tmp_path,
        [
            *plain("sora_service_proven_timestamp_seconds", [60] * 5, **probe, depth="routed"),
            *plain("sora_client_proven_timestamp_seconds", [30] * 5, **APPLICATION, depth="routed"),
            *plain("sora_client_proven_timestamp_seconds", [90] * 5, **APPLICATION, depth="accepted"),
            *plain("sora_client_proven_timestamp_seconds", [120] * 5, **{**APPLICATION, **probe}, depth="routed"),
        ],
        [
            (4, f'sum({PROVEN}{{service_id="alpha",depth="routed"}})', 120),
            (4, f'sum({PROVEN}{{service_id="alpha",depth="accepted"}})', 90),
            (4, f'sum({PROVEN}{{depth="delivered"}})', None),
        ],
    )


def test_risk_control_that_only_real_orders_meet_is_known_from_traffic(tmp_path: Path) -> None:
    """A route whose orders are refused is not recommended until an hour later, although its probes succeed."""
    good = minutes((LENGTH, "none"))
    refused = [*range(60), *[59] * (LENGTH - 60)]
    check(
        tmp_path,
        [
            *Story(good).series(),
            *Story(good, "beta").series(),
            *plain("sora_service_price_usd", [0.1] * LENGTH, service_id="alpha", unit="second"),
            *plain("sora_service_price_usd", [0.5] * LENGTH, service_id="beta", unit="second"),
            *scrapes(*[1] * LENGTH),
            *plain("sora_client_requests_total", refused, **APPLICATION, outcome="risk_control"),
            *plain("sora_client_requests_total", [0] * LENGTH, **APPLICATION, outcome="success"),
        ],
        [
            (50, 'sum(service_id:sora_client_risk_control:ratio1h{service_id="alpha"})', 1),
            (50, 'sum(service_id:sora_service_traffic_availability:ratio24h{service_id="alpha"})', 0),
            (50, f'sum({RECOMMENDED}{{service_id="beta"}})', 1),
            (175, 'sum(service_id:sora_client_risk_control:ratio1h{service_id="alpha"})', None),
            (175, f'sum({RECOMMENDED}{{service_id="alpha"}})', 1),
        ],
    )
