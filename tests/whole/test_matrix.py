"""The outcome of every probe at every gateway in every condition, as one table: ``matrix.yml``, printed with ``-s``."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from support.matrix import cells, peers, table
from support.probing import Bench, SimulatedProvider

from sora_exporter.result import ProbeKind, Status

EXPECTED: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(
    Path(__file__).with_name("matrix.yml").read_text("utf-8")
)

ORDER_BEFORE_MONEY = {
    ("litellm", "upstream_without_balance"),
    ("new-api", "upstream_without_balance"),
    ("direct", "our_empty_balance"),
    ("direct", "model_limit"),
}
"""If the maker itself judges a broken order before it looks at rights and money, routed is true there, and all that
a free request can see. Two of these accounts are the relay's own at its maker, which no call of a customer reads, and
OpenAI has no call for the balance or the rights of a key. Only an order shows the rest, and its refusal costs nothing.
Source: cunnymessiah/keychecker#12 for the order of checks at OpenAI; new-api relay/relay_task.go."""


def test_the_table_has_every_peer_and_probe() -> None:
    """No gateway, no condition that it can be in, and no probe is left out."""
    written = [(gateway, condition) for gateway, row in EXPECTED.items() for condition in row]
    assert written == list(peers())
    assert all(list(row) == [*ProbeKind, "free", "all"] for rows in EXPECTED.values() for row in rows.values())


@pytest.mark.parametrize(("gateway", "condition"), list(peers()))
async def test_a_peer_matches_the_table(
    simulator: SimulatedProvider, bench: Bench, gateway: str, condition: str
) -> None:
    """Class, status, depth, money and jobs left match for each probe; no service is up where no video can be made.

    No free probe proves the depth of a video there either, except where a maker judges an order before the money.
    """
    found, together = await cells(simulator, bench, gateway, condition)
    shown = {name: str(cell) for name, cell in (*found.items(), *together.items())}
    print(table({gateway: {condition: shown}}))
    assert shown == EXPECTED[gateway][condition]
    if condition != "good":
        claims = {probe for probe, cell in found.items() if cell.claims_a_video}
        assert claims <= ({"canary"} if (gateway, condition) in ORDER_BEFORE_MONEY else set())
        assert Status.OPERATIONAL not in {cell.status for cell in (found["submit"], found["generate"], together["all"])}
        assert not together["all"].is_up
