"""The formats of a report: true, aligned, and with any name as text only."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable

import pytest
from support.html_structure import Structure
from support.invented import figures, findings, service
from support.recorded import END, FIRST, Recorded, info
from wcwidth import width, wrap

from sora_exporter.cli.report import CSV_TABLES, FORMATS, render
from sora_exporter.plain_words import languages
from sora_exporter.report.findings import Findings, Incident, Price
from sora_exporter.report.tables import INCIDENTS_SHOWN, Table, tables
from sora_exporter.report.wording import wording
from sora_exporter.result import Depth, ErrorClass
from sora_exporter.web.pages.document import COLOURS

Find = Callable[..., Findings]
HOSTILE = '=1+1|<script>alert("x")</script>`*_[a](http://evil.example)\n\x1b[31m\u202e'


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


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_an_availability_without_an_accepted_job_says_so(found: Find, name: str, language: str) -> None:
    """Only the route that had no job accepted within the window is said to be a front desk, in people's formats."""
    words = wording(language)
    notes = [words.note("front_desk", mark="*", service=service) for service in ("Alpha 官转", "Beta", "Gamma")]
    page = " ".join(html.unescape(render(found(), language, name)).replace("\\", "").split())
    assert [note in page for note in notes] == [False, True, False]


@pytest.mark.parametrize(
    ("proven", "is_front_desk_only"),
    [(None, False), *((depth, depth.rank < Depth.ACCEPTED.rank) for depth in Depth)],
)
def test_depth_decides_the_front_desk(proven: Depth | None, is_front_desk_only: bool) -> None:
    """Every depth before an accepted job is the front desk; without any record of depths nothing is claimed."""
    assert service(found=figures(), proven=proven).is_front_desk_only is is_front_desk_only
    assert service(proven=proven).is_front_desk_only is False


def test_programs_get_the_depth_that_was_proven(found: Find) -> None:
    """JSON names the deepest depth proven within the window, null where none is recorded; so does CSV."""
    document = json.loads(render(found(), "en", "json"))
    assert [one["proven"] for one in document["services"]] == ["delivered", "routed", None]
    rows = list(csv.DictReader(io.StringIO(render(found(), "en", "csv"))))
    assert [row["proven"] for row in rows] == ["delivered", "routed", ""]


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


def test_gaps_ends_and_warnings_come_first(recorded: Recorded, found: Find) -> None:
    """The notes that a reader needs come above the figures."""
    recorded.warnings = ["one store is away"]
    lines = [line for line in render(found(), "en", "text", columns=200).splitlines() if line.startswith("! ")]
    assert lines == [
        "! Gamma: only 10.0 % of the window was observed, less than the 50 % that a figure needs.",
        "! Gamma: recorded only since 2026-10-30 00:00; this Prometheus keeps nothing older.",
        "! End of life announced for 2026-11-02: Beta.",
        "! Prometheus warns: one store is away",
    ]


def test_a_missing_route_series_is_named(recorded: Recorded, found: Find) -> None:
    """If the route to use now is not recorded, its series is named."""
    del recorded.answers["recommended"]
    assert "product_service_id:sora_service_recommended:bool is missing" in render(found(), "en", "text")


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("columns", [80, 120])
def test_text_fits_the_terminal(found: Find, language: str, columns: int) -> None:
    """No line is wider than the terminal, and no figure is cut at 80 columns."""
    text = render(found(), language, "text", columns=columns)
    assert max(map(width, text.splitlines())) <= columns
    assert "…" not in text
    assert "\x1b" not in text


@pytest.mark.parametrize("language", languages())
def test_columns_stay_aligned(found: Find, language: str) -> None:
    """Every row of the stability table ends in the same column, Chinese names or not."""
    words = wording(language)
    lines = render(found(), language, "text", columns=120).splitlines()
    first = lines.index(words.heading("stability")) + 1
    assert len({width(line) for line in lines[first : first + 4]}) == 1


def test_a_narrow_terminal_cuts_text_before_figures(found: Find) -> None:
    """At 72 columns names give way and availability stays whole."""
    text = render(found(), "en", "text", columns=72)
    assert max(map(width, text.splitlines())) <= 72
    assert "99.99 %" in text


def test_colour_is_used_only_on_request(found: Find) -> None:
    """Without its colours the coloured text is the plain one."""
    coloured = render(found(), "en", "text", columns=100, is_coloured=True)
    assert "\x1b[35mRisk control" in coloured
    assert re.sub(r"\x1b\[\d*m", "", coloured) == render(found(), "en", "text", columns=100)


@pytest.mark.parametrize("columns", [1, 5, 20, 33])
def test_wrapping_loses_nothing(columns: int) -> None:
    """Lines are as narrow as asked, hold every letter, and break between Chinese characters too."""
    text = "可用率：在观测到的分钟里，a-very-long-word-indeed of 30 days."
    lines = wrap(text, max(columns, 2))
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert max(map(width, lines)) <= max(columns, 4)


def test_hostile_names_are_text_in_every_format(recorded: Recorded, found: Find) -> None:
    """A name made of markup, formula, link and control characters stays a name."""
    recorded.answers["info"] = [info("alpha", "official", name=HOSTILE), info("beta", "reverse", product=HOSTILE)]
    findings_ = found()
    page = render(findings_, "en", "html")
    assert "<script" not in page
    assert "\u202e" not in page
    markdown = render(findings_, "en", "markdown")
    assert "\\|&lt;script&gt;" in markdown
    assert "\\[a\\](http&#58;//evil.example)" in markdown
    assert len({line.replace("\\|", "").count("|") for line in _section(markdown, "## Stability") if "|" in line}) == 1
    for form in FORMATS:
        assert "\x1b" not in render(findings_, "en", form), form
    rows = list(csv.reader(io.StringIO(render(findings_, "en", "csv"))))
    assert {cell[0] for row in rows for cell in row if "1+1" in cell} == {"'"}


def _section(markdown: str, heading: str) -> list[str]:
    return markdown.partition(f"{heading}\n")[2].partition("\n## ")[0].splitlines()


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


@pytest.mark.parametrize("language", languages())
def test_html_is_one_self_contained_file(found: Find, language: str) -> None:
    """The page is well-formed, in its language, draws a chart per service and points nowhere."""
    page = render(found(), language, "html")
    structure = Structure(page)
    assert page.startswith("<!doctype html>")
    assert structure.elements[0] == ("html", {"lang": language})
    assert structure.tags.count("svg") == 3
    assert structure.all("href") == structure.all("src") == []
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page
    assert structure.heading_levels() == [1, *[2] * 8]


def test_html_describes_its_drawings_in_words(found: Find) -> None:
    """Each chart has its figure as a label, each bar its own, and everyone can distinguish the colours."""
    structure = Structure(page := render(found(), "en", "html"))
    assert "Beta: 90.00 %" in structure.all("aria-label")
    assert page.count('<rect class="back"') == 3 * 28
    assert "2026-10-25 06:00: 50.00 %" in page
    assert all(colour in page for colour in COLOURS.values())


def test_markdown_is_tables_that_can_be_pasted(found: Find) -> None:
    """The Markdown has a heading and a complete table for each part."""
    markdown = render(found(), "en", "markdown")
    assert "| Alpha 官转 | ★★★★★ | 99.99 % | 100.0 % | 2.50 s | 0 | 0.0 | 0.0 |\n" in markdown
    assert "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n" in markdown
    assert markdown.count("\n## ") == 7
    assert "\n\n\n" not in markdown


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_findings_give_the_same_bytes(found: Find, form: str) -> None:
    """A format is a function of what was found and of nothing else."""
    once = found()
    assert render(once, "en", form) == render(once, "en", form)
    assert once.end == END
