"""The notes above the figures: their window and their gaps. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sora_exporter.figures import day, minute, one_line, percent, share
from sora_exporter.report.findings import LEAST_COVERAGE, Findings, ServiceFindings
from sora_exporter.report.wording import Wording, title


def window_line(findings: Findings, words: Wording) -> str:
    """Return the window, its times and its source."""
    return words.window.format(
        window=findings.window.name,
        start=minute(findings.start),
        end=minute(findings.end),
        source=one_line(findings.source),
    )


def caveats(findings: Findings, words: Wording) -> Sequence[str]:
    """Return the notes about gaps, young records, ends of life and warnings."""
    return [
        *(line for service in findings.services for line in _gaps(service, words)),
        *_ends_of_life(findings, words),
        *_no_route(findings, words),
        *(words.note("warning", warning=one_line(warning)) for warning in findings.warnings),
    ]


def _gaps(service: ServiceFindings, words: Wording) -> Iterator[str]:
    name = title(service)
    if service.figures is None and service.coverage < LEAST_COVERAGE:
        seen = percent(service.coverage, 1)
        yield words.note("low_coverage", service=name, coverage=seen, least=share(LEAST_COVERAGE))
    elif service.figures is None:
        yield words.note("missing_figures", service=name)
    elif service.figures.stars is None:
        yield words.note("low_coverage_stars", service=name)
    if service.recorded_since is not None:
        yield words.note("young", service=name, start=minute(service.recorded_since))


def _ends_of_life(findings: Findings, words: Wording) -> Iterator[str]:
    ending: dict[float, list[str]] = {}
    for service in findings.services:
        if service.sunset is not None:
            ending.setdefault(service.sunset, []).append(title(service))
    for at, names in sorted(ending.items()):
        yield words.note("ended" if at <= findings.end else "sunset", services=", ".join(names), date=day(at))


def _no_route(findings: Findings, words: Wording) -> Iterator[str]:
    if all(service.is_recommended is None for service in findings.services):
        yield words.note("no_route_now")
