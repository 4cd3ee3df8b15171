"""The parts that commands share: options, the configuration, and the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from sora_exporter.budget.storage import usual_directory
from sora_exporter.cli.mistakes import fail
from sora_exporter.config import Config, ConfigError, config_warnings, load_config
from sora_exporter.tasks import on_signals, run

T = TypeVar("T")
Command = Callable[..., Any]


def warn(config: Config) -> None:
    """Print one line on stderr for each setting that is allowed but probably a mistake."""
    for line in config_warnings(config):
        click.echo(f"sora-exporter: {line}", err=True)


def config_option(command: Command) -> Command:
    """Add --config.file."""
    return click.option(
        "--config.file", "config_file", type=click.Path(path_type=Path), metavar="FILE",
        help="Configuration file. Default: the built-in services with OPENAI_BASE_URL and OPENAI_API_KEY.",
    )(command)  # fmt: skip


def storage_option(command: Command) -> Command:
    """Add --storage.path."""
    return click.option(
        "--storage.path", "storage", type=click.Path(path_type=Path), metavar="DIR", default=usual_directory,
        help="Directory of the budget ledger and the event log. Default: the platform's state directory.",
    )(command)  # fmt: skip


def prometheus_options(command: Command) -> Command:
    """Add the options for credentials and certificates of a Prometheus, as members of its ``Access``."""
    file = click.Path(path_type=Path)
    for option in (
        click.option("--prometheus.ca-file", "ca_file", type=file, metavar="FILE",
                     help="PEM file of certificates to trust instead of the system's."),
        click.option("--prometheus.bearer-token-file", "bearer_token_file", type=file, metavar="FILE",
                     help="File with a bearer token, instead of user and password."),
        click.option("--prometheus.password-file", "password_file", type=file, metavar="FILE",
                     help="File with the password."),
        click.option("--prometheus.username", "username", metavar="NAME", help="User name for basic authentication."),
    ):  # fmt: skip
        command = option(command)
    return command


def load(config_file: Path | None) -> Config:
    """Return the configuration; its mistakes end the program, one line each."""
    try:
        return load_config(config_file)
    except ConfigError as error:
        fail(*error.mistakes)


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
