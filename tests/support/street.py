"""The simulated vendors behind one real address, and what every probe of ours shows of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from starlette.types import Receive, Scope, Send

from sora_exporter.config import Config
from sora_exporter.config.apis import builtin_apis
from sora_exporter.evidence.state import State
from sora_exporter.probes.balance import Balances
from sora_exporter.probes.cleanup import CleanUp
from sora_exporter.result import BalanceReading, ErrorClass, ProbeKind
from sora_exporter.simulator.vendors import VENDORS, Desk, Fault
from support.probing import Bench, HastyClock

TIMEOUT_SECONDS = 60.0
PRICE_USD = 0.25
PAID = (ProbeKind.SUBMIT, ProbeKind.GENERATE)
MET: Mapping[str, Sequence[ProbeKind]] = {
    "door": tuple(ProbeKind), "model": tuple(ProbeKind), "create": tuple(ProbeKind),
    "token": tuple(ProbeKind), "credentials": tuple(ProbeKind),
    "catalog": (ProbeKind.CATALOG,), "cancel": PAID, "delete": PAID, "balance": (),
}  # fmt: skip
"""The probes that can meet a fault, by where it strikes; every other one strikes after the order, at generate alone."""


class LeapingClock(HastyClock):
    """Clocks that a sleep moves on at once: a job that never ends takes a few polls and no time."""

    def __init__(self) -> None:
        self._leapt = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self._leapt

    async def sleep(self, seconds: float) -> None:
        self._leapt += seconds
        await asyncio.sleep(0)


class Street:
    """Lets one vendor after another stand behind the same address."""

    def __init__(self) -> None:
        self.desk = Desk(VENDORS["kling"], lambda: 0.0)
        self.url = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.desk(scope, receive, send)

    def open(self, vendor: str, fault: Fault | None) -> Desk:
        """Let a vendor begin afresh; each request takes a second of its clock."""
        seconds = count(1)
        self.desk = Desk(VENDORS[vendor], lambda: float(next(seconds)), queue_seconds=1.5, render_seconds=1.0)
        self.desk.fault = fault
        return self.desk


@dataclass(frozen=True)
class Watched:
    """How the exporter is configured for one vendor: a row of vendors.yml without what it expects."""

    vendor: str
    api: str
    model: str
    path: str
    provider: Mapping[str, Any]
    request: Mapping[str, Any]

    def config(self, bench: Bench, url: str, service_id: str) -> Config:
        """Return the configuration of one service."""
        more = {"provider": {"relay": False, **self.provider}}
        settings = {"id": service_id, "request": self.request}
        return bench.config(url + self.path, self.api, self.model, TIMEOUT_SECONDS, more, **settings)


async def shown(street: Street, bench: Bench, watched: Watched, name: str, fault: Fault | None) -> dict[str, str]:
    """Return what each probe shows under one fault: error class, status, depth, USD, orders accepted, jobs left."""
    api = builtin_apis()[watched.api]
    found: dict[str, str] = {}
    met = MET.get(fault.at, (ProbeKind.GENERATE,)) if fault is not None else tuple(ProbeKind)
    if fault is not None and fault.at == "token":
        await bench.clients.keep_only({})
    for probe in ProbeKind:
        if probe not in met or not getattr(api, probe.needs):
            continue
        desk, spent = street.open(watched.vendor, fault), bench.ledger.spent_usd()
        # Each probe has a service of its own: a fruitless paid attempt makes the service's next one wait.
        service_id = f"{watched.api}-{name.replace('_', '-')}-{probe}"
        config = watched.config(bench, street.url, service_id)
        result = await bench.runner(config).run(config.services[0], probe)
        assert result is not None
        state = State(bench.clock)
        state.configure(config)
        state.record(result)
        cost = round(bench.ledger.spent_usd() - spent, 6)
        await _clean(bench, config, desk)
        words = (result.error_class, state.status_of(service_id).status, result.depth or "nothing", f"${cost:g}")
        found[probe.value] = " ".join([*map(str, words), str(desk.accepted), str(len(desk.jobs_left()))])
        assert result.recognised or fault is not None, result
    if "balance" in watched.provider and (fault is None or fault.at in ("door", "balance")):
        found["balance"] = await _balance(street, bench, watched, fault)
    return found


async def _clean(bench: Bench, config: Config, desk: Desk) -> None:
    """Let one round of the clean-up visit the vendor after the job has ended."""
    desk.queue_seconds = desk.render_seconds = 0.0
    cleanup = CleanUp(config, bench.ledger, bench.clients, bench.clock)
    cleanup.begin_round()
    await cleanup.finish_round()


async def _balance(street: Street, bench: Bench, watched: Watched, fault: Fault | None) -> str:
    """Return what a reading of the balance shows: the amount and its unit, or the error class."""
    readings: list[BalanceReading] = []
    street.open(watched.vendor, fault)
    config = watched.config(bench, street.url, "balance")
    await Balances(config, bench.clients, bench.clock, lambda _, reading: readings.append(reading)).read("one")
    [reading] = readings
    if reading.error_class is not ErrorClass.NONE:
        return str(reading.error_class)
    return f"{reading.value:g} {reading.unit}"
