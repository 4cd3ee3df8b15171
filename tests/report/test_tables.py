"""The tables of the report: their figures, their words for missing ones, and their order."""

from __future__ import annotations

import html
import json

import pytest
from support.invented import figures, findings, service
from support.recorded import FIRST, Find

from sora_exporter.cli.report import render
from sora_exporter.report.findings import Findings, Incident
from sora_exporter.report.tables import INCIDENTS_SHOWN, Table, stars, tables, tone
from sora_exporter.report.wording import wording
from sora_exporter.result import ErrorClass, Status
from sora_exporter.words import languages


def table(found: Findings, key: str) -> Table:
    """Return one of the tables in English."""
    return next(one for one in tables(found, wording("en")) if one.key == key)


def texts(one: Table) -> list[list[str]]:
    """Return a table's cells as text."""
    return [[cell.text for cell in row] for row in one.rows]


def test_tables_have_the_findings(found: Find) -> None:
    """The stability table has the figures, and words where too little was observed."""
    assert texts(table(found(), "stability")) == [
        ["Alpha 官转", "★★★★★", "99.99 %", "100.0 %", "2.50 s", "0", "0.0", "0.0"],
        ["Beta", "★★★☆☆", "90.00 % *", "99.0 %", "750 ms", "3", "3.0", "10.0"],
        ["Gamma", "–", "no figure", "10.0 %", "–", "–", "–", "–"],
    ]


def test_prices_count_failures(found: Find) -> None:
    """The price of a success is the list price by the availability, and none where either is missing."""
    assert texts(table(found(), "price")) == [
        ["Alpha 官转", "$0.10 / s", "$0.10 / s", "$0.80"],
        ["Beta", "$0.20 / request", "$0.222 / request", "$0.222"],
        ["Gamma", "–", "–", "–"],
    ]


def test_now_and_objectives_are_shown(found: Find) -> None:
    """The status now has its reason and the route to use, and each objective its statement."""
    assert texts(table(found(), "now"))[1:] == [
        ["film", "Beta", "Risk control", "Challenge", "reverse", ""],
        ["song", "Gamma", "Unknown", "Balance used up", "reverse", "–"],
    ]
    assert texts(table(found(), "objective")) == [
        ["Alpha 官转", "99.9 %", "99.999 %", "kept", "10 min 5 s", "6 s", "99 %"],
        ["Gamma", "99 %", "no figure", "–", "–", "–", "–"],
    ]


def test_incidents_are_newest_first_and_say_when_they_last(found: Find) -> None:
    """An incident that lasts has no end, and one that began before the window no start."""
    assert texts(table(found(), "incidents")) == [
        ["Beta", "2026-10-31 23:51", "lasts", "10 min", "class not recorded"],
        ["Beta", "2026-10-28 11:21", "10-28 11:24", "3 min", "Overloaded"],
        ["Beta", "–", "10-25 00:31", "30 min", "Challenge"],
    ]


def test_long_lists_are_cut_and_say_so() -> None:
    """Of many incidents the latest are shown, with the number of the others; JSON and CSV have them all."""
    incidents = [
        Incident(FIRST + 600 * n, FIRST + 600 * n + 60, ErrorClass.TIMEOUT) for n in range(INCIDENTS_SHOWN + 5)
    ]
    found = findings(service(found=figures(), incidents=incidents))
    shown = table(found, "incidents")
    assert len(shown.rows) == INCIDENTS_SHOWN
    assert shown.notes[0].startswith("5 more")
    assert len(json.loads(render(found, "en", "json"))["services"][0]["incidents"]) == len(incidents)
    assert render(found, "en", "csv", csv_table="incidents").count("\n") == len(incidents) + 1


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_an_availability_without_an_accepted_job_says_so(found: Find, name: str, language: str) -> None:
    """Only the route that had no job accepted within the window is said to be a front desk, in people's formats."""
    words = wording(language)
    notes = [words.note("front_desk", mark="*", service=service) for service in ("Alpha 官转", "Beta", "Gamma")]
    page = " ".join(html.unescape(render(found(), language, name)).replace("\\", "").split())
    assert [note in page for note in notes] == [False, True, False]


@pytest.mark.parametrize(("number", "rating"), [(5, "★★★★★"), (1, "★☆☆☆☆"), (0, "☆☆☆☆☆"), (None, "–")])
def test_a_rating_is_five_signs(number: int | None, rating: str) -> None:
    """Every rating has the same width; none has the sign of a missing value."""
    assert stars(number, wording("en")) == rating


@pytest.mark.parametrize(
    ("availability", "status"),
    [
        (1.0, Status.OPERATIONAL),
        (0.97, Status.OPERATIONAL),
        (0.9699, Status.DEGRADED),
        (0.8, Status.DEGRADED),
        (0.7999, Status.SUSPENDED),
    ],
)
def test_the_colour_of_an_availability_follows_the_bounds_of_the_stars(availability: float, status: Status) -> None:
    """An availability exactly at a bound has the better colour."""
    assert tone(availability) is status


def test_every_row_has_a_cell_for_each_column(found: Find) -> None:
    """No table is ragged, in any language, also for services without figures."""
    findings_found = found()
    for language in languages():
        for one in tables(findings_found, wording(language)):
            assert {len(row) for row in one.rows} <= {len(one.columns)}, one.key
