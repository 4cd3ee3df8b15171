"""``sora-exporter demo``: everything on one machine."""

from __future__ import annotations

import sys

import click

from sora_exporter.cli.mistakes import fail
from sora_exporter.demo import DemoError
from sora_exporter.demo.screen import Screen
from sora_exporter.demo.stack import run_demo


@click.command()
@click.option("--break", "break_service", metavar="SERVICE", help="Make this service fail, to see its alert arrive.")
@click.option("--days", type=click.IntRange(1, 90), default=30, show_default=True, help="Days of invented history.")
def demo(break_service: str | None, days: int) -> None:
    """Run everything on this machine, no key needed.

    Starts a simulated provider, the exporter and the programs that watch it.
    """
    try:
        run_demo(Screen(sys.stdout), break_service, days)
    except DemoError as error:
        fail(str(error))
