"""Reader of Instatus' public documents: the summary with its open events, and the list of components.

Source: https://instatus.com/help/api/public-data and https://instatus.com/help/api, read 2026-11-27.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from sora_exporter.status_pages.documents import (
    Record,
    beside,
    link,
    parse_each,
    record,
    records,
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

SUMMARY, COMPONENTS = "summary.json", "v3/components.json"
MAX_BYTES: Final = 4 * 1024 * 1024
MINUTE_SECONDS = 60

WORDS: Mapping[str, ComponentStatus] = MappingProxyType(
    {
        "operational": ComponentStatus.OPERATIONAL,
        "degradedperformance": ComponentStatus.DEGRADED_PERFORMANCE,
        "minoroutage": ComponentStatus.PARTIAL_OUTAGE,
        "partialoutage": ComponentStatus.PARTIAL_OUTAGE,
        "majoroutage": ComponentStatus.MAJOR_OUTAGE,
        "undermaintenance": ComponentStatus.UNDER_MAINTENANCE,
    }
)
INDICATOR_OF: Mapping[ComponentStatus, Indicator] = MappingProxyType(
    {
        **{status: Indicator(impact.value) for status, impact in IMPACT_OF.items()},
        ComponentStatus.UNDER_MAINTENANCE: Indicator.MAINTENANCE,
    }
)
EXTENTS = re.compile(r"(?:all|some|one)(?=[a-z])")
"""A page's word may be a component's with this before it: ``SOMEPARTIALOUTAGE``."""
UP, HAS_ISSUES = "up", "hasissues"
RESOLVED, NOT_STARTED, COMPLETED = "resolved", "notstartedyet", "completed"
WRITTEN_DATE = re.compile(r"\w{3} (\w{3} \d{1,2} \d{4} \d\d:\d\d:\d\d) GMT([+-]\d{4})\b", re.ASCII)


def addresses(url: str) -> Mapping[str, str]:
    """Return the address of each document; ``url`` is the page or its summary."""
    return beside(url, urlsplit(url).path.removesuffix(SUMMARY), (SUMMARY, COMPONENTS))


def read(documents: Mapping[str, bytes], wanted_components: Sequence[str], now: float) -> PageReport:
    """Return the report on the documents.

    A summary without a list of incidents or maintenances has none of them. It names no components: only an incident's
    title shows what it touches. Raises PageError if neither document contains a part of a page.
    """
    roots, problems = parse_each(documents)
    summary, components = record(roots.get(SUMMARY)), record(roots.get(COMPONENTS))
    page = word(record(summary.get("page")).get("status"))
    listed = records(components.get("components"))
    if SUMMARY in roots and not page:
        problems[SUMMARY] = "has no status of the page"
    if COMPONENTS in roots and listed is None:
        problems[COMPONENTS] = "lists no components"
    if not page and listed is None:
        raise PageError(one_line(problems) or "no document contains a status page")
    incidents, maintenances = _open(summary, "activeIncidents", page), _open(summary, "activeMaintenances", page)
    events = None if incidents is None else [_event(row) for row in incidents]
    findings = Findings(
        indicator=_indicator(page, [event.impact for event in events or () if event.is_open]),
        components=_components(listed or ()),
        is_whole=bool(listed),
        events=events,
        maintenances=None if maintenances is None else [m for row in maintenances for m in _maintenance(row, now)],
    )
    return compose(findings, wanted_components, now, problems)


def _open(summary: Record, member: str, page: str) -> list[Record] | None:
    """Return a list of the summary; empty if it is left out, None if it is not a list or the page says nothing."""
    return records(summary.get(member, [])) if page else None


def _indicator(page: str, impacts: Sequence[Impact]) -> Indicator | None:
    """Return the meaning of a page's word, which may leave its extent to the open incidents; None for another word."""
    if page == UP:
        return Indicator.NONE
    if page == HAS_ISSUES:
        return Indicator(worst_impact((Impact.MINOR, *impacts)).value)
    status = WORDS.get(EXTENTS.sub("", page, count=1))
    return INDICATOR_OF[status] if status is not None else None


def _components(rows: Sequence[Record]) -> list[Component]:
    """Return the components; a group is a row that others name as theirs."""
    groups = {text(record(row.get("group")).get("id")) for row in rows} - {""}
    return [
        Component(key := text(row.get("id")), text(row.get("name")), translate(row.get("status"), WORDS), key in groups)
        for row in rows
    ]


def _event(row: Record) -> Event:
    status = translate(row.get("impact"), WORDS)
    return Event(
        id=text(row.get("id")) or link(row.get("url")),
        name=text(row.get("name")),
        impact=IMPACT_OF[status] if status is not None else Impact.NONE,
        is_open=word(row.get("status")) != RESOLVED,
        since=_moment(row.get("started")),
        until=None,
        url=link(row.get("url")),
        touched=frozenset(),
    )


def _maintenance(row: Record, now: float) -> list[Maintenance]:
    """Return a maintenance that is not over, in a list of one; its length is given in minutes."""
    start, minutes, status = _moment(row.get("start")), text(row.get("duration")), word(row.get("status"))
    end = start + MINUTE_SECONDS * int(minutes) if start is not None and re.fullmatch(r"[0-9]{1,6}", minutes) else None
    if status == COMPLETED:
        return []
    is_begun = status != NOT_STARTED or (start is not None and start <= now)
    return [Maintenance(start, end, is_begun and (end is None or now < end))]


def _moment(value: object) -> float | None:
    """Return the Unix time of a date in ISO 8601, or as JavaScript writes one for people."""
    written = WRITTEN_DATE.match(value) if isinstance(value, str) else None
    if written is None:
        return timestamp(value)
    try:
        return datetime.strptime(f"{written[1]} {written[2]}", "%b %d %Y %H:%M:%S %z").timestamp()
    except (ValueError, OverflowError):
        return None
