"""``sora-exporter simulate``: the simulated provider alone."""

from __future__ import annotations

import sys

import click

from sora_exporter.simulator import run


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=10199, show_default=True, help="0 takes a free one.")
@click.option("--scenario", default="january-2026", show_default=True, help="Name of the scenario to play.")
@click.option("--gateway", default="direct", show_default=True, help="Name of the gateway; direct is the maker itself.")
@click.option("--condition", default="good", show_default=True, help="Name of the gateway's condition.")
@click.option("--vendor", default="", help="Name of a vendor, such as kling, to simulate instead of a scenario.")
@click.option("--fault", default="", help="Name of a fault of that vendor.")
def simulate(port: int, scenario: str, gateway: str, condition: str, vendor: str, fault: str) -> None:
    """Run the simulated provider alone."""
    sys.exit(run(port=port, scenario=scenario, gateway=gateway, condition=condition, vendor=vendor, fault=fault))
