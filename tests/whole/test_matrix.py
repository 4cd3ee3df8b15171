"""The outcome of every probe at every gateway in every condition, as one table: ``matrix.yml``, printed with ``-s``."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from support.matrix import Cell, cells, peers, table
from support.probing import Bench, SimulatedProvider

from sora_exporter.result import ProbeKind

EXPECTED: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(
    Path(__file__).with_name("matrix.yml").read_text("utf-8")
)

ORDER_BEFORE_MONEY = {
    ("litellm", "upstream_without_balance"),
    ("new-api", "upstream_without_balance"),
    ("direct", "our_empty_balance"),
    ("direct", "model_limit"),
}
"""Where the maker itself judges a broken order before it looks at rights and money: routed is true there, and all that
a free request can see. Only the paid probes and the balance show the rest."""


def test_the_table_has_every_peer_and_probe() -> None:
    """No gateway, no condition that it can be in, and no probe is left out."""
    written = [(gateway, condition) for gateway, row in EXPECTED.items() for condition in row]
    assert written == list(peers())
    assert all(list(row) == list(ProbeKind) for rows in EXPECTED.values() for row in rows.values())


@pytest.mark.parametrize(("gateway", "condition"), list(peers()))
async def test_a_peer_matches_the_table(
    simulator: SimulatedProvider, bench: Bench, gateway: str, condition: str
) -> None:
    """Class, status, depth, money and jobs left match for each probe; no depth of a video where none can be made."""
    found: dict[str, Cell] = await cells(simulator, bench, gateway, condition)
    shown = {probe: str(cell) for probe, cell in found.items()}
    print(table({gateway: {condition: shown}}))
    assert shown == EXPECTED[gateway][condition]
    if condition != "good":
        claims = {probe for probe, cell in found.items() if cell.claims_a_video}
        assert claims <= ({"canary"} if (gateway, condition) in ORDER_BEFORE_MONEY else set())
        assert {cell.status.value for cell in (found["submit"], found["generate"])} & {"operational"} == set()
