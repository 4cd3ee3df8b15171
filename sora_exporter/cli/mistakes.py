"""The end of a command that could not do its work: one clear line on stderr, and exit code 2."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

COULD_NOT_RUN = 2


def fail(*lines: str) -> NoReturn:
    """Print each line on stderr and exit with the code for "could not run"."""
    for line in lines:
        click.echo(f"sora-exporter: {line}", err=True)
    sys.exit(COULD_NOT_RUN)
