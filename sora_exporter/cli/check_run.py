"""Probing once from the command line, beside or without a running exporter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from sora_exporter.budget.ledger import Ledger
from sora_exporter.clock import SystemClock
from sora_exporter.config import Config, Service, StatusPage
from sora_exporter.evidence.snapshot import Json, service_overview
from sora_exporter.evidence.state import State
from sora_exporter.evidence.track import is_unreached
from sora_exporter.http.fetch import Fetcher, FetchError
from sora_exporter.http.provider import ProviderClients
from sora_exporter.probes.runner import Runner
from sora_exporter.probes.scheduler import Scheduler
from sora_exporter.result import ProbeKind

BUSY_SECONDS = 0.2
PAGE_SECONDS, PAGE_BYTES = 3.0, 64 * 1024


async def check(config: Config, storage: Path, service_ids: Sequence[str], probes: Sequence[ProbeKind]) -> list[Json]:
    """Probe the named services (all, where none is named) once and return their overviews.

    Without ``probes`` the configured free ones run. The answer is in the order of the configuration. Raises
    StorageError.
    """
    clock = SystemClock()
    with closing(Ledger.open(storage, exclusive=False, now=clock.now)) as ledger:
        clients = ProviderClients()
        runner = Runner(config, ledger, clients, clock)
        state = State(clock)
        state.configure(config)
        scheduler = Scheduler(config, runner.run, state.record, clock)

        async def probe_once(service: Service, probe: ProbeKind) -> None:
            # A running exporter may be at the same probe: two at once could be billed, or limited, twice.
            while await scheduler.attempt(service, probe) is None:
                await clock.sleep(BUSY_SECONDS)

        wanted = [service for service in config.services if not service_ids or service.id in service_ids]
        try:
            async with asyncio.TaskGroup() as group:
                for service in wanted:
                    for probe in probes or free_probes(service, runner.is_barred):
                        group.create_task(probe_once(service, probe))
            if any(track.evidence and is_unreached(track.evidence) for track in state.services.values()):
                await ask_pages(config, state)
        finally:
            # An interrupted check deletes what it ordered, and lets go of the ledger, before the ledger is closed.
            await scheduler.stop()
            await clients.keep_only({})
        return [service_overview(state.services[s.id], state.verdict(s.id)) for s in wanted]


async def ask_pages(config: Config, state: State) -> None:
    """Try once to reach each official page: where nobody can be reached, no provider is to blame."""
    async with asyncio.TaskGroup() as group:
        for name, page in config.status_pages.items():
            group.create_task(_ask_page(name, page, state))


async def _ask_page(name: str, page: StatusPage, state: State) -> None:
    fetcher = Fetcher(page.proxy.get_secret_value() if page.proxy else None)
    is_reached = True
    try:
        await fetcher.fetch(page.url, timeout_seconds=PAGE_SECONDS, max_bytes=PAGE_BYTES)
    except FetchError as error:
        is_reached = error.is_reached
    finally:
        await fetcher.aclose()
    state.witness(f"page:{name}", is_reached, page.interval)


def free_probes(service: Service, is_barred: Callable[[Service, ProbeKind], bool]) -> list[ProbeKind]:
    """Return the service's configured free probes, less a canary that might cost; the catalog where none is left."""
    free = [probe for probe in service.probes if not probe.is_paid and not is_barred(service, probe)]
    return free or [ProbeKind.CATALOG]
