"""The report for programs: JSON as its description says, and CSV without formulas."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from support.invented import figures, findings, service
from support.recorded import Find, Recorded

from sora_exporter.cli.report import CSV_TABLES, render
from sora_exporter.report.findings import Price


def test_programs_get_the_depth_that_was_proven(found: Find) -> None:
    """JSON names the deepest depth proven within the window, null where none is recorded; so does CSV."""
    document = json.loads(render(found(), "en", "json"))
    assert [one["proven"] for one in document["services"]] == ["delivered", "routed", None]
    rows = list(csv.DictReader(io.StringIO(render(found(), "en", "csv"))))
    assert [row["proven"] for row in rows] == ["delivered", "routed", ""]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " ="])
def test_no_cell_is_a_formula(start: str) -> None:
    """Text that a spreadsheet would read as a formula is marked as text; real numbers below zero are not."""
    found = findings(service(name=f"{start}cmd", found=figures(0.9), objective=0.99, price=Price(1, "request")))
    (row,) = csv.DictReader(io.StringIO(render(found, "en", "csv")))
    assert row["name"].startswith("'")
    assert float(row["objective_budget_left"]) == pytest.approx(-9.0)


def test_csv_has_one_row_per_service(found: Find) -> None:
    """The table for a spreadsheet has plain numbers, ISO times, and empty fields where nothing is known."""
    rows = list(csv.DictReader(io.StringIO(render(found(), "zh", "csv"))))
    assert [row["service_id"] for row in rows] == ["alpha", "beta", "gamma"]
    beta = rows[1]
    assert (beta["availability"], beta["stars"], beta["use_now"], beta["sunset"]) == (
        "0.9",
        "3",
        "0",
        "2026-11-02T00:00:00Z",
    )
    assert (rows[0]["recommended_for"], rows[2]["availability"]) == ("production high_volume", "")
    assert beta["recommended_for"] == "budget"


def test_csv_of_incidents_has_one_row_each(found: Find) -> None:
    """Incidents and silences are in one table, oldest first."""
    rows = list(csv.DictReader(io.StringIO(render(found(), "en", "csv", csv_table="incidents"))))
    assert [(row["service_id"], row["kind"], row["error_class"]) for row in rows] == [
        ("beta", "incident", "captcha"),
        ("alpha", "not_observed", ""),
        ("beta", "incident", "overloaded"),
        ("beta", "incident", ""),
    ]
    assert rows[0]["began_before"] == rows[3]["lasts"] == "1"
    assert sorted(CSV_TABLES) == ["incidents", "services"]


def test_json_has_the_documented_shape(found: Find) -> None:
    """The document has the names that its description lists; without figures it has null and not a number."""
    document = json.loads(render(found(), "id", "json"))
    assert document["window"] == {"name": "7d", "start": "2026-10-25T00:00:00Z", "end": "2026-11-01T00:00:00Z"}
    assert document.keys() == {
        "window", "source", "least_coverage", "video_seconds", "services", "recommendations", "caveats",
    }  # fmt: skip
    gamma = document["services"][2]
    assert (gamma["figures"], gamma["price"], gamma["objective"]["kept"]) == (None, None, None)
    assert {"product": "song", "use": "budget", "service_id": None} in document["recommendations"]


def test_every_name_of_the_json_is_documented(found: Find) -> None:
    """Each key of the document is in the description of its shape."""
    from sora_exporter.report import documents

    def keys(value: object) -> set[str]:
        if isinstance(value, dict):
            return {*value, *(key for one in value.values() for key in keys(one))}
        return {key for one in value for key in keys(one)} if isinstance(value, list) else set()

    described = set(re.findall(r"[a-z_]+", documents.__doc__ or ""))
    assert keys(json.loads(render(found(), "en", "json"))) <= described


def test_a_hostile_name_is_text(recorded: Recorded, found: Find) -> None:
    """No cell of the spreadsheet begins a formula, and no format for programs has a control character."""
    recorded.give_hostile_names()
    for form in ("json", "csv"):
        assert "\x1b" not in render(found(), "en", form), form
    rows = list(csv.reader(io.StringIO(render(found(), "en", "csv"))))
    assert {cell[0] for row in rows for cell in row if "1+1" in cell} == {"'"}
