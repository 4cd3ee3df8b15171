"""The report in words: titled tables with notes, the same for text, Markdown and HTML. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sora_exporter.figures import minute, minute_of_year, one_line, percent, seconds_text, share
from sora_exporter.report.findings import Findings, Incident, ServiceFindings
from sora_exporter.report.objectives import Statement, statements
from sora_exporter.report.recommendations import USES, recommendations
from sora_exporter.report.wording import Wording, title
from sora_exporter.result import ErrorClass, Status

INCIDENTS_SHOWN = 30
STAR, NO_STAR = "★", "☆"
FRONT_DESK = "*"
"""The mark of an availability that no accepted job supports; a note below the table explains it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of one cell; ``tone`` is the status whose colour it may have."""

    text: str
    tone: Status | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; ``is_number`` aligns the figures below it to the right."""

    heading: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A title, rows of as many cells as there are columns, and notes below."""

    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()


def tables(findings: Findings, words: Wording) -> Sequence[Table]:
    """Return every table of the report, in order."""
    return [
        _now(findings, words),
        _stability(findings, words),
        _price(findings, words),
        _recommendation(findings, words),
        _objective(findings, words),
        _incidents(findings, words),
        _silences(findings, words),
    ]


def _columns(words: Wording, texts: Sequence[str], figures: Sequence[str] = ()) -> list[Column]:
    """Return columns of text first, then columns of figures."""
    return [*(Column(words.heading(key)) for key in texts), *(Column(words.heading(key), True) for key in figures)]


def cells(*texts: str) -> list[Cell]:
    """Return cells of these texts, without a colour."""
    return [Cell(text) for text in texts]


def _now(findings: Findings, words: Wording) -> Table:
    rows = [
        [
            Cell(one_line(service.facts.product)),
            Cell(title(service)),
            Cell(words.status(service.status), service.status),
            Cell(_reason(service, words)),
            Cell(words.access(one_line(service.facts.access))),
            Cell(_use_now(service, words)),
        ]
        for service in findings.services
    ]
    columns = _columns(words, ("product", "service", "status", "reason", "access", "use_now"))
    return Table("now", words.heading("now"), columns, rows)


def _use_now(service: ServiceFindings, words: Wording) -> str:
    if service.is_recommended is None:
        return words.none
    return words.value("yes") if service.is_recommended else ""


def _reason(service: ServiceFindings, words: Wording) -> str:
    if service.error_class is None or service.error_class is ErrorClass.NONE:
        return ""
    return words.error_class(service.error_class)


def _stability(findings: Findings, words: Wording) -> Table:
    columns = _columns(
        words, ("service", "stars"), ("availability", "coverage", "response", "episodes", "episodes_per_week", "hours")
    )
    rows = [_stability_row(service, words) for service in findings.services]
    front_desk = [
        words.note("front_desk", mark=FRONT_DESK, service=title(service))
        for service in findings.services
        if service.is_front_desk_only
    ]
    return Table("stability", words.heading("stability"), columns, rows, [*front_desk, words.note("stability")])


def _stability_row(service: ServiceFindings, words: Wording) -> list[Cell]:
    seen, figures = percent(service.coverage, 1), service.figures
    if figures is None:
        return cells(title(service), words.none, words.value("unseen"), seen, *[words.none] * 4)
    mark = f" {FRONT_DESK}" if service.is_front_desk_only else ""
    return [
        Cell(title(service)),
        Cell(stars(figures.stars, words)),
        Cell(percent(figures.availability) + mark, tone(figures.availability)),
        *cells(
            seen,
            seconds_text(figures.response_seconds) or words.none,
            str(figures.episodes),
            f"{figures.episodes_per_week:.1f}",
            f"{figures.risk_control_hours:.1f}",
        ),
    ]


def stars(number: int | None, words: Wording) -> str:
    """Return a rating of five signs."""
    return words.none if number is None else STAR * number + NO_STAR * (5 - number)


def tone(availability: float) -> Status:
    """Return the status whose colour an availability has: the bounds of the stars."""
    return Status.OPERATIONAL if availability >= 0.97 else Status.DEGRADED if availability >= 0.8 else Status.SUSPENDED


def _price(findings: Findings, words: Wording) -> Table:
    seconds = f"{findings.video_seconds:g}"
    columns = [
        *_columns(words, ("service",), ("list_price", "price_per_success")),
        Column(words.heading("video_price", seconds=seconds), True),
    ]
    rows = [
        cells(
            title(service),
            words.list_price(service.price),
            words.price(service.price_per_success, service.price.unit if service.price else ""),
            words.price(service.video_price(findings.video_seconds)),
        )
        for service in findings.services
    ]
    return Table("price", words.heading("price"), columns, rows, [words.note("price", seconds=seconds)])


def _recommendation(findings: Findings, words: Wording) -> Table:
    chosen = {(one.product, one.use.name): one.service for one in recommendations(findings)}
    rows = [
        [Cell(one_line(product)), *(_route(chosen[product, use.name], words) for use in USES)]
        for product in findings.products
    ]
    columns = _columns(words, ("product", *(use.name for use in USES)))
    notes = [
        *(
            words.note(
                use.name,
                availability=share(use.least_availability),
                episodes=f"{use.most_episodes_per_week:g}",
                share=share(use.most_risk_control_share),
            )
            for use in USES
        ),
        words.note("no_brand"),
    ]
    return Table("recommendation", words.heading("recommendation"), columns, rows, notes)


def _route(service: ServiceFindings | None, words: Wording) -> Cell:
    return Cell(words.value("no_route")) if service is None else Cell(title(service))


def _objective(findings: Findings, words: Wording) -> Table:
    rows = [_statement_row(statement, words) for statement in statements(findings)]
    columns = _columns(words, ("service",), ("target", "availability"))
    columns += [*_columns(words, ("verdict",), ("allowed", "spent", "left"))]
    notes = [words.note("objective") if rows else words.note("no_objectives")]
    return Table("objective", words.heading("objective"), columns, rows, notes)


def _statement_row(statement: Statement, words: Wording) -> list[Cell]:
    service, figures = statement.service, statement.service.figures
    head = cells(title(service), share(statement.objective))
    if figures is None or statement.allowed_seconds is None or statement.spent_seconds is None:
        return [*head, *cells(words.value("unseen"), *[words.none] * 4)]
    left = statement.budget_left
    verdict = (
        Cell(words.value("kept"), Status.OPERATIONAL)
        if statement.is_kept
        else Cell(words.value("broken"), Status.SUSPENDED)
    )
    return [
        *head,
        Cell(percent(figures.availability, 3)),
        verdict,
        *cells(
            words.span(statement.allowed_seconds),
            words.span(statement.spent_seconds),
            words.none if left is None else percent(left, 0),
        ),
    ]


def _incidents(findings: Findings, words: Wording) -> Table:
    found = [(incident, service) for service in findings.services for incident in service.incidents]
    return _stretches("incidents", found, words)


def _silences(findings: Findings, words: Wording) -> Table:
    found = [(silence, service) for service in findings.services for silence in service.silences]
    return _stretches("silences", found, words)


def _stretches(key: str, found: list[tuple[Incident, ServiceFindings]], words: Wording) -> Table:
    """Return the latest stretches, newest first."""
    newest = sorted(found, key=lambda pair: (-pair[0].start, pair[1].facts.service_id))
    rows = [
        [
            *cells(title(service), words.none if one.is_cut else minute(one.start)),
            Cell(words.value("open") if one.is_open else minute_of_year(one.end)),
            Cell(words.span(one.seconds)),
            Cell(words.error_class(one.error_class), one.error_class.status if one.error_class else None),
        ]
        for one, service in newest[:INCIDENTS_SHOWN]
    ]
    columns = [*_columns(words, ("service", "start", "end"), ("duration",)), Column(words.heading("reason"))]
    notes = [words.note(key) if rows else words.note("no_incidents")]
    if len(newest) > INCIDENTS_SHOWN:
        notes.insert(0, words.note("more", number=len(newest) - INCIDENTS_SHOWN))
    return Table(key, words.heading(key), columns, rows, notes)
