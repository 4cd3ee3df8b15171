"""The program's commands as values, without running one."""

from __future__ import annotations

import click

from sora_exporter.cli.main import main


def command(name: str) -> click.Command:
    """Return a command of the program by its name."""
    found = main.get_command(click.Context(main), name)
    assert found is not None, name
    return found
