"""Every gateway in every condition against every probe: the outcome of each cell, and the table as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sora_exporter.evidence.state import State
from sora_exporter.probes.balance import Balances
from sora_exporter.result import Depth, ErrorClass, ProbeKind, Status
from sora_exporter.simulator.gateways import GATEWAYS, find_peer
from support.probing import Bench, SimulatedProvider

XAI: dict[str, Any] = {
    "endpoint": "videos",
    "models": {"path": None},
    "create": {
        "path": "/videos/generations",
        "body": {"model": "{model}", "prompt": "{prompt}", "duration": 1},
        "billed_seconds": ["duration"],
        "present": ["request_id"],
    },
    "canary": {
        "replace": {"prompt": "", "duration": 0},
        "refusal": ["prompt", "duration"],
        "proves": {"maker": "routed", "relay": "routed"},
    },
    "job": {
        "id": ["request_id"],
        "status": ["status"],
        "error": ["error"],
        "running": ["pending"],
        "done": ["done"],
        "failed": ["failed", "expired"],
        "poll": {"path": "/videos/{job_id}"},
    },
    "asset": {"kinds": ["video"], "url": ["video.url"]},
}
"""xAI's video API, which sub2api speaks."""


@dataclass(frozen=True, slots=True)
class Sold:
    """The offer of a gateway: the API, the model, whether it is a relay, and the call for our balance there."""

    api: str
    model: str
    is_relay: bool = True
    balance: str | None = None


SOLD = {
    "litellm": Sold("videos", "sora-2", balance="litellm"),
    "new-api": Sold("videos", "sora-2", balance="new-api"),
    "sub2api": Sold("grok-video", "grok-imagine-video", balance="sub2api"),
    "sora2api": Sold("chat", "sora_video2"),
    "direct": Sold("videos", "sora-2", is_relay=False),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """The outcome of one probe at a gateway in one condition; money in USD."""

    error_class: ErrorClass
    status: Status
    depth: Depth | None
    cost_usd: float
    jobs_left: int

    def __str__(self) -> str:
        return f"{self.error_class} {self.status} {self.depth or 'nothing'} ${self.cost_usd:g} {self.jobs_left}"

    @property
    def claims_a_video(self) -> bool:
        """True if it is operational by a proof that only a route to the maker gives."""
        is_deep = self.depth is not None and self.depth.rank >= Depth.ROUTED.rank
        return self.status is Status.OPERATIONAL and is_deep


@dataclass(frozen=True, slots=True)
class Judgement:
    """The status of a service by several probes together, its class, and the deepest fresh proof."""

    status: Status
    error_class: ErrorClass
    depth: Depth | None
    is_up: bool

    def __str__(self) -> str:
        return f"{self.error_class} {self.status} {self.depth or 'nothing'}"


def judgement(state: State, service_id: str) -> Judgement:
    """Return the conclusion of a state about a service."""
    now, proof = state.status_of(service_id), state.services[service_id].proof
    return Judgement(now.status, now.error_class, proof.depth if proof else None, now.up == 1)


def peers() -> Iterator[tuple[str, str]]:
    """Yield every gateway with every condition that it can be in."""
    for gateway in SOLD:
        for condition in GATEWAYS[gateway].conditions:
            yield gateway, condition


async def cells(
    simulator: SimulatedProvider, bench: Bench, gateway: str, condition: str
) -> tuple[dict[str, Cell], dict[str, Judgement]]:
    """Return the outcome of each probe by itself, from a fresh state, and the status of a service by several of them.

    The latter after the free probes, with a balance where the gateway has a call for it, and after all.
    """
    sold, simulation = SOLD[gateway], simulator.simulation
    document = {"provider": {"relay": sold.is_relay, "balance": sold.balance}, "apis": {"grok-video": XAI}}
    found: dict[str, Cell] = {}
    together: dict[str, Judgement] = {}
    whole = bench.config(simulator.base_url(sold.api), sold.api, sold.model, document=document, id="whole")
    memory = State(bench.clock)
    memory.configure(whole)
    simulation.peer = find_peer(gateway, condition)
    try:
        await Balances(whole, bench.clients, bench.clock, memory.note_balance).read("one")
        for probe in ProbeKind:
            simulation.jobs.clear()
            spent = bench.ledger.spent_usd()
            # Each probe has a service of its own: a fruitless paid attempt makes the service's next one wait.
            where, service_id = simulator.base_url(sold.api), f"{gateway}-{probe}"
            config = bench.config(where, sold.api, sold.model, document=document, id=service_id)
            result = await bench.runner(config).run(config.services[0], probe)
            assert result is not None
            state = State(bench.clock)
            state.configure(config)
            state.record(result)
            memory.record(replace(result, service_id="whole"))
            together["all" if probe.is_paid else "free"] = judgement(memory, "whole")
            cost = round(bench.ledger.spent_usd() - spent, 6)
            status = state.status_of(service_id).status
            found[probe.value] = Cell(result.error_class, status, result.depth, cost, len(simulator.jobs_left()))
    finally:
        simulation.peer = find_peer()
    return found, together


def table(found: dict[str, dict[str, dict[str, str]]]) -> str:
    """Return the matrix as text, a row per gateway, condition and probe."""
    lines = []
    for gateway, conditions in found.items():
        for condition, row in conditions.items():
            lines += [f"{gateway:9} {condition:25} {shown:9} {cell}" for shown, cell in row.items()]
    return "\n".join(lines)
