"""``sora-exporter check``: one attempt of each probe, beside or without a running exporter."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import click

from sora_exporter.budget.estimate import cost_of
from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.storage import Place, StorageError
from sora_exporter.cli.mistakes import fail
from sora_exporter.cli.options import config_option, load, place, run_to_end, storage_options, warn
from sora_exporter.clock import SystemClock
from sora_exporter.config import Config, Service, StatusPage
from sora_exporter.evidence.snapshot import Json, service_as_known
from sora_exporter.evidence.state import State
from sora_exporter.evidence.track import is_unreached
from sora_exporter.http.fetch import Fetcher, FetchError
from sora_exporter.http.provider import ProviderClients
from sora_exporter.http.traced import TracedClients
from sora_exporter.logs import configure_logging
from sora_exporter.probes.balance import Balances
from sora_exporter.probes.once import attempt_now, free_probes
from sora_exporter.probes.runner import Runner
from sora_exporter.probes.scheduler import Scheduler
from sora_exporter.report.check import renderers
from sora_exporter.report.cost import COST_RENDERERS
from sora_exporter.report.trace import call_text, result_text
from sora_exporter.result import ProbeKind, Status

log = logging.getLogger(__name__)

PAGE_SECONDS, PAGE_BYTES = 3.0, 64 * 1024
Step = Callable[[], Coroutine[Any, Any, None]]


@click.command()
@click.argument("services", nargs=-1, metavar="[SERVICE]...")
@config_option
@click.option("--probe", "probes", multiple=True, metavar="PROBE",
              help="catalog, canary, submit or generate; the last two cost money and need a budget. "
                   "Default: the configured free ones.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True,
              help="Text for a terminal, JSON for a program, Markdown to paste.")  # fmt: skip
@click.option("--cost", "is_cost", is_flag=True,
              help="Print the cost of the configured probes and send nothing.")  # fmt: skip
@click.option("--trace", "is_traced", is_flag=True,
              help="Print each request and answer on standard error, secrets hidden.")  # fmt: skip
@storage_options
def check(
    services: tuple[str, ...], config_file: Path | None, probes: tuple[str, ...], form: str, is_cost: bool,
    is_traced: bool, **storage: Any,
) -> None:  # fmt: skip
    """Probe once and print the report. Exit code 0: all operational, 1: some not, 2: could not run."""
    config = load(config_file)
    known = [service.id for service in config.services]
    unknown = [name for name in services if name not in known]
    if unknown:
        fail(f"unknown service {', '.join(unknown)}: configured are {', '.join(known) or '(none)'}")
    configure_logging("warning", "logfmt")
    warn(config)
    if is_cost:
        click.echo(COST_RENDERERS[form](cost_of(config, services)), nl=False)
        return
    if not known:
        fail("no service is configured: add one under services: or leave out --config.file")
    wrong = [name for name in probes if name not in set(ProbeKind)]
    if wrong:
        fail(f"unknown probe {', '.join(wrong)}: use {', '.join(ProbeKind)}")
    try:
        chosen = [ProbeKind(name) for name in probes]
        found = run_to_end(
            probe_once(config, place(**storage), services, chosen, show=_to_stderr if is_traced else None)
        )
    except StorageError as error:
        fail(str(error))
    # The terminal's width, or COLUMNS; a file and a pipe have none.
    columns = shutil.get_terminal_size((0, 0)).columns
    click.echo(renderers(columns)[form](found, time.time()), nl=False)
    sys.exit(0 if all(service["status"] == Status.OPERATIONAL for service in found) else 1)


def _to_stderr(text: str) -> None:
    click.echo(text, err=True)


async def probe_once(
    config: Config, storage: Place, service_ids: Sequence[str], probes: Sequence[ProbeKind],
    *, show: Callable[[str], None] | None = None,
) -> list[Json]:  # fmt: skip
    """Probe the named services once and return their overviews, in the order of the configuration.

    Each balance of their providers is read once, beside the probes. Without ``service_ids`` every service is probed;
    without ``probes`` the configured free ones run. With ``show`` the attempts run one after the other, and it gets the
    text of each call and result. Raises StorageError.
    """
    clock = SystemClock()
    began_at = clock.now()
    with closing(Ledger.open(storage, exclusive=False, now=clock.now)) as ledger:
        own_clients = ProviderClients()
        clients = own_clients if show is None else TracedClients(own_clients, lambda call: show(call_text(call)))
        runner = Runner(config, ledger, clients, clock)
        state = State(clock)
        state.configure(config)
        scheduler = Scheduler(config, runner.run, state.record, clock)
        balances = Balances(config, clients, clock, state.note_balance)

        async def attempt(service: Service, probe: ProbeKind) -> None:
            result = await attempt_now(scheduler, clock, service, probe)
            if show is not None and result is not None:
                show(result_text(result))

        wanted = [service for service in config.services if not service_ids or service.id in service_ids]
        try:
            providers = {service.provider for service in wanted if config.providers[service.provider].balance}
            work = {f"balance of {name}": partial(balances.read, name) for name in sorted(providers)}
            work |= {
                f"{probe} of {service.id}": partial(attempt, service, probe)
                for service in wanted
                for probe in probes or free_probes(service, config.api(service), runner.is_barred)
            }
            await (_together(work.values()) if show is None else _one_by_one(work, show))
            if any(track.evidence and is_unreached(track.evidence) for track in state.services.values()):
                await reach_pages(config, state)
        finally:
            # An interrupted check deletes the jobs it created before the ledger is closed.
            await scheduler.stop()
            await own_clients.keep_only({})
        warn_of_jobs(ledger, wanted, began_at)
        return [service_as_known(state, service.id) for service in wanted]


def warn_of_jobs(ledger: Ledger, services: Sequence[Service], since: float) -> None:
    """Log each job of these services, reserved at this Unix time or later, that could not be removed."""
    ids = {service.id for service in services}
    for job in ledger.unfinished_jobs():
        if job.reservation.service_id in ids and job.reservation.reserved_at >= since:
            log.warning(
                "job left at its provider",
                extra={
                    "service_id": job.reservation.service_id,
                    "provider": job.provider,
                    "job": job.job_id or job.reservation.marker,
                    "detail": "`sora-exporter serve` with the same storage removes it",
                },
            )


async def _together(steps: Iterable[Step]) -> None:
    async with asyncio.TaskGroup() as group:
        for step in steps:
            group.create_task(step())


async def _one_by_one(steps: Mapping[str, Step], show: Callable[[str], None]) -> None:
    for title, step in steps.items():
        show(f"# {title}")
        await step()


async def reach_pages(config: Config, state: State) -> None:
    """Try once to reach each official page: if none can be reached either, our own network is to blame."""
    async with asyncio.TaskGroup() as group:
        for name, page in config.status_pages.items():
            group.create_task(_reach_page(name, page, state))


async def _reach_page(name: str, page: StatusPage, state: State) -> None:
    fetcher = Fetcher(page.proxy.get_secret_value() if page.proxy else None)
    is_reached = True
    try:
        await fetcher.fetch(page.url, timeout_seconds=PAGE_SECONDS, max_bytes=PAGE_BYTES)
    except FetchError as error:
        is_reached = error.is_reached
    finally:
        await fetcher.aclose()
    state.witness(f"page:{name}", is_reached, page.interval)
