"""``sora-exporter simulate``."""

from __future__ import annotations

import sys

import click


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=10199, show_default=True, help="0 takes a free one.")
@click.option("--scenario", default="january-2026", show_default=True, help="How every model behaves; a name.")
def simulate(port: int, scenario: str) -> None:
    """Run the simulated provider alone."""
    from sora_exporter.simulator import run

    sys.exit(run(port=port, scenario=scenario))
