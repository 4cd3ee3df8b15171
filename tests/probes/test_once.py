"""One attempt now: the free probes, and waiting for another process."""

from __future__ import annotations

import asyncio
from typing import cast

from support.clock import HandClock
from support.watched import FREE, config, result, service

from sora_exporter.config import Service
from sora_exporter.config.apis import builtin_apis
from sora_exporter.probes.once import BUSY_SECONDS, attempt_now, free_probes
from sora_exporter.probes.scheduler import Scheduler
from sora_exporter.result import ProbeKind, ProbeResult


def test_a_canary_that_may_cost_is_left_out_unless_it_is_named() -> None:
    """Of the free probes a barred canary is left out; the catalog takes its place where the API has one."""
    both, alone = config(service("both", probes=FREE), service("alone", probes={"canary": FREE["canary"]})).services

    def is_barred(_: Service, probe: ProbeKind) -> bool:
        return probe is ProbeKind.CANARY

    videos, fal = builtin_apis()["videos"], builtin_apis()["fal"]
    assert free_probes(both, videos, lambda *_: False) == [ProbeKind.CATALOG, ProbeKind.CANARY]
    assert [free_probes(one, videos, is_barred) for one in (both, alone)] == [[ProbeKind.CATALOG]] * 2
    assert free_probes(alone, fal, is_barred) == []


class Busy:
    """A schedule that is busy so many times, and whose service a reload removes after as many questions."""

    def __init__(self, busy: int, removed_after: int = 99) -> None:
        self.busy, self.left = busy, removed_after

    def knows(self, _: str) -> bool:
        self.left -= 1
        return self.left >= 0

    async def attempt(self, service: Service, probe: ProbeKind) -> ProbeResult | None:
        self.busy -= 1
        return None if self.busy >= 0 else result(probe=probe, service_id=service.id)


async def now(clock: HandClock, schedule: Busy) -> ProbeResult | None:
    """Return the result of one attempt, with the clock moved by hand."""
    one = config(service("a")).services[0]
    task = asyncio.create_task(attempt_now(cast("Scheduler", schedule), clock, one, ProbeKind.CATALOG))
    for _ in range(5):
        await clock.advance(BUSY_SECONDS)
    return await task


async def test_an_attempt_waits_for_that_of_another_process(clock: HandClock) -> None:
    """While another process runs the same attempt this one waits, and then runs once."""
    found = await now(clock, Busy(busy=3))
    assert found is not None
    assert (found.service_id, found.probe) == ("a", ProbeKind.CATALOG)


async def test_a_service_that_a_reload_removed_has_no_result(clock: HandClock) -> None:
    """A service that is gone ends the waiting."""
    assert await now(clock, Busy(busy=99, removed_after=2)) is None
