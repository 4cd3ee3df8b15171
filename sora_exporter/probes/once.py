"""One attempt now: which probes cost nothing, and an attempt beside another process that runs the same one."""

from __future__ import annotations

from collections.abc import Callable

from sora_exporter.clock import Clock
from sora_exporter.config import Service
from sora_exporter.config.apis import Api
from sora_exporter.probes.scheduler import Scheduler
from sora_exporter.result import ProbeKind, ProbeResult

BUSY_SECONDS = 0.2


async def attempt_now(scheduler: Scheduler, clock: Clock, service: Service, probe: ProbeKind) -> ProbeResult | None:
    """Return the result of one attempt; it waits while another process runs the same one.

    Two at once could be billed or rate-limited twice. None if a reload removed the service.
    """
    while scheduler.knows(service.id):
        if (result := await scheduler.attempt(service, probe)) is not None:
            return result
        await clock.sleep(BUSY_SECONDS)
    return None


def free_probes(service: Service, api: Api, is_barred: Callable[[Service, ProbeKind], bool]) -> list[ProbeKind]:
    """Return the service's configured free probes without a canary that might cost.

    If none is left it is the catalog, and nothing for an API without one.
    """
    free = [probe for probe in service.probes if not probe.is_paid and not is_barred(service, probe)]
    return free or ([ProbeKind.CATALOG] if api.catalog is not None else [])
