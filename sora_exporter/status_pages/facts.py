"""The facts of an official status page: the vocabulary that every format is translated to, and one report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

INCIDENT_LIMIT: Final = 20
"""The number of incidents that a report keeps for people; the counts cover all of them."""


class PageError(Exception):
    """A page gave nothing usable. The text is one line with the reason."""


class Indicator(StrEnum):
    """The overall state of a page."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"
    MAINTENANCE = "maintenance"


class ComponentStatus(StrEnum):
    """The state of one component of a page."""

    OPERATIONAL = "operational"
    DEGRADED_PERFORMANCE = "degraded_performance"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"
    UNDER_MAINTENANCE = "under_maintenance"


class Impact(StrEnum):
    """The impact of an incident; ``none`` also if its page names no known impact."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


COMPONENT_SEVERITY: Mapping[ComponentStatus, int] = MappingProxyType(
    {
        ComponentStatus.OPERATIONAL: 0,
        ComponentStatus.UNDER_MAINTENANCE: 1,
        ComponentStatus.DEGRADED_PERFORMANCE: 2,
        ComponentStatus.PARTIAL_OUTAGE: 3,
        ComponentStatus.MAJOR_OUTAGE: 4,
    }
)
"""Rank of each component status, higher is worse. An announced maintenance ranks below any fault."""

IMPACT_SEVERITY: Mapping[Impact, int] = MappingProxyType({impact: rank for rank, impact in enumerate(Impact)})

IMPACT_OF: Mapping[ComponentStatus, Impact] = MappingProxyType(
    {
        ComponentStatus.OPERATIONAL: Impact.NONE,
        ComponentStatus.UNDER_MAINTENANCE: Impact.NONE,
        ComponentStatus.DEGRADED_PERFORMANCE: Impact.MINOR,
        ComponentStatus.PARTIAL_OUTAGE: Impact.MAJOR,
        ComponentStatus.MAJOR_OUTAGE: Impact.CRITICAL,
    }
)
"""The impact of an incident that is described only by the status of its components."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident for people. Times are Unix seconds, None if the page gives none.

    ``components`` are the configured components it touches, as configured. ``url`` is an http(s) address, a path
    relative to the page's documents, or empty.
    """

    name: str
    impact: Impact
    is_open: bool
    since: float | None = None
    until: float | None = None
    url: str = ""
    components: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageReport:
    """The result of reading a page once; a value that could not be measured is None or absent.

    Every key of a mapping over components is the component as configured (id or name). ``open_incidents`` counts
    by impact, zeros included, over the whole page or, if a page covers many other services, over incidents of
    configured components. ``component_incidents`` counts the open incidents of each configured component.
    ``missing_components`` are the configured ones of unknown status: not listed, or with an unknown word; that never
    means down. ``incidents`` holds at most INCIDENT_LIMIT: open ones first, then
    those that touch a configured component, then the newest. The maintenance is the running one, else the next.
    ``problems`` has the reason for each unusable document. ``changes_at`` is the next Unix time at which the same
    documents give another report, because an event in them begins or ends.
    ``omitted`` counts the incidents and components that were left out because the page lists too many.
    """

    indicator: Indicator | None = None
    components: Mapping[str, ComponentStatus] = field(default_factory=dict)
    component_names: Mapping[str, str] = field(default_factory=dict)
    missing_components: tuple[str, ...] = ()
    open_incidents: Mapping[Impact, int] | None = None
    component_incidents: Mapping[str, int] | None = None
    incidents: tuple[Incident, ...] = ()
    maintenances_in_progress: int | None = None
    maintenance_start: float | None = None
    maintenance_end: float | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    changes_at: float | None = None
    omitted: int = 0


def one_line(problems: Mapping[str, str]) -> str:
    """Return the problems of documents (name to reason) on one line, each reason once."""
    names: dict[str, list[str]] = {}
    for name, reason in problems.items():
        names.setdefault(reason, []).append(name)
    return "; ".join(f"{', '.join(found)}: {reason}" for reason, found in names.items())
