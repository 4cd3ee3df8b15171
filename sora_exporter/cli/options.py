"""The parts that commands share: options, the configuration, and the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import click

from sora_exporter.budget.storage import DatabaseUrl, Place, usual_directory
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


def storage_options(command: Command) -> Command:
    """Add the options for the place of the budget ledger and the event log, which ``place`` takes."""
    file = click.Path(path_type=Path)
    for option in (
        click.option("--storage.password-file", "storage_password_file", type=file, metavar="FILE",
                     help="File with the password of the database; otherwise PGPASSFILE or ~/.pgpass."),
        click.option("--storage.url", "storage_url", metavar="URL", callback=_database_url,
                     help="PostgreSQL database for both, shared by all replicas and shards: postgresql://USER@HOST/NAME."),
        click.option("--storage.path", "storage_path", type=file, metavar="DIR",
                     help="Directory of the budget ledger and the event log. Default: the platform's state directory."),
    ):  # fmt: skip
        command = option(command)
    return command


def place(storage_path: Path | None, storage_url: str | None, storage_password_file: Path | None) -> Place:
    """Return the place that the options of storage name; options that contradict each other end the program."""
    if storage_url is None and storage_password_file is not None:
        fail("--storage.password-file without its database: add --storage.url")
    if storage_url is not None and storage_path is not None:
        fail("--storage.url and --storage.path are both given: leave one of them out")
    if storage_url is not None:
        return DatabaseUrl(storage_url, storage_password_file)
    return storage_path or usual_directory()


def _database_url(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    parts = urlsplit(value or "")
    if value is not None and (parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/")):
        raise click.BadParameter("is not an address such as postgresql://sora@db.example/sora")
    if parts.password is not None or "password" in parse_qs(parts.query):
        raise click.BadParameter(
            "holds a password, which every process can see: use --storage.password-file or PGPASSFILE"
        )
    return value


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
