"""``sora-exporter serve``."""

from __future__ import annotations

from pathlib import Path

import click

from sora_exporter.commands.shared import config_option, counted, fail, load, run_to_end, storage_option


@click.command()
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
    config = load(config_file)
    if config_check:
        counts = f"{counted(config.services, 'service')}, {counted(config.providers, 'provider')}"
        click.echo(f"configuration is good: {counts}")
        return
    from sora_exporter.logs import configure_logging
    from sora_exporter.serve import ServeError, ServeSettings
    from sora_exporter.serve import serve as run_server
    from sora_exporter.storage import StorageError

    configure_logging(log_level, log_format)
    settings = ServeSettings(listen_address, timeout_offset, storage, config_file)
    try:
        run_to_end(run_server(config, settings))
    except (ServeError, StorageError) as error:
        fail(str(error))
