"""``sora-exporter classify``."""

from __future__ import annotations

from typing import Any

import click

from sora_exporter.cli.options import fail


@click.command()
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
def classify(file: Any) -> None:
    """Classify recorded answers, one JSON object a line, from FILE or standard input."""
    from sora_exporter.cli.classify_lines import LineError, classify_lines

    try:
        for line in classify_lines(file):
            click.echo(line)
    except LineError as error:
        fail(f"{file.name}: {error}")
