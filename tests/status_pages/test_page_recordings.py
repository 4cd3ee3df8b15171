"""The readers find in every recorded document what ``expect.json`` says is in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sora_exporter.config.known_pages import builtin_pages
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Indicator, PageError, PageReport
from sora_exporter.status_pages.readers import READERS

DOCUMENTS = Path(__file__).parent / "documents"
EXPECTED: dict[str, dict[str, Any]] = json.loads((DOCUMENTS / "expect.json").read_text("utf-8"))
SORA, VERTEX, BIGQUERY = "01K9G527YRPY1EFRMHTKB5BKT5", "Z0FZJAMvEB4j3NbCJs6B", "9CcrhHUcFevXPSVaSxkf"
DURING_MAINTENANCE = datetime.fromisoformat("2026-08-01T08:30:00Z").timestamp()

PLACES = {
    "openai-components.json": ("statuspage", "components.json"),
    "openai-components-sora-outage.json": ("statuspage", "components.json"),
    "openai-status.json": ("statuspage", "status.json"),
    "openai-summary-operational.json": ("statuspage", "summary.json"),
    "openai-summary-sora-outage.json": ("statuspage", "summary.json"),
    "openai-incidents.json": ("statuspage", "incidents.json"),
    "openai-incidents-native.json": ("statuspage", "incidents.json"),
    "openai-scheduled-maintenances.json": ("statuspage", "scheduled-maintenances.json"),
    "statuspage-classic-summary.json": ("statuspage", "summary.json"),
    "incidentio-widget.json": ("incidentio-widget", "summary"),
    "better-stack-index.json": ("better-stack", "index.json"),
    "instatus-summary.json": ("instatus", "summary.json"),
    "instatus-components.json": ("instatus", "v3/components.json"),
    "google-incidents.json": ("google-cloud", "incidents.json"),
    "google-incidents-vertex-ongoing.json": ("google-cloud", "incidents.json"),
}
WORST = {"SERVICE_OUTAGE": Impact.CRITICAL, "SERVICE_DISRUPTION": Impact.MAJOR, "SERVICE_INFORMATION": Impact.MINOR}


def recorded(name: str) -> bytes:
    return (DOCUMENTS / name).read_bytes()


def read(name: str, wanted: Sequence[str]) -> PageReport:
    """Read one recording as if it were the only document that came."""
    page_format, place = PLACES[name]
    return READERS[page_format].read({place: recorded(name)}, wanted, DURING_MAINTENANCE)


def open_count(report: PageReport) -> int:
    assert report.open_incidents is not None
    return sum(report.open_incidents.values())


def touching(report: PageReport, component: str) -> int:
    return sum(component in incident.components for incident in report.incidents)


def found(report: PageReport, fact: str, expected: dict[str, Any]) -> object:
    """Return what the report holds for one fact of ``expect.json``, in that file's words."""
    component = expected.get("component", "")
    facts: dict[str, Any] = {
        "component": lambda: component if component in (*report.components, *report.missing_components) else None,
        "status": lambda: report.components.get(component),
        "indicator": lambda: report.indicator,
        "open_incidents": lambda: open_count(report),
        "open_all": lambda: sum(incident.is_open for incident in report.incidents),
        "in_progress": lambda: report.maintenances_in_progress,
        "incidents_by_name": lambda: {key: touching(report, key) for key in expected["incidents_by_name"]},
        "incidents_by_component": lambda: {key: touching(report, key) for key in expected["incidents_by_component"]},
        "open_for_product": lambda: {
            key: (report.component_incidents or {})[key] for key in expected["open_for_product"]
        },
        "worst_impact": lambda: next(
            word for word, impact in WORST.items() if report.open_incidents and report.open_incidents[impact]
        ),
    }
    return facts[fact]()


@pytest.mark.parametrize("name", EXPECTED)
def test_recording(name: str) -> None:
    """Each recording yields every fact that expect.json names."""
    expected = {fact: value for fact, value in EXPECTED[name].items() if fact != "why"}
    keyed = ("incidents_by_name", "incidents_by_component", "open_for_product")
    wanted = [expected.get("component", ""), *(key for fact in keyed for key in expected.get(fact, {}))]
    report = read(name, [key for key in wanted if key])
    if "open_all" in expected:
        # With products configured, only what touches them is counted; without, everything.
        assert open_count(report) == sum(expected["open_for_product"].values())
        assert open_count(read(name, [])) == expected["open_all"]
    assert {fact: found(report, fact, expected) for fact in expected} == expected


def test_every_recording_is_read() -> None:
    """No recording is left out of the comparison, save the list of products, which says nothing alone."""
    names = {path.name for path in DOCUMENTS.glob("*.json")} - {"expect.json", "google-products.json"}
    assert names == set(EXPECTED) == set(PLACES)


def shortened(value: Any) -> Any:
    """Return a JSON value with at most three items in each list: more of the same would only cost time."""
    if isinstance(value, dict):
        return {key: shortened(part) for key, part in value.items()}
    return [shortened(part) for part in value[:3]] if isinstance(value, list) else value


def spoiled(value: Any) -> Iterator[Any]:
    """Yield a JSON value again and again, each time with one of its parts of a wrong kind, or gone."""
    yield from (None, True, 7, -1e300, "", "\u0000odd", [], {}, [None], {"id": {}, "status": []})
    keys: Iterable[Any] = value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    for key in keys:
        for part in spoiled(value[key]):
            yield {**value, key: part} if isinstance(value, dict) else [*value[:key], part, *value[key + 1 :]]
        yield {k: v for k, v in value.items() if k != key} if isinstance(value, dict) else value[:key]


@pytest.mark.parametrize("name", PLACES)
def test_no_spoiled_part_raises(name: str) -> None:
    """For a wrong type or a gap in any part of a recording there is a report or a one-line PageError."""
    page_format, place = PLACES[name]
    reports, refusals = 0, []
    for variant in spoiled(shortened(json.loads(recorded(name)))):
        try:
            report = READERS[page_format].read({place: json.dumps(variant).encode()}, [SORA, "Sora", VERTEX], 0.0)
        except PageError as error:
            refusals.append(str(error))
        else:
            assert set(report.components).isdisjoint(report.missing_components)
            reports += 1
    assert reports
    assert refusals
    assert not any("\n" in refusal for refusal in refusals)


def test_component_by_id_and_by_name_are_one() -> None:
    """An id and a name in any case find the same component, each under the key as configured."""
    report = read("openai-components-sora-outage.json", [SORA, "sORA"])
    assert report.components == {SORA: ComponentStatus.MAJOR_OUTAGE, "sORA": ComponentStatus.MAJOR_OUTAGE}
    assert report.component_names == {SORA: "Sora", "sORA": "Sora"}


def test_whole_set_wins_over_partial_summary() -> None:
    """A component that the summary leaves out is found in components.json and not missing."""
    documents = {
        "summary.json": recorded("openai-summary-operational.json"),
        "components.json": recorded("openai-components.json"),
    }
    report = READERS["statuspage"].read(documents, [SORA], DURING_MAINTENANCE)
    assert report.components == {SORA: ComponentStatus.OPERATIONAL}
    assert report.missing_components == ()


def test_product_by_id_and_title() -> None:
    """A Google product is found by its id and, through products.json, by its title."""
    documents = {
        "incidents.json": recorded("google-incidents-vertex-ongoing.json"),
        "products.json": recorded("google-products.json"),
    }
    report = READERS["google-cloud"].read(documents, [VERTEX, "vertex gemini api", BIGQUERY], DURING_MAINTENANCE)
    assert report.components == {
        VERTEX: ComponentStatus.MAJOR_OUTAGE,
        "vertex gemini api": ComponentStatus.MAJOR_OUTAGE,
        BIGQUERY: ComponentStatus.OPERATIONAL,
    }
    assert report.indicator is Indicator.CRITICAL


def test_maintenance_window_of_recording() -> None:
    """The running maintenance's window comes in Unix seconds."""
    report = read("openai-scheduled-maintenances.json", [])
    window = (report.maintenance_start, report.maintenance_end)
    assert window == (DURING_MAINTENANCE - 1800, DURING_MAINTENANCE + 1800)


@pytest.mark.parametrize(
    ("page", "recording"), [("openai", "openai-components.json"), ("google-cloud", "google-products.json")]
)
def test_builtin_ids_carry_the_recorded_names(page: str, recording: str) -> None:
    """Built-in ids that a recording lists bear the name recorded for them, and the watched ones are all listed."""
    document = json.loads(recorded(recording))
    listed = {
        row["id"]: row.get("name", row.get("title"))
        for row in next(v for v in document.values() if [] != v != {} and isinstance(v, list))
    }
    known = builtin_pages()[page]
    assert set(known.components) <= set(listed)
    assert {key: listed[key] for key in known.names if key in listed} == {
        key: name for key, name in known.names.items() if key in listed
    }


def test_builtin_pages_are_readable() -> None:
    """Each built-in page has a format that is read and an https address."""
    for page in builtin_pages().values():
        assert page.format in READERS
        assert page.url.startswith("https://")
