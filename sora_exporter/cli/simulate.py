"""``sora-exporter simulate``: the simulated provider alone."""

from __future__ import annotations

import sys
from typing import Any

import click

from sora_exporter.simulator import run


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=10199, show_default=True, help="0 takes a free one.")
@click.option("--scenario", default="january-2026", show_default=True, help="Name of the scenario to play.")
@click.option("--gateway", default="direct", show_default=True, help="Name of the gateway; direct is the maker itself.")
@click.option("--condition", default="good", show_default=True, help="Name of the gateway's condition.")
@click.option("--vendor", default="", help="Name of a vendor, such as kling, to simulate instead of a scenario.")
@click.option("--fault", default="", help="Name of a fault of that vendor.")
@click.option(
    "--tls-port", type=click.IntRange(0, 65535), default=0, help="Port of the same over TLS; 0 takes a free one."
)
@click.option("--tls-file", default="", help="Certificate and key in PEM, to serve over TLS as well.")
def simulate(**options: Any) -> None:
    """Run the simulated provider alone."""
    sys.exit(run(**options))
