"""The command line: parse, call, and turn mistakes into one line and an exit code."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import sys
import time
from collections.abc import Callable, Sized
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click
import platformdirs

from sora_exporter import __version__

COULD_NOT_RUN = 2
INTERRUPTED = 130


def fail(*lines: str) -> NoReturn:
    """Print each line on stderr and exit with the code for "could not run"."""
    for line in lines:
        click.echo(f"sora-exporter: {line}", err=True)
    sys.exit(COULD_NOT_RUN)


class Program(click.Group):
    """The commands; a wrong call is one line like any other mistake, and an interrupt ends quietly."""

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run the command the arguments name and exit with its code."""
        try:
            sys.exit(super().main(*args, **{**extra, "standalone_mode": False}))
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(COULD_NOT_RUN)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "sora-exporter"
            fail(f"{error.format_message().rstrip('.')}: see {command} --help")

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; Ctrl-C is an end like any other."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)


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


def _load(config_file: Path | None) -> Any:
    from sora_exporter.config import load_config
    from sora_exporter.yaml_file import ConfigError

    try:
        return load_config(config_file)
    except ConfigError as error:
        fail(*error.mistakes)


def _counted(things: Sized, name: str) -> str:
    return f"{len(things)} {name}" + ("" if len(things) == 1 else "s")


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sora-exporter")
def main() -> None:
    """Prometheus exporter for AI-video services: usable now, through which route, and how reliable."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show Chinese or an icon gets their codes instead of nothing at all.
        sys.stdout.reconfigure(errors="backslashreplace")


@main.command()
@config_option
@click.option("--config.check", "config_check", is_flag=True, help="Check the configuration and exit.")
@click.option("--web.listen-address", "listen_address", default=":10198", show_default=True, metavar="HOST:PORT",
              help="Where to listen; without HOST on every interface.")  # fmt: skip
@click.option("--log.level", "log_level", default="info", show_default=True,
              type=click.Choice(["debug", "info", "warning", "error"]),
              help="Least severity that is logged.")  # fmt: skip
@click.option("--log.format", "log_format", default="logfmt", show_default=True,
              type=click.Choice(["logfmt", "json"]), help="Shape of a log line.")  # fmt: skip
@click.option("--timeout-offset", "timeout_offset", type=click.FloatRange(min=0), default=0.5, show_default=True,
              help="Seconds taken off Prometheus' scrape timeout for /probe.")  # fmt: skip
@storage_option
def serve(
    config_file: Path | None, config_check: bool, listen_address: str, log_level: str, log_format: str,
    timeout_offset: float, storage: Path,
) -> None:  # fmt: skip
    """Run the exporter."""
    config = _load(config_file)
    if config_check:
        counts = f"{_counted(config.services, 'service')}, {_counted(config.providers, 'provider')}"
        click.echo(f"configuration is good: {counts}")
        return
    from sora_exporter.logs import configure_logging
    from sora_exporter.serve import ServeError, ServeSettings
    from sora_exporter.serve import serve as run_server
    from sora_exporter.storage import StorageError

    configure_logging(log_level, log_format)
    settings = ServeSettings(listen_address, timeout_offset, storage, config_file)
    try:
        _event_loop()(run_server(config, settings))
    except (ServeError, StorageError) as error:
        fail(str(error))


@main.command()
@click.argument("services", nargs=-1, metavar="[SERVICE]...")
@config_option
@click.option("--probe", "probes", multiple=True, metavar="PROBE",
              help="catalog, canary, submit or generate; the last two cost money and need a budget. "
                   "Default: the configured free ones.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True,
              help="Text for a terminal, JSON for a program, Markdown to paste.")  # fmt: skip
@storage_option
def check(
    services: tuple[str, ...], config_file: Path | None, probes: tuple[str, ...], form: str, storage: Path
) -> None:  # fmt: skip
    """Probe once and print the report. Exit code 0: all operational, 1: some not, 2: could not run."""
    config = _load(config_file)
    from sora_exporter.check import check as run_check
    from sora_exporter.check_report import renderers
    from sora_exporter.result import ProbeKind, Status
    from sora_exporter.storage import StorageError

    known = [service.id for service in config.services]
    if not known:
        fail("no service is configured: add one under services: or leave out --config.file")
    unknown = [name for name in services if name not in known]
    if unknown:
        fail(f"unknown service {', '.join(unknown)}: configured are {', '.join(known) or '(none)'}")
    wrong = [name for name in probes if name not in set(ProbeKind)]
    if wrong:
        fail(f"unknown probe {', '.join(wrong)}: use {', '.join(ProbeKind)}")
    try:
        found = _event_loop()(run_check(config, storage, services, [ProbeKind(name) for name in probes]))
    except StorageError as error:
        fail(str(error))
    # The terminal's width, or COLUMNS; a file and a pipe have none.
    columns = shutil.get_terminal_size((0, 0)).columns
    click.echo(renderers(columns)[form](found, time.time()), nl=False)
    sys.exit(0 if all(service["status"] == Status.OPERATIONAL for service in found) else 1)


@main.command()
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
def classify(file: Any) -> None:
    """Classify recorded answers, one JSON object a line, from FILE or standard input."""
    from sora_exporter.classify_lines import LineError, classify_lines

    try:
        for line in classify_lines(file):
            click.echo(line)
    except LineError as error:
        fail(f"{file.name}: {error}")


@main.command()
@click.option("--prometheus-url", "url", default="http://127.0.0.1:9090", show_default=True, metavar="URL",
              help="Prometheus, or what speaks its HTTP API; a path prefix is kept.")  # fmt: skip
@click.option("--window", type=click.Choice(["24h", "7d", "30d", "90d"]), default="30d", show_default=True,
              help="How far back from the end.")  # fmt: skip
@click.option("--end", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%SZ"]), metavar="TIME",
              help="The window's end in UTC, as 2026-11-01 or 2026-11-01T08:00; default: now.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json", "csv", "html"]), default="text",
              show_default=True, help="What to write on standard output.")  # fmt: skip
@click.option("--csv-table", type=click.Choice(["services", "incidents"]), default="services", show_default=True,
              help="Which table --format csv writes.")  # fmt: skip
@click.option("--lang", "language", type=click.Choice(["en", "id", "zh"]), default="en", show_default=True,
              help="Language of headings and explanations.")  # fmt: skip
@click.option("--service", "services", multiple=True, metavar="ID", help="Only this service; may be repeated.")
@click.option("--product", "products", multiple=True, metavar="NAME", help="Only this product; may be repeated.")
@click.option("--video-seconds", type=click.FloatRange(min=0, min_open=True), default=8.0, show_default=True,
              help="Length of the finished video that prices are told for.")  # fmt: skip
@click.option("--prometheus.username", "username", metavar="NAME", help="User of basic authentication.")
@click.option("--prometheus.password-file", "password_file", type=click.Path(path_type=Path), metavar="FILE",
              help="Its password.")  # fmt: skip
@click.option("--prometheus.bearer-token-file", "bearer_token_file", type=click.Path(path_type=Path), metavar="FILE",
              help="Token instead of user and password.")  # fmt: skip
@click.option("--prometheus.ca-file", "ca_file", type=click.Path(path_type=Path), metavar="FILE",
              help="Certificates to trust instead of the system's, as PEM.")  # fmt: skip
def report(
    url: str, window: str, end: datetime | None, form: str, csv_table: str, language: str, services: tuple[str, ...],
    products: tuple[str, ...], video_seconds: float, **access: Any,
) -> None:  # fmt: skip
    """Print the availability tables of a window, read from Prometheus. Exit code 2: nothing can be said."""
    from sora_exporter.prometheus_api import Access, PrometheusError
    from sora_exporter.report.command import Request, find, render
    from sora_exporter.report.measure import NoReport

    moment = end.replace(tzinfo=UTC).timestamp() if end else time.time()
    request = Request(Access(url, **access), window, moment, language, video_seconds, services, products)
    try:
        findings = _event_loop()(find(request))
    except (PrometheusError, NoReport) as error:
        fail(str(error))
    columns = shutil.get_terminal_size((0, 0)).columns
    is_coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    text = render(findings, language, form, columns=columns, is_coloured=is_coloured, csv_table=csv_table)
    click.echo(text, nl=False, color=is_coloured)


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), default=10199, show_default=True, help="0 takes a free one.")
@click.option("--scenario", default="january-2026", show_default=True, help="How every model behaves; a name.")
def simulate(port: int, scenario: str) -> None:
    """Run the simulated provider alone."""
    from sora_exporter.simulator import run

    sys.exit(run(port=port, scenario=scenario))


def _event_loop() -> Callable[[Any], Any]:
    """Return what runs a coroutine to its end on the fastest event loop there is."""
    import uvloop

    def run(coroutine: Any) -> Any:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(coroutine)

    return run
