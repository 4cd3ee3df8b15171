"""Reader of Atlassian Statuspage's API v2 and of incident.io's compatible form of it.

Sources: https://www.atlassian.com/software/statuspage, each page's own ``/api``; the documents of status.openai.com
(2026-07): a summary that lists only a changing part of the components, incidents whose ``components`` is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from sora_exporter.status_pages.documents import (
    Record,
    beside,
    first_timestamp,
    link,
    parse_each,
    record,
    records,
    rows_of,
    text,
    timestamp,
    translate,
    word,
)
from sora_exporter.status_pages.facts import (
    IMPACT_OF,
    ComponentStatus,
    Impact,
    Indicator,
    PageError,
    PageReport,
    one_line,
)
from sora_exporter.status_pages.merge import Component, Event, Findings, Maintenance, compose, worst_impact

STATUS, SUMMARY, COMPONENTS = "status.json", "summary.json", "components.json"
INCIDENTS, MAINTENANCES = "incidents.json", "scheduled-maintenances.json"
DOCUMENTS: Final = (STATUS, SUMMARY, COMPONENTS, INCIDENTS, MAINTENANCES)
API_PATH: Final = "/api/v2"
LISTS: Final = {COMPONENTS: "components", INCIDENTS: "incidents", MAINTENANCES: "scheduled_maintenances"}
MAX_BYTES: Final = 4 * 1024 * 1024

COMPONENT_WORDS: Mapping[str, ComponentStatus] = MappingProxyType(
    {
        **{status.value: status for status in ComponentStatus},
        "full_outage": ComponentStatus.MAJOR_OUTAGE,
        "maintenance": ComponentStatus.UNDER_MAINTENANCE,
    }
)
"""The words of the compatible form and of incident.io's own feeds."""

INDICATOR_WORDS: Mapping[str, Indicator] = MappingProxyType({word.value: word for word in Indicator})
IMPACT_WORDS: Mapping[str, Impact] = MappingProxyType({word.value: word for word in Impact})

CLOSED_WORDS = frozenset({"resolved", "postmortem", "completed", "closed", "canceled", "cancelled"})
OPEN_WORDS = frozenset({"investigating", "identified", "monitoring"})
RUNNING_WORDS = frozenset({"in_progress", "verifying", "maintenance_in_progress"})
SCHEDULED_WORDS = frozenset({"scheduled", "maintenance_scheduled"})
OVER_WORDS = CLOSED_WORDS | {"maintenance_complete", "maintenance_completed"}

START_MEMBERS = ("scheduled_for", "starts_at", "started_at", "published_at")
END_MEMBERS = ("scheduled_until", "ends_at", "scheduled_end_at")


def addresses(url: str) -> Mapping[str, str]:
    """Return the address of each document; ``url`` is the page, its ``/api/v2`` or one of the documents."""
    base = urlsplit(url).path.partition(API_PATH)[0].rstrip("/")
    return beside(url, base + API_PATH, DOCUMENTS)


def read(documents: Mapping[str, bytes], wanted_components: Sequence[str], now: float) -> PageReport:
    """Return the report on the fetched documents; ``components.json`` is complete, the summary fills gaps.

    Of an incident in two documents the one that was updated last counts. Raises PageError if no document contains a
    status page.
    """
    roots, broken = parse_each(documents)
    problems = {**broken, **_shapeless(roots)}
    summary = record(roots.get(SUMMARY))
    whole = rows_of(roots.get(COMPONENTS), "components")
    rows = _newest([rows_of(summary, "incidents"), rows_of(roots.get(INCIDENTS), "incidents")])
    planned = _newest(
        [rows_of(summary, "scheduled_maintenances"), rows_of(roots.get(MAINTENANCES), "scheduled_maintenances")]
    )
    incidents = None if rows is None else [row for row in rows if not _is_maintenance(row)]
    maintenances = _newest([planned, [row for row in rows or () if _is_maintenance(row)] or None])
    part = rows_of(summary, "components")
    listed = [*(whole or ()), *(part or ()), *_touched_now(incidents or ())]
    findings = Findings(
        indicator=_indicator(roots.get(STATUS)) or _indicator(summary),
        components=[component for row in listed for component in _components(row)],
        is_whole=bool(whole),
        events=None if incidents is None else [_event(row) for row in incidents],
        maintenances=None if maintenances is None else _maintenances(maintenances, now),
    )
    if findings.indicator is None and all(rows is None for rows in (whole, part, incidents, maintenances)):
        raise PageError(one_line(problems) or "no document contains a status page")
    return compose(findings, wanted_components, now, problems)


def _shapeless(roots: Mapping[str, object]) -> Mapping[str, str]:
    """Return the missing parts of each JSON document; a page may have no incident, but always has components."""
    lists = {name: rows_of(roots[name], member) for name, member in LISTS.items() if name in roots}
    empty = [name for name, rows in lists.items() if rows is None or (name == COMPONENTS and not rows)]
    problems = {name: f"lists no {LISTS[name].replace('_', ' ')}" for name in empty}
    if STATUS in roots and _indicator(roots[STATUS]) is None:
        problems[STATUS] = "has no indicator"
    summary = roots.get(SUMMARY)
    if SUMMARY in roots and _indicator(summary) is None and all(rows_of(summary, m) is None for m in LISTS.values()):
        problems[SUMMARY] = "contains no status page"
    return problems


def _newest(sources: Iterable[list[Record] | None]) -> list[Record] | None:
    """Return the rows of several documents, one per id; None if no document has a list."""
    measured = [rows for rows in sources if rows is not None]
    if not measured:
        return None
    newest: dict[object, Record] = {}
    for position, row in enumerate(row for rows in measured for row in rows):
        key = text(row.get("id")) or position
        if key not in newest or _updated(row) >= _updated(newest[key]):
            newest[key] = row
    return [row for row in newest.values() if _says_something(row)]


def _updated(row: Record) -> float:
    return timestamp(row.get("updated_at")) or 0.0


def _says_something(row: Record) -> bool:
    return any(text(row.get(member)) for member in ("id", "name", "status"))


def _indicator(root: object) -> Indicator | None:
    return translate(record(record(root).get("status")).get("indicator"), INDICATOR_WORDS)


def component_status(row: Record) -> ComponentStatus | None:
    """Return a component's current status: ``current_status`` if a feed also has the worst one so far."""
    now = translate(row.get("current_status"), COMPONENT_WORDS)
    return now or translate(row.get("status"), COMPONENT_WORDS)


def _components(row: Record) -> list[Component]:
    """Return a component and, if it is a group with its members as objects, the members."""
    members = records(row.get("components")) or []
    return [
        Component(
            id=_id(part),
            name=text(part.get("name")),
            status=component_status(part),
            is_group=part.get("group") is True or bool(part is row and members),
        )
        for part in (row, *members)
    ]


def _touched(row: Record) -> list[Record]:
    """Return the components of an incident, in either form."""
    return [part for member in ("components", "affected_components") for part in records(row.get(member)) or ()]


def _touched_now(incidents: Iterable[Record]) -> list[Record]:
    return [part for row in incidents if _is_open(row) for part in _touched(row)]


def _is_open(row: Record) -> bool:
    status = word(row.get("status"))
    if status in CLOSED_WORDS:
        return False
    return status in OPEN_WORDS or timestamp(row.get("resolved_at")) is None


def _is_maintenance(row: Record) -> bool:
    words = (word(row.get("impact")), word(row.get("type")), word(row.get("status")))
    return timestamp(row.get("scheduled_for")) is not None or any(w.startswith("maintenance") for w in words)


def _event(row: Record) -> Event:
    return Event(
        id=text(row.get("id")),
        name=text(row.get("name")),
        impact=_impact(row),
        is_open=_is_open(row),
        since=first_timestamp(row, ("started_at", "created_at", "published_at")),
        until=timestamp(row.get("resolved_at")) or _last_end(row),
        url=link(row.get("shortlink")) or link(row.get("url")),
        touched=identities(_touched(row)),
    )


def identities(components: Iterable[Record]) -> frozenset[tuple[str, str]]:
    """Return the components as (id, name), except those with neither."""
    return frozenset((_id(part), text(part.get("name"))) for part in components) - {("", "")}


def _id(component: Record) -> str:
    return text(component.get("id")) or text(component.get("component_id"))


def _impact(row: Record) -> Impact:
    """Return an incident's impact, or the worst of its components' (incident.io's own feed)."""
    named = translate(row.get("impact"), IMPACT_WORDS)
    if named:
        return named
    effects = [*_touched(row), *(records(row.get("component_impacts")) or ())]
    statuses = (translate(effect.get("status"), COMPONENT_WORDS) for effect in effects)
    return worst_impact(IMPACT_OF[status] for status in statuses if status)


def _last_end(row: Record) -> float | None:
    """Return the time when the last component recovered, for a closed incident of incident.io's own feed."""
    if _is_open(row):
        return None
    ends = (timestamp(effect.get("end_at")) for effect in records(row.get("component_impacts")) or ())
    return max((end for end in ends if end is not None), default=None)


def _maintenances(rows: Iterable[Record], now: float) -> list[Maintenance]:
    found = [(word(row.get("status")), row) for row in rows]
    return [maintenance(row, status, now) for status, row in found if status not in OVER_WORDS]


def maintenance(row: Record, status: str, now: float) -> Maintenance:
    """Return a maintenance's window; the page says whether it runs or, if its word is unknown, the clock."""
    start, end = first_timestamp(row, START_MEMBERS), first_timestamp(row, END_MEMBERS)
    is_now = start is not None and start <= now and end is not None and now < end
    return Maintenance(start, end, status in RUNNING_WORDS or (status not in SCHEDULED_WORDS and is_now))
