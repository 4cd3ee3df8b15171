"""What ``sora-exporter report`` does once its arguments are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sora_exporter.report.documents import render_incidents_csv, render_json, render_services_csv
from sora_exporter.report.findings import LEAST_COVERAGE, WINDOWS, Findings
from sora_exporter.report.html import render_html
from sora_exporter.report.markdown import render_markdown
from sora_exporter.report.measure import NoReport, measure
from sora_exporter.report.prometheus import Access, PrometheusApi
from sora_exporter.report.text import render_text
from sora_exporter.report.wording import Wording, percent, share, wording

Render = Callable[[Findings, Wording], str]
CSV_TABLES: Final[Mapping[str, Render]] = {"services": render_services_csv, "incidents": render_incidents_csv}
FORMATS: Final = ("text", "markdown", "json", "csv", "html")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: ``end`` in Unix seconds, ``video_seconds`` how long the video is that is priced."""

    access: Access
    window: str
    end: float
    language: str = "en"
    video_seconds: float = 8.0
    service_ids: Sequence[str] = ()
    products: Sequence[str] = ()


async def find(request: Request) -> Findings:
    """Return what is recorded. Raises PrometheusError, and NoReport where not one service can be judged."""
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
    shorter = "take a shorter --window" if since else "see SoraCoverageLow in the runbook"
    return (
        f"too little was observed to say anything: at most {percent(best.coverage, 1)} of the last "
        f"{findings.window.name} ({best.facts.service_id}), and a figure needs {share(LEAST_COVERAGE)}: {shorter}"
    )


def render(
    findings: Findings, language: str, form: str, *, columns: int = 0, is_coloured: bool = False,
    csv_table: str = "services",
) -> str:  # fmt: skip
    """Return the report in a language and one of FORMATS; text for a terminal of so many columns (0: none)."""
    formats: Mapping[str, Render] = {
        "text": partial(render_text, columns=columns, is_coloured=is_coloured),
        "markdown": render_markdown,
        "json": render_json,
        "csv": CSV_TABLES[csv_table],
        "html": render_html,
    }
    return formats[form](findings, wording(language))
