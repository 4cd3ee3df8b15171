"""Reader of incident.io's widget document: open incidents and maintenances only, for pages that offer nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from sora_exporter.status_pages.documents import (
    Record,
    first_timestamp,
    link,
    parse,
    record,
    records,
    text,
    translate,
)
from sora_exporter.status_pages.facts import (
    COMPONENT_SEVERITY,
    IMPACT_OF,
    ComponentStatus,
    PageError,
    PageReport,
)
from sora_exporter.status_pages.merge import Component, Event, Findings, Maintenance, compose
from sora_exporter.status_pages.statuspage import COMPONENT_WORDS, component_status, identities, maintenance

DOCUMENT: Final = "summary"
DEFAULT_PATH: Final = "/api/v1/summary"
COMPONENT_ID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
"""A ULID, the form of all ids of incident.io."""
MAX_BYTES: Final = 4 * 1024 * 1024


def addresses(url: str) -> Mapping[str, str]:
    """Return the document's address: ``url`` itself, or its usual path if ``url`` is a bare host."""
    parts = urlsplit(url)
    path = parts.path if parts.path.strip("/") else DEFAULT_PATH
    return {DOCUMENT: urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))}


def read(documents: Mapping[str, bytes], wanted_components: Sequence[str], now: float) -> PageReport:
    """Return the report on the document.

    It lists only components with an incident or maintenance. A component that is configured by its id and not listed is
    operational, provided that the document is complete and every row lists its components. A name that is not listed
    may belong to no component and is not measured. The page has no overall state: the indicator follows from its
    incidents and running maintenances. Raises PageError if all of its three lists are missing.
    """
    if DOCUMENT not in documents:
        raise PageError("the widget's document was not fetched")
    root = record(parse(documents[DOCUMENT]))
    ongoing, running, scheduled = (
        records(root.get(member))
        for member in ("ongoing_incidents", "in_progress_maintenances", "scheduled_maintenances")
    )
    if ongoing is None and running is None and scheduled is None:
        raise PageError("no list of incidents or maintenances: is this an incident.io widget document?")
    touched = [component for row in ongoing or () for component in _components(row, _worst(row))]
    touched += [
        replace(component, status=ComponentStatus.UNDER_MAINTENANCE)
        for row in running or ()
        for component in _components(row, None)
    ]
    is_whole = ongoing is not None and running is not None
    if is_whole and all(map(_names_its_components, [*(ongoing or ()), *(running or ())])):
        touched += _untouched(wanted_components, touched)
    findings = Findings(
        components=_worst_first(touched),
        is_whole=is_whole,
        events=None if ongoing is None else [_event(row) for row in ongoing],
        maintenances=_maintenances(running, scheduled, now),
    )
    return compose(findings, wanted_components, now, {})


def _worst(row: Record) -> ComponentStatus | None:
    return translate(row.get("current_worst_impact"), COMPONENT_WORDS)


def _components(row: Record, otherwise: ComponentStatus | None) -> list[Component]:
    """Return the components a row lists; ``otherwise`` is the status of one without its own."""
    return [
        Component(text(part.get("id")), text(part.get("name")), component_status(part) or otherwise)
        for part in records(row.get("affected_components")) or ()
    ]


def _names_its_components(row: Record) -> bool:
    """Return whether a row lists components, each with its id."""
    listed = row.get("affected_components")
    return isinstance(listed, list) and bool(listed) and all(text(record(part).get("id")) for part in listed)


def _untouched(wanted: Sequence[str], touched: Sequence[Component]) -> list[Component]:
    """Return the components that are configured by an id but not listed in any row."""
    named = {component.id for component in touched}
    ids = (key.strip() for key in wanted)
    return [
        Component(key, "", ComponentStatus.OPERATIONAL)
        for key in ids
        if COMPONENT_ID.fullmatch(key) and key not in named
    ]


def _worst_first(components: Sequence[Component]) -> list[Component]:
    """Return the components with the worst status first, for those that several rows list."""
    return sorted(components, key=lambda c: COMPONENT_SEVERITY[c.status] if c.status else -1, reverse=True)


def _event(row: Record) -> Event:
    return Event(
        id=text(row.get("id")),
        name=text(row.get("name")),
        impact=IMPACT_OF[_worst(row) or ComponentStatus.DEGRADED_PERFORMANCE],
        is_open=True,
        since=first_timestamp(row, ("started_at", "created_at", "published_at")),
        until=None,
        url=link(row.get("url")),
        touched=identities(records(row.get("affected_components")) or ()),
    )


def _maintenances(
    running: Sequence[Record] | None, scheduled: Sequence[Record] | None, now: float
) -> list[Maintenance] | None:
    if running is None and scheduled is None:
        return None
    return [
        *(maintenance(row, "in_progress", now) for row in running or ()),
        *(maintenance(row, "scheduled", now) for row in scheduled or ()),
    ]
