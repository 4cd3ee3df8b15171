"""What every command shares: options, the configuration, and one clear line for a mistake."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
import platformdirs

from sora_exporter.tasks import on_signals, run

if TYPE_CHECKING:
    from sora_exporter.config import Config

T = TypeVar("T")

COULD_NOT_RUN = 2


def fail(*lines: str) -> NoReturn:
    """Print each line on stderr and exit with the code for "could not run"."""
    for line in lines:
        click.echo(f"sora-exporter: {line}", err=True)
    sys.exit(COULD_NOT_RUN)


def warn(config: Config) -> None:
    """Print on stderr what is allowed by the configuration and probably not meant, one line each."""
    from sora_exporter.config import config_warnings

    for line in config_warnings(config):
        click.echo(f"sora-exporter: {line}", err=True)


def _storage_default() -> Path:
    return Path(platformdirs.user_state_dir("sora_exporter", appauthor=False))


Command = Callable[..., Any]


def config_option(command: Command) -> Command:
    """Add --config.file."""
    return click.option(
        "--config.file", "config_file", type=click.Path(path_type=Path), metavar="FILE",
        help="Configuration; without one the built-in catalogue with OPENAI_BASE_URL and OPENAI_API_KEY.",
    )(command)  # fmt: skip


def storage_option(command: Command) -> Command:
    """Add --storage.path."""
    return click.option(
        "--storage.path", "storage", type=click.Path(path_type=Path), metavar="DIR", default=_storage_default,
        help="Where the budget's ledger is kept; default: the platform's state directory.",
    )(command)  # fmt: skip


def load(config_file: Path | None) -> Config:
    """Return the configuration; its mistakes end the program, one line each."""
    from sora_exporter.config import load_config
    from sora_exporter.config.yaml_file import ConfigError

    try:
        return load_config(config_file)
    except ConfigError as error:
        fail(*error.mistakes)


def counted(things: Sized, name: str) -> str:
    """Return ``1 service`` or ``6 services``."""
    return f"{len(things)} {name}" + ("" if len(things) == 1 else "s")


def run_to_end(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return a coroutine's result.

    SIGTERM and SIGHUP end it as Ctrl-C does, so that jobs it began at a provider are cleaned up.
    """

    async def interruptible() -> T:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        on_signals(task.cancel, "SIGTERM", "SIGHUP")
        return await coroutine

    try:
        return run(interruptible())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
