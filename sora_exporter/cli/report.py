"""``sora-exporter report``: the availability tables of a window, from Prometheus to standard output."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import click

from sora_exporter.cli.mistakes import fail
from sora_exporter.cli.options import prometheus_options, run_to_end
from sora_exporter.figures import percent, share
from sora_exporter.history.prometheus import Access, PrometheusApi, PrometheusError
from sora_exporter.report.documents import render_incidents_csv, render_json, render_services_csv
from sora_exporter.report.findings import LEAST_COVERAGE, WINDOWS, Findings
from sora_exporter.report.html import render_html
from sora_exporter.report.markdown import render_markdown
from sora_exporter.report.measure import NoReport, measure
from sora_exporter.report.text import render_text
from sora_exporter.report.wording import Wording, wording
from sora_exporter.words import languages

Render = Callable[[Findings, Wording], str]
CSV_TABLES: Final[Mapping[str, Render]] = {"services": render_services_csv, "incidents": render_incidents_csv}
FORMATS: Final = ("text", "markdown", "json", "csv", "html")


@click.command()
@click.option("--prometheus-url", "--prometheus.url", "url", default="http://127.0.0.1:9090", show_default=True,
              metavar="URL", help="Address of Prometheus or a compatible server; a path prefix is kept.")  # fmt: skip
@click.option("--window", type=click.Choice(list(WINDOWS)), default="30d", show_default=True,
              help="Length of the window.")  # fmt: skip
@click.option("--end", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%SZ"]), metavar="TIME",
              help="End of the window in UTC, as 2026-11-01 or 2026-11-01T08:00. Default: now.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(FORMATS), default="text",
              show_default=True, help="Format of the output.")  # fmt: skip
@click.option("--csv-table", type=click.Choice(list(CSV_TABLES)), default="services", show_default=True,
              help="Table that --format csv writes.")  # fmt: skip
@click.option("--lang", "language", type=click.Choice(languages()), default="en", show_default=True,
              help="Language of headings and explanations.")  # fmt: skip
@click.option("--service", "services", multiple=True, metavar="ID", help="Only this service; may be repeated.")
@click.option("--product", "products", multiple=True, metavar="NAME", help="Only this product; may be repeated.")
@click.option("--video-seconds", type=click.FloatRange(min=0, min_open=True), default=8.0, show_default=True,
              help="Length of the video to price.")  # fmt: skip
@prometheus_options
def report(
    url: str, window: str, end: datetime | None, form: str, csv_table: str, language: str, services: tuple[str, ...],
    products: tuple[str, ...], video_seconds: float, **access: Any,
) -> None:  # fmt: skip
    """Print the availability tables of a window. They are read from Prometheus. Exit code 2: no report is possible."""
    moment = end.replace(tzinfo=UTC).timestamp() if end else time.time()
    request = Request(Access(url, **access), window, moment, video_seconds, services, products)
    try:
        findings = run_to_end(find(request))
    except (PrometheusError, NoReport) as error:
        fail(str(error))
    columns = shutil.get_terminal_size((0, 0)).columns
    is_coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    text = render(findings, language, form, columns=columns, is_coloured=is_coloured, csv_table=csv_table)
    click.echo(text, nl=False, color=is_coloured)


@dataclass(frozen=True, slots=True)
class Request:
    """The window and the filters of a report: ``end`` in Unix seconds, ``video_seconds`` the video to price."""

    access: Access
    window: str
    end: float
    video_seconds: float = 8.0
    service_ids: Sequence[str] = ()
    products: Sequence[str] = ()


async def find(request: Request) -> Findings:
    """Return the recorded findings. Raises PrometheusError, and NoReport if no service can be judged."""
    async with PrometheusApi(request.access) as api:
        findings = await measure(
            api,
            WINDOWS[request.window],
            request.end,
            video_seconds=request.video_seconds,
            service_ids=request.service_ids,
            products=request.products,
        )
    if all(service.figures is None for service in findings.services):
        raise NoReport(_too_little(findings))
    return findings


def _too_little(findings: Findings) -> str:
    best = max(findings.services, key=lambda service: service.coverage)
    since = [service.recorded_since for service in findings.services if service.recorded_since is not None]
    shorter = "take a shorter --window" if since else "see SoraProbeStale in the runbook"
    return (
        f"too little was observed for a report: at most {percent(best.coverage, 1)} of the last "
        f"{findings.window.name} ({best.facts.service_id}), and a figure needs {share(LEAST_COVERAGE)}: {shorter}"
    )


def render(
    findings: Findings, language: str, form: str, *, columns: int = 0, is_coloured: bool = False,
    csv_table: str = "services",
) -> str:  # fmt: skip
    """Return the report in a language and one of FORMATS; text for a terminal of ``columns`` (0: no terminal)."""
    formats: Mapping[str, Render] = {
        "text": partial(render_text, columns=columns, is_coloured=is_coloured),
        "markdown": render_markdown,
        "json": render_json,
        "csv": CSV_TABLES[csv_table],
        "html": render_html,
    }
    return formats[form](findings, wording(language))
