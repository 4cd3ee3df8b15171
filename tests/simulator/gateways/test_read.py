"""The gateways' files: complete, and strict about what they may say."""

from __future__ import annotations

import pytest

from sora_exporter.simulator.gateways import CONDITIONS, GATEWAYS
from sora_exporter.simulator.gateways.read import FINDINGS, read_gateway
from sora_exporter.simulator.relaying import FINDINGS as FOUND_BY
from sora_exporter.simulator.relaying import KINDS


def test_every_finding_of_the_files_has_its_test_in_code() -> None:
    """The findings that a file may name are exactly those that the code has."""
    assert FOUND_BY.keys() == FINDINGS


@pytest.mark.parametrize("name", GATEWAYS)
def test_every_route_is_a_known_kind_or_a_balance_call(name: str) -> None:
    """A misspelt kind would otherwise fail only when it is called."""
    gateway = GATEWAYS[name]
    assert set(gateway.routes.values()) <= KINDS.keys() | gateway.balances.keys()
    assert gateway.asks_maker <= set(gateway.routes.values())
    assert gateway.maker_conditions.keys() <= CONDITIONS.keys()


@pytest.mark.parametrize("name", GATEWAYS)
def test_every_kind_that_asks_the_maker_has_an_answer_for_each_way_it_can_fail(name: str) -> None:
    """For each such kind there is an answer for a dead maker and one that fits any status of a refusal."""
    gateway = GATEWAYS[name]
    for kind in gateway.asks_maker if not gateway.stream else ():
        assert any(rule.is_for(kind) for rule in gateway.dead_upstream)
        assert any(rule.is_for(kind) and not rule.statuses and not rule.shape for rule in gateway.upstream)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{summary: x, checks: [{finds: bad_luck, http_status: 400}]}", "a check cannot find bad_luck"),
        ("{summary: x, checks: [{finds: good, on: [chat]}]}", "an answer has no True"),
        ("{summary: x, checks: [{finds: good, http_state: 1}]}", "an answer has no http_state"),
        ("{summary: x, maker: {name: y}}", "a maker has no name"),
        ("{summary: x, colour: y}", "colour"),
    ],
)
def test_a_member_that_means_nothing_is_refused(text: str, message: str) -> None:
    """A misspelt line of a file fails when it is read."""
    with pytest.raises((TypeError, ValueError), match=message):
        read_gateway("x", text)
