"""The report as one self-contained page with small drawn charts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from jinja2 import Template

from sora_exporter.figures import minute, neutral, percent
from sora_exporter.report.caveats import caveats, window_line
from sora_exporter.report.findings import LEAST_COVERAGE, Bar, Findings, ServiceFindings
from sora_exporter.report.tables import tables, tone
from sora_exporter.report.wording import Wording, title
from sora_exporter.result import Status
from sora_exporter.web.pages.colours import COLOURS
from sora_exporter.web.pages.document import templates

PACE: Final = 10
"""From one bar to the next, in units of the drawing."""
HEIGHT: Final = 40
LEAST_HEIGHT: Final = 2
FOLDER = resources.files("sora_exporter.report").joinpath("templates")


@dataclass(frozen=True, slots=True)
class Stroke:
    """One bar of a chart from its ``top`` down; ``status`` gives the colour, ``says`` the meaning."""

    left: int
    top: float
    height: float
    status: Status
    says: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A service's window as a drawing; ``says`` is the same as text."""

    name: str
    width: int
    says: str
    strokes: Sequence[Stroke]


def render_html(findings: Findings, words: Wording) -> str:
    """Return the page; it loads nothing from another address."""
    values = {
        "words": words,
        "line": window_line(findings, words),
        "caveats": caveats(findings, words),
        "tables": tables(findings, words),
        "charts": [_chart(service, words) for service in findings.services],
        "chart_start": minute(findings.start),
        "chart_end": minute(findings.end),
        "bar_length": words.span(findings.window.bar_seconds),
        "height": HEIGHT,
    }
    return neutral(_template().render(values))


def _chart(service: ServiceFindings, words: Wording) -> Chart:
    figures = service.figures
    says = words.value("unseen") if figures is None else percent(figures.availability)
    return Chart(title(service), PACE * len(service.bars), says, list(_strokes(service.bars, words)))


def _strokes(bars: Sequence[Bar], words: Wording) -> Iterator[Stroke]:
    """Yield a bar as high as the availability, and a faint one for a part of the window that was not observed."""
    for place, bar in enumerate(bars):
        if bar.availability is None or bar.coverage < LEAST_COVERAGE:
            says = f"{minute(bar.end)}: {words.value('unseen')}"
            yield Stroke(PACE * place, HEIGHT - LEAST_HEIGHT, LEAST_HEIGHT, Status.RETIRED, says)
            continue
        height = max(LEAST_HEIGHT, round(HEIGHT * bar.availability, 1))
        says = f"{minute(bar.end)}: {percent(bar.availability)}"
        yield Stroke(PACE * place, HEIGHT - height, height, tone(bar.availability), says)


@cache
def _template() -> Template:
    style = FOLDER.joinpath("report.css").read_text("utf-8")
    style += "".join(f".s-{status}{{--tone:{colour}}}\n" for status, colour in COLOURS.items())
    return templates("sora_exporter.report", style).get_template("report.html")
