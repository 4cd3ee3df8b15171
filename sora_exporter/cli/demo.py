"""``sora-exporter demo``: everything on one machine."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import click

from sora_exporter.cli.mistakes import fail
from sora_exporter.demo import DemoError
from sora_exporter.demo.screen import Screen
from sora_exporter.demo.stack import PORTS, run_demo


def _ports(_: click.Context, __: click.Parameter, given: Sequence[str]) -> Mapping[str, int]:
    """Return the ports by program of ``PROGRAM=PORT`` texts."""
    ports = {}
    for text in given:
        name, _equals, port = text.partition("=")
        if name not in PORTS or not (port.isdecimal() and 0 < int(port) < 65536):
            raise click.BadParameter(f"{text!r}: write PROGRAM=PORT, such as prometheus=9190")
        ports[name] = int(port)
    return ports


@click.command()
@click.option("--break", "break_service", metavar="SERVICE", help="Make this service fail, to see its alert arrive.")
@click.option(
    "--port",
    "ports",
    metavar="PROGRAM=PORT",
    multiple=True,
    callback=_ports,
    help=f"Put a program on this port; repeatable. Programs: {', '.join(PORTS)}.",
)
@click.option("--days", type=click.IntRange(1, 90), default=30, show_default=True, help="Days of invented history.")
def demo(break_service: str | None, ports: Mapping[str, int], days: int) -> None:
    """Run everything on this machine, no key needed.

    Starts a simulated provider, the exporter and the programs that watch it.
    """
    try:
        run_demo(Screen(sys.stdout), break_service, days, ports)
    except DemoError as error:
        fail(str(error))
