"""The rules over the applications' own requests, which reach deeper than any free probe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from support.alert_stories import Story, Values, check, firings, minutes, plain, scrapes

from sora_exporter.report.queries import MINUTES, NOW, TROUBLE

pytestmark = pytest.mark.programs
LENGTH = 70
REFUSED = 50
"""The minutes at whose beginning an order a minute was refused; later there is none."""
PROVEN = "service_id_depth:sora_service_proven_timestamp_seconds:max"
RECOMMENDED = "product_service_id:sora_service_recommended:bool"
APPLICATION = {"job": "shop", "instance": "b", "service_id": "alpha"}
S = "service_id:sora_service_"
RANK = "error_class:sora_service_severity:rank"
CLASSES_OF_THE_REPORT = (NOW["error_class"], MINUTES["error_classes"])


def test_a_proof_is_the_newest_of_probes_and_applications(tmp_path: Path) -> None:
    """The newer proof of a depth counts, from either side, and an unproven depth is absent."""
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


def orders(service_id: str, **outcomes: Iterable[int]) -> Iterator[tuple[str, Mapping[str, str], Values]]:
    """Yield the counters of an application that orders from a service, one for each outcome."""
    for outcome, values in outcomes.items():
        labels = {**APPLICATION, "service_id": service_id, "outcome": outcome}
        yield from plain("sora_client_requests_total", list(values), **labels)


def test_orders_decide_beyond_the_reach_of_probes(tmp_path: Path) -> None:
    """Probes succeed everywhere, and each service has the status, availability and alert of its real orders."""
    each_minute = [min(minute, REFUSED) for minute in range(LENGTH)]
    check(
        tmp_path,
        [
            *(
                one
                for service_id in ("alpha", "beta", "gamma", "delta", "epsilon")
                for one in Story(minutes((LENGTH, "none")), service_id, provider=service_id).series()
            ),
            *plain("sora_service_price_usd", [0.1] * LENGTH, service_id="alpha", unit="second"),
            *plain("sora_service_price_usd", [0.5] * LENGTH, service_id="beta", unit="second"),
            *scrapes(*[1] * LENGTH),
            *orders("alpha", risk_control=each_minute, success=[0] * LENGTH),
            *orders("beta", success=range(LENGTH), risk_control=[int(minute > 5) for minute in range(LENGTH)]),
            *orders("gamma", quota_exhausted=each_minute),
            *orders("delta", connection=each_minute, dns=each_minute),
            *orders("epsilon", server_error=each_minute, success=each_minute),
        ],
        [
            # Every order is refused by risk control: one alert, one episode, and nothing that users got.
            (45, f'sum({S}severity:median{{service_id="alpha"}})', 2),
            (45, f"count({firings('SoraServiceRiskControl', service_id='alpha')})", 1),
            (45, f'sum({S}served:ratio{{service_id="alpha"}})', 0),
            (45, f'sum({S}traffic_availability:ratio24h{{service_id="alpha"}})', 0),
            (45, 'sum(service_id:sora_client_risk_control:ratio1h{service_id="alpha"})', 1),
            (45, f'sum({RECOMMENDED}{{service_id="alpha"}})', 0),
            *((45, f"count(({query}) and on (error_class) {RANK} == 2)", 1) for query in CLASSES_OF_THE_REPORT),
            (65, f'sum({S}severity:median{{service_id="alpha"}})', 0),
            (65, f'sum({S}risk_control_episodes:sum24h{{service_id="alpha"}})', 1),
            # One order in dozens is one failed attempt, weighed as such, and no fault.
            (45, f'sum({S}severity:median{{service_id="beta"}})', 0),
            (45, f'sum({S}served:ratio{{service_id="beta"}} < bool 1)', 1),
            (45, f'sum({RECOMMENDED}{{service_id="beta"}})', 1),
            # Our own balance: the service is unknown to us, and the alert is the one of an empty balance.
            (45, f'sum({S}severity:median{{service_id="gamma"}})', None),
            (45, f'sum({S}evidence:bool{{service_id="gamma"}})', 0),
            (45, f"count({firings('SoraProbeQuotaExhausted', provider='gamma')})", 1),
            # An application without a network says nothing of the service.
            (45, f'sum({S}severity:median{{service_id="delta"}})', 0),
            (45, f'sum({S}served:ratio{{service_id="delta"}})', 1),
            # Half of the orders fail, which is a fault of its own kind; its class is not what the others met.
            (45, f'sum({S}severity:median{{service_id="epsilon"}})', 1),
            (45, f'count({TROUBLE}{{service_id="epsilon"}})', 1),
            (45, f'sum({TROUBLE}{{service_id="epsilon",error_class="server_error"}})', 10),
            (45, f"count({firings('SoraServiceDegraded', service_id='epsilon')})", 1),
        ],
    )
