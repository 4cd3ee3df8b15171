"""``sora-exporter init``: a configuration for the vendors that a person has keys for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from sora_exporter.cli.mistakes import fail
from sora_exporter.config.catalog import Choice, NothingChosen, choose, vendors, vendors_with_keys, written
from sora_exporter.figures import count_of


@click.command()
@click.argument("names", nargs=-1, metavar="[VENDOR]...")
@click.option("--config.file", "file", type=click.Path(path_type=Path), default="sora.yml", show_default=True,
              metavar="FILE", help="File to write.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print the configuration and write nothing.")
def init(names: tuple[str, ...], file: Path, force: bool, to_stdout: bool) -> None:
    """Write a configuration for the vendors whose keys are set, or for those named. VENDOR may be a model."""
    chosen = names or tuple(vendors_with_keys(os.environ))
    if not chosen:
        fail(f"no known key is set: name vendors, such as `sora-exporter init kling`; known are {', '.join(vendors())}")
    today = datetime.now(UTC).date()
    try:
        choices = choose(chosen, os.environ, today)
    except NothingChosen as error:
        fail(str(error))
    text = written(choices, " ".join(["sora-exporter init", *names]), today)
    if to_stdout:
        click.echo(text, nl=False)
        return
    _write(file, text, force)
    click.echo("\n".join(_next(choices, file)))


def _write(file: Path, text: str, force: bool) -> None:
    try:
        with file.open("w" if force else "x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        fail(f"{file} exists: add --force to replace it, or name another with --config.file")
    except OSError as error:
        fail(f"{file}: cannot be written: {error.strerror}: name another with --config.file")


def _next(choices: Sequence[Choice], file: Path) -> list[str]:
    """Return a summary of the file and the next commands, first those that prepare for them."""
    services = count_of(sum(len(choice.models) for choice in choices), "service")
    missing = dict.fromkeys(filter(None, (choice.installation for choice in choices)))
    unset = [name for choice in choices for name in choice.variables if not os.environ.get(name)]
    return [
        f"{file}: {services} of {', '.join(choice.vendor.name for choice in choices)}. "
        "Only free probes run until a budget is set. Next:",
        *(f"  {command}" for command in missing),
        *([f"  export {' '.join(f'{name}=…' for name in dict.fromkeys(unset))}"] if unset else []),
        f"  sora-exporter check --config.file={file}",
        f"  sora-exporter serve --config.file={file}",
    ]
