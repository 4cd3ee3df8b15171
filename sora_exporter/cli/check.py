"""``sora-exporter check``."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import click

from sora_exporter.cli.options import config_option, fail, load, run_to_end, storage_option, warn


@click.command()
@click.argument("services", nargs=-1, metavar="[SERVICE]...")
@config_option
@click.option("--probe", "probes", multiple=True, metavar="PROBE",
              help="catalog, canary, submit or generate; the last two cost money and need a budget. "
                   "Default: the configured free ones.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True,
              help="Text for a terminal, JSON for a program, Markdown to paste.")  # fmt: skip
@click.option("--cost", "is_cost", is_flag=True,
              help="Print what the configured probes will spend, and ask nobody anything.")  # fmt: skip
@storage_option
def check(
    services: tuple[str, ...], config_file: Path | None, probes: tuple[str, ...], form: str, is_cost: bool,
    storage: Path,
) -> None:  # fmt: skip
    """Probe once and print the report. Exit code 0: all operational, 1: some not, 2: could not run."""
    config = load(config_file)
    known = [service.id for service in config.services]
    unknown = [name for name in services if name not in known]
    if unknown:
        fail(f"unknown service {', '.join(unknown)}: configured are {', '.join(known) or '(none)'}")
    warn(config)
    if is_cost:
        from sora_exporter.budget.estimate import RENDERERS, cost_of

        click.echo(RENDERERS[form](cost_of(config, services)), nl=False)
        return
    if not known:
        fail("no service is configured: add one under services: or leave out --config.file")
    from sora_exporter.budget.storage import StorageError
    from sora_exporter.cli.check_run import check as run_check
    from sora_exporter.report.check import renderers
    from sora_exporter.result import ProbeKind, Status

    wrong = [name for name in probes if name not in set(ProbeKind)]
    if wrong:
        fail(f"unknown probe {', '.join(wrong)}: use {', '.join(ProbeKind)}")
    try:
        found = run_to_end(run_check(config, storage, services, [ProbeKind(name) for name in probes]))
    except StorageError as error:
        fail(str(error))
    # The terminal's width, or COLUMNS; a file and a pipe have none.
    columns = shutil.get_terminal_size((0, 0)).columns
    click.echo(renderers(columns)[form](found, time.time()), nl=False)
    sys.exit(0 if all(service["status"] == Status.OPERATIONAL for service in found) else 1)
