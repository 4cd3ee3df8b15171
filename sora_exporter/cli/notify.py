"""``sora-exporter notify``: Alertmanager's webhooks on to chats, through Apprise."""

from __future__ import annotations

from pathlib import Path

import click

from sora_exporter.budget.storage import StorageError, usual_directory
from sora_exporter.cli.mistakes import fail
from sora_exporter.cli.options import run_to_end
from sora_exporter.config import ConfigError
from sora_exporter.figures import count_of
from sora_exporter.logs import configure_logging
from sora_exporter.notify.settings import load_settings, read_secret
from sora_exporter.web.access import WatchedFile
from sora_exporter.web.listen import ServeError


def _directory() -> Path:
    return usual_directory() / "notify"


@click.command()
@click.option("--config.file", "config_file", type=click.Path(path_type=Path), default=Path("notify.yml"),
              show_default=True, metavar="FILE", help="Receivers and dead man's switch.")  # fmt: skip
@click.option("--config.check", "config_check", is_flag=True, help="Check the configuration without sending and exit.")
@click.option("--web.listen-address", "listen_address", default=":10199", show_default=True, metavar="HOST:PORT",
              help="Address to listen on; without HOST, every interface.")  # fmt: skip
@click.option("--web.config.file", "web_config_file", type=click.Path(path_type=Path), metavar="FILE",
              help="TLS and basic authentication, in the format of the Prometheus exporter-toolkit.")  # fmt: skip
@click.option("--log.level", "log_level", default="info", show_default=True,
              type=click.Choice(["debug", "info", "warn", "warning", "error"]),
              help="Minimum log level.")  # fmt: skip
@click.option("--log.format", "log_format", default="logfmt", show_default=True,
              type=click.Choice(["logfmt", "json"]), help="Log format.")  # fmt: skip
@click.option("--storage.path", "storage", type=click.Path(path_type=Path), metavar="DIR", default=_directory,
              help="Directory of the queue. Default: notify in the platform's state directory.")  # fmt: skip
def notify(
    config_file: Path, config_check: bool, listen_address: str, web_config_file: Path | None, log_level: str,
    log_format: str, storage: Path,
) -> None:  # fmt: skip
    """Send Alertmanager's notifications to chats.

    It receives its webhooks and sends through Apprise, in the reader's language.
    """
    try:
        from sora_exporter.notify.serve import RunSettings, serve, wrong_addresses
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("apprise", "requests"):
            raise
        fail("notify needs Apprise: pip install 'sora-exporter[notify]'")
    try:
        settings, file = load_settings(config_file)
        if wrong := wrong_addresses(settings):
            raise ConfigError(*(file.mistake(("receivers", place), reason) for place, reason in wrong))
        web = WatchedFile(web_config_file) if web_config_file is not None else None
    except ConfigError as error:
        fail(*error.mistakes)
    if settings.bearer_token_file is not None:
        if web is not None and web.config.basic_auth_users:
            fail(f"{config_file}: bearer_token_file and basic_auth_users exclude each other: remove one")
        try:
            read_secret(settings.bearer_token_file)
        except ValueError as error:
            fail(f"{config_file}: bearer_token_file: {error}")
    if config_check:
        click.echo(f"configuration is good: {count_of(len(settings.receivers), 'receiver')}")
        return
    configure_logging(log_level, log_format)
    try:
        run_to_end(serve(settings, RunSettings(storage, listen_address, web)))
    except (ServeError, StorageError) as error:
        fail(str(error))
