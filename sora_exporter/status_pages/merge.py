"""One report from the findings of a format's reader: matching components, counts, and the order of incidents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from sora_exporter.status_pages.facts import (
    COMPONENT_SEVERITY,
    IMPACT_OF,
    IMPACT_SEVERITY,
    INCIDENT_LIMIT,
    ComponentStatus,
    Impact,
    Incident,
    Indicator,
    PageReport,
)

MOST_EVENTS: Final = 5000
MOST_COMPONENTS: Final = 20_000
MOST_NAMES: Final = 20
"""Far more than any page lists: of incidents, of components, and of names of one component."""


@dataclass(frozen=True, slots=True)
class Component:
    """A component as a page lists it; ``status`` is None when its word is unknown."""

    id: str
    name: str
    status: ComponentStatus | None
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """An incident as a page lists it, with its components."""

    id: str
    name: str
    impact: Impact
    is_open: bool
    since: float | None
    until: float | None
    url: str
    touched: frozenset[tuple[str, str]]
    """The (id, name) of each component it lists, one of them possibly empty; empty if the page lists none."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A configured component, with the ids and the names (in lower case) under which the page lists it."""

    key: str
    ids: frozenset[str]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A maintenance that is not over, in Unix seconds."""

    start: float | None
    end: float | None
    is_running: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of a reader. None means not measured, an empty sequence means none.

    ``components`` come from the most trusted document first. ``is_whole``: the page has no other components.
    ``is_broad``: the page covers many other services, so only incidents of wanted components count.
    """

    indicator: Indicator | None = None
    components: Sequence[Component] = ()
    is_whole: bool = False
    is_broad: bool = False
    events: Sequence[Event] | None = None
    maintenances: Sequence[Maintenance] | None = None


def compose(findings: Findings, wanted: Iterable[str], now: float, problems: Mapping[str, str]) -> PageReport:
    """Return the report on the wanted components; ``problems`` names the unusable documents."""
    findings, omitted = _bounded(findings)
    meant = {key: find_components(key, findings.components) for key in wanted}
    subjects = [_subject(key, found) for key, found in meant.items()]
    statuses = {key: status for key, found in meant.items() if (status := merged_status(found))}
    names = {key: name for key, found in meant.items() if (name := next((c.name for c in found if c.name), ""))}
    incidents = [_incident(event, subjects) for event in findings.events or ()]
    if findings.is_broad and meant:
        findings = _narrowed(findings, meant, subjects)
    counted = [_incident(event, subjects) for event in findings.events or ()]
    maintenance = _current(findings.maintenances or (), now)
    is_measured = findings.events is not None
    return PageReport(
        indicator=findings.indicator or derive_indicator(findings),
        components=statuses,
        component_names=names,
        missing_components=tuple(key for key in meant if key not in statuses),
        open_incidents=_count_by_impact(counted) if is_measured else None,
        component_incidents=_count_by_component(incidents, meant) if is_measured else None,
        incidents=tuple(sorted(incidents, key=_for_people)[:INCIDENT_LIMIT]),
        maintenances_in_progress=_running(findings.maintenances),
        maintenance_start=maintenance.start if maintenance else None,
        maintenance_end=maintenance.end if maintenance else None,
        problems=dict(problems),
        changes_at=_next_change(findings, now),
        omitted=omitted,
    )


def _bounded(findings: Findings) -> tuple[Findings, int]:
    """Return the findings with each component once and at most MOST_EVENTS events, and how many are left out."""
    events = findings.events
    components = list(dict.fromkeys(findings.components))
    kept = None if events is None else events[:MOST_EVENTS]
    omitted = max(len(components) - MOST_COMPONENTS, 0) + len(events or ()) - len(kept or ())
    return replace(findings, components=components[:MOST_COMPONENTS], events=kept), omitted


def _narrowed(findings: Findings, meant: Mapping[str, Sequence[Component]], subjects: Sequence[Subject]) -> Findings:
    """Return the findings about the wanted components alone."""
    events = findings.events and [event for event in findings.events if _incident(event, subjects).components]
    components = list(chain.from_iterable(meant.values()))
    return replace(findings, components=components, is_whole=findings.is_whole and all(meant.values()), events=events)


def find_components(wanted: str, components: Sequence[Component]) -> list[Component]:
    """Return the components with this id, else with this name in any case; members before groups."""
    by_id = [component for component in components if component.id == wanted.strip()]
    if by_id:
        return by_id
    by_name = [component for component in components if component.name.casefold() == wanted.strip().casefold()]
    return [component for component in by_name if not component.is_group] or by_name


def merged_status(components: Iterable[Component]) -> ComponentStatus | None:
    """Return the worst status of components with one name; for one id the most trusted document decides."""
    trusted: dict[str, ComponentStatus] = {}
    for component in components:
        if component.status is not None:
            trusted.setdefault(component.id, component.status)
    return max(trusted.values(), key=COMPONENT_SEVERITY.__getitem__, default=None)


def derive_indicator(findings: Findings) -> Indicator | None:
    """Return the indicator that follows from components, open incidents and maintenance.

    ``none`` only if all components are listed and understood: a part of them does not prove that all is well.
    """
    impacts = [event.impact for event in findings.events or () if event.is_open]
    statuses = {component.status for component in findings.components}
    worst = worst_impact(chain(impacts, (IMPACT_OF[status] for status in statuses if status)))
    if worst is not Impact.NONE:
        return Indicator(worst.value)
    if ComponentStatus.UNDER_MAINTENANCE in statuses or _running(findings.maintenances):
        return Indicator.MAINTENANCE
    return Indicator.NONE if findings.is_whole and None not in statuses else None


def worst_impact(impacts: Iterable[Impact]) -> Impact:
    """Return the worst impact, ``none`` without any."""
    return max(impacts, key=IMPACT_SEVERITY.__getitem__, default=Impact.NONE)


def _incident(event: Event, subjects: Sequence[Subject]) -> Incident:
    return Incident(
        name=event.name or event.id,
        impact=event.impact,
        is_open=event.is_open,
        since=event.since,
        until=event.until,
        url=event.url,
        components=tuple(subject.key for subject in subjects if _touches(event, subject)),
    )


def _subject(key: str, found: Iterable[Component]) -> Subject:
    named = dict.fromkeys((key.strip().casefold(), *(one.name.casefold() for one in found if one.name)))
    return Subject(key, frozenset(one.id for one in found if one.id), tuple(named)[:MOST_NAMES])


def _touches(event: Event, subject: Subject) -> bool:
    key, ids, names = subject.key, subject.ids, subject.names
    if event.touched:
        # Two components may share a name, so the name counts only if one side has no id.
        return any(
            touched_id in ids if ids and touched_id else key in (touched_id, name) or name.casefold() in names
            for touched_id, name in event.touched
        )
    # Some feeds list no components at all; then only an incident's title names its subject.
    return any(_has_words(event.name.casefold(), name) for name in names)


def _has_words(title: str, name: str) -> bool:
    """Return whether a title contains a name as whole words; in scripts without spaces every letter is a boundary."""
    at = title.find(name) if name else -1
    while at >= 0:
        before, after = title[:at][-1:], title[at + len(name) :][:1]
        if not (before.isascii() and before.isalnum()) and not (after.isascii() and after.isalnum()):
            return True
        at = title.find(name, at + 1)
    return False


def _count_by_impact(incidents: Iterable[Incident]) -> Mapping[Impact, int]:
    counts = Counter(incident.impact for incident in incidents if incident.is_open)
    return {impact: counts[impact] for impact in Impact}


def _count_by_component(incidents: Iterable[Incident], wanted: Iterable[str]) -> Mapping[str, int]:
    counts = Counter(chain.from_iterable(incident.components for incident in incidents if incident.is_open))
    return {key: counts[key] for key in wanted}


def _for_people(incident: Incident) -> tuple[bool, bool, float, str]:
    return not incident.is_open, not incident.components, -(incident.since or 0.0), incident.name


def _running(maintenances: Sequence[Maintenance] | None) -> int | None:
    return None if maintenances is None else sum(maintenance.is_running for maintenance in maintenances)


def _next_change(findings: Findings, now: float) -> float | None:
    """Return the next moment at which an event begins or a maintenance begins or ends."""
    begins = (event.since for event in findings.events or ())
    windows = ((maintenance.start, maintenance.end) for maintenance in findings.maintenances or ())
    moments = chain(begins, chain.from_iterable(windows))
    return min((moment for moment in moments if moment is not None and moment > now), default=None)


def _current(maintenances: Iterable[Maintenance], now: float) -> Maintenance | None:
    """Return the running maintenance, else the one whose window ends or starts next."""
    relevant = [m for m in maintenances if m.is_running or (m.start is not None and (m.end or m.start) > now)]
    return min(relevant, key=lambda m: (not m.is_running, m.start or 0.0, m.end or 0.0), default=None)
