"""``sora-exporter serve``: the exporter."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from sora_exporter.budget.storage import StorageError
from sora_exporter.cli.mistakes import fail
from sora_exporter.cli.options import config_option, load, place, prometheus_options, run_to_end, storage_options, warn
from sora_exporter.config import ConfigError
from sora_exporter.config.shard import WHOLE, Shard, parse_shard
from sora_exporter.config.values import parse_duration
from sora_exporter.evidence.track import FAILURES_KEPT
from sora_exporter.figures import count_of
from sora_exporter.history.prometheus import Access, PrometheusError
from sora_exporter.logs import configure_logging
from sora_exporter.web.access import WatchedFile
from sora_exporter.web.app import AppSettings
from sora_exporter.web.listen import ServeError
from sora_exporter.web.serve import ServeSettings
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


def _path(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"(/[\w.~-]+)+", value):
        raise click.BadParameter(f"{value!r} is not a path such as /metrics")
    return value


def _seconds(_context: click.Context, _option: click.Parameter, value: str) -> float:
    try:
        seconds = float(value) if value.replace(".", "", 1).isdecimal() else parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if not seconds >= 1:
        raise click.BadParameter(f"{value!r} is shorter than a second")
    return seconds


def _shard(_context: click.Context, _option: click.Parameter, value: str | None) -> Shard:
    try:
        return WHOLE if value is None else parse_shard(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@config_option
@click.option("--config.check", "config_check", is_flag=True, help="Check the configuration and exit.")
@click.option("--config.enable-auto-reload", "auto_reload", is_flag=True,
              help="Reload the configuration when its file changes.")  # fmt: skip
@click.option("--config.auto-reload-interval", "reload_seconds", default="30s", show_default=True, metavar="DURATION",
              callback=_seconds, help="How often to look for a change of the configuration file.")  # fmt: skip
@click.option("--web.listen-address", "listen_addresses", default=(":10198",), show_default=True, multiple=True,
              metavar="HOST:PORT",
              help="Address to listen on; without HOST, every interface. May be repeated.")  # fmt: skip
@click.option("--web.systemd-socket", "systemd_socket", is_flag=True,
              help="Listen on the sockets of systemd's socket activation instead.")  # fmt: skip
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
@click.option("--web.telemetry-path", "telemetry_path", default="/metrics", show_default=True, metavar="PATH",
              callback=_path, help="Path of the metrics.")  # fmt: skip
@click.option("--web.max-requests", "max_requests", type=click.IntRange(min=0), default=0, show_default=True,
              help="Scrapes that are answered at the same time; 0 for no limit.")  # fmt: skip
@click.option("--web.disable-exporter-metrics", "disable_exporter_metrics", is_flag=True,
              help="Leave the metrics of the process itself out (process_*, python_*).")  # fmt: skip
@click.option("--web.trusted-proxies", "trusted_proxies", default="", callback=_networks, metavar="ADDRESS[,ADDRESS]",
              help="Reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.")  # fmt: skip
@click.option("--history.limit", "history_limit", type=click.IntRange(1, 1000), default=FAILURES_KEPT,
              show_default=True, help="Failed attempts of each probe kept for its service's page.")  # fmt: skip
@click.option("--log.level", "log_level", default="info", show_default=True,
              type=click.Choice(["debug", "info", "warn", "warning", "error"]),
              help="Minimum log level.")  # fmt: skip
@click.option("--log.format", "log_format", default="logfmt", show_default=True,
              type=click.Choice(["logfmt", "json"]), help="Log format.")  # fmt: skip
@click.option("--log.prober", "prober_level", default="error", show_default=True,
              type=click.Choice(["debug", "info", "warn", "error"]),
              help="Minimum log level of single attempts: warn logs the failed ones, debug all.")  # fmt: skip
@click.option("--timeout-offset", "timeout_offset", type=click.FloatRange(min=0), default=0.5, show_default=True,
              help="Seconds subtracted from Prometheus' scrape timeout for /probe.")  # fmt: skip
@click.option("--prometheus.url", "prometheus_url", metavar="URL",
              help="Prometheus with the recorded series, for the history on the status page.")  # fmt: skip
@prometheus_options
@storage_options
@click.option("--shard", "shard", metavar="K/N", envvar="SORA_SHARD", callback=_shard,
              help="Watch only part K of N of the providers; /N in a StatefulSet. Also by SORA_SHARD.")  # fmt: skip
def serve(
    config_file: Path | None, config_check: bool, auto_reload: bool, reload_seconds: float,
    listen_addresses: tuple[str, ...], systemd_socket: bool, web_config_file: Path | None, external_url: str,
    telemetry_path: str, max_requests: int, disable_exporter_metrics: bool, trusted_proxies: tuple[str, ...],
    history_limit: int, log_level: str, log_format: str, prober_level: str, timeout_offset: float,
    storage_path: Path | None, storage_url: str | None, storage_password_file: Path | None, shard: Shard,
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
    configure_logging(log_level, log_format, prober_level)
    if prometheus_url is None and any(access.values()):
        fail("credentials of a Prometheus without its address: add --prometheus.url")
    if not shard.is_whole and storage_url is None and config.budget_usd_per_day > 0:
        fail("--shard with a budget: each shard would spend all of it: add --storage.url, which shards share")
    settings = ServeSettings(
        place(storage_path, storage_url, storage_password_file),
        config_file,
        listen_addresses,
        systemd_socket,
        web,
        trusted_proxies,
        reload_seconds if auto_reload else None,
        history_limit,
        shard,
        Access(prometheus_url, **access, flag="--prometheus.url") if prometheus_url is not None else None,
        AppSettings(timeout_offset, external_url, telemetry_path, max_requests, not disable_exporter_metrics),
    )
    try:
        run_to_end(run_server(config, settings))
    except (ServeError, StorageError, PrometheusError) as error:
        fail(str(error))


def _watched(web_config_file: Path) -> WatchedFile:
    try:
        return WatchedFile(web_config_file)
    except ConfigError as error:
        fail(*error.mistakes)
