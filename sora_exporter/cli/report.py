"""``sora-exporter report``."""

from __future__ import annotations

import os
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from sora_exporter.cli.options import fail, run_to_end


@click.command()
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
    from sora_exporter.report.command import Request, find, render
    from sora_exporter.report.measure import NoReport
    from sora_exporter.report.prometheus import Access, PrometheusError

    moment = end.replace(tzinfo=UTC).timestamp() if end else time.time()
    request = Request(Access(url, **access), window, moment, language, video_seconds, services, products)
    try:
        findings = run_to_end(find(request))
    except (PrometheusError, NoReport) as error:
        fail(str(error))
    columns = shutil.get_terminal_size((0, 0)).columns
    is_coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    text = render(findings, language, form, columns=columns, is_coloured=is_coloured, csv_table=csv_table)
    click.echo(text, nl=False, color=is_coloured)
