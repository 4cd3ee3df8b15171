"""``sora-exporter schema``: the JSON Schema of the configuration file."""

from __future__ import annotations

import json

import click

from sora_exporter.config.json_schema import json_schema


@click.command()
def schema() -> None:
    """Print the JSON Schema of sora.yml. An editor that has it completes and checks the file."""
    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
