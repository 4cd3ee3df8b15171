"""``sora-exporter serve``: the exporter."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from sora_exporter.budget.storage import StorageError
from sora_exporter.cli.mistakes import fail
from sora_exporter.cli.options import config_option, load, prometheus_options, run_to_end, storage_option, warn
from sora_exporter.config import ConfigError
from sora_exporter.figures import count_of
from sora_exporter.history.prometheus import Access, PrometheusError
from sora_exporter.logs import configure_logging
from sora_exporter.web.access import WatchedFile
from sora_exporter.web.serve import ServeError, ServeSettings
from sora_exporter.web.serve import serve as run_server


def _http_url(_context: click.Context, _option: click.Parameter, value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise click.BadParameter(f"{value!r} is not an address such as https://status.example/sora")
    return value


def _networks(_context: click.Context, _option: click.Parameter, value: str) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(part.strip())) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise click.BadParameter(f"{error}: write addresses or networks such as 10.0.0.7,192.0.2.0/24") from None


@click.command()
@config_option
@click.option("--config.check", "config_check", is_flag=True, help="Check the configuration and exit.")
@click.option("--web.listen-address", "listen_address", default=":10198", show_default=True, metavar="HOST:PORT",
              help="Address to listen on; without HOST, every interface.")  # fmt: skip
@click.option("--web.config.file", "web_config_file", type=click.Path(path_type=Path), metavar="FILE",
              help="TLS and basic authentication, in the format of the Prometheus exporter-toolkit.")  # fmt: skip
@click.option(
    "--web.external-url",
    "external_url",
    default="",
    callback=_http_url,
    metavar="URL",
    help="URL under which the exporter is reachable, e.g. behind a reverse proxy; its path is served as well.",
)
@click.option("--web.trusted-proxies", "trusted_proxies", default="", callback=_networks, metavar="ADDRESS[,ADDRESS]",
              help="Reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.")  # fmt: skip
@click.option("--log.level", "log_level", default="info", show_default=True,
              type=click.Choice(["debug", "info", "warn", "warning", "error"]),
              help="Minimum log level.")  # fmt: skip
@click.option("--log.format", "log_format", default="logfmt", show_default=True,
              type=click.Choice(["logfmt", "json"]), help="Log format.")  # fmt: skip
@click.option("--timeout-offset", "timeout_offset", type=click.FloatRange(min=0), default=0.5, show_default=True,
              help="Seconds subtracted from Prometheus' scrape timeout for /probe.")  # fmt: skip
@click.option("--prometheus.url", "prometheus_url", metavar="URL",
              help="Prometheus with the recorded series, for the history on the status page.")  # fmt: skip
@prometheus_options
@storage_option
def serve(
    config_file: Path | None, config_check: bool, listen_address: str, web_config_file: Path | None, external_url: str,
    trusted_proxies: tuple[str, ...], log_level: str, log_format: str, timeout_offset: float, storage: Path,
    prometheus_url: str | None, **access: Any,
) -> None:  # fmt: skip
    """Run the exporter."""
    config = load(config_file)
    web = _watched(web_config_file) if web_config_file is not None else None
    if config_check:
        warn(config)
        counts = f"{count_of(len(config.services), 'service')}, {count_of(len(config.providers), 'provider')}"
        click.echo(f"configuration is good: {counts}")
        return
    configure_logging(log_level, log_format)
    if prometheus_url is None and any(access.values()):
        fail("credentials of a Prometheus without its address: add --prometheus.url")
    prometheus = Access(prometheus_url, **access, flag="--prometheus.url") if prometheus_url is not None else None
    settings = ServeSettings(
        listen_address, timeout_offset, storage, config_file, web, external_url, trusted_proxies, prometheus
    )  # fmt: skip
    try:
        run_to_end(run_server(config, settings))
    except (ServeError, StorageError, PrometheusError) as error:
        fail(str(error))


def _watched(web_config_file: Path) -> WatchedFile:
    try:
        return WatchedFile(web_config_file)
    except ConfigError as error:
        fail(*error.mistakes)
