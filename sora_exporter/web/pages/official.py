"""The official status pages as the overview shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from sora_exporter.config import Service
from sora_exporter.config.known_pages import builtin_pages
from sora_exporter.evidence.state import ServiceStatus
from sora_exporter.exporter import Exporter
from sora_exporter.figures import Moment, moment
from sora_exporter.result import Status
from sora_exporter.status_pages.facts import COMPONENT_SEVERITY, ComponentStatus, Incident, Indicator, PageReport
from sora_exporter.web.wording import Wording

INDICATORS = {
    Indicator.NONE: Status.OPERATIONAL,
    Indicator.MINOR: Status.DEGRADED,
    Indicator.MAJOR: Status.SUSPENDED,
    Indicator.CRITICAL: Status.SUSPENDED,
    Indicator.MAINTENANCE: Status.MAINTENANCE,
}
COMPONENTS = {
    ComponentStatus.OPERATIONAL: Status.OPERATIONAL,
    ComponentStatus.DEGRADED_PERFORMANCE: Status.DEGRADED,
    ComponentStatus.PARTIAL_OUTAGE: Status.SUSPENDED,
    ComponentStatus.MAJOR_OUTAGE: Status.SUSPENDED,
    ComponentStatus.UNDER_MAINTENANCE: Status.MAINTENANCE,
}
"""Our sign for each status word of a page."""

OUTAGES = frozenset(
    status for status, rank in COMPONENT_SEVERITY.items() if rank >= COMPONENT_SEVERITY[ComponentStatus.PARTIAL_OUTAGE]
)
INCIDENTS_SHOWN = 5
OPAQUE_ID = re.compile(r"(?=.*[0-9])[0-9A-Za-z]{12,}")
"""An id such as those of Statuspage and incident.io, not a name."""
NAME_CHARACTERS, URL_CHARACTERS = 200, 2000


@dataclass(frozen=True, slots=True)
class ComponentView:
    """One component of a page: its name, the page's word, our sign for that word."""

    name: str
    says: str
    sign: Status


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One open incident; ``url`` is an http(s) address or empty."""

    name: str
    impact: str
    since: Moment | None
    url: str
    touches: str


@dataclass(frozen=True, slots=True)
class PageView:
    """One official page; ``problem`` is the reason why it, or a part of it, could not be read.

    ``is_quiet`` is True if it reports its incidents and none is open.
    """

    name: str
    url: str
    says: str
    sign: Status
    components: Sequence[ComponentView]
    incidents: Sequence[IncidentView]
    incidents_hidden: int
    is_quiet: bool
    maintenance: str
    maintenance_start: Moment | None
    maintenance_end: Moment | None
    fetched: Moment | None
    problem: str


@dataclass(frozen=True, slots=True)
class Official:
    """The status on the official page of the component that covers a service.

    ``says`` is empty if the page does not report it. ``disagreement`` is empty if nothing contradicts our evidence.
    """

    page: str
    component: str
    says: str
    disagreement: str


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """One open incident of an official page; ``since`` is Unix time, ``url`` an http(s) address or empty."""

    page: str
    page_url: str
    name: str
    impact: str
    since: float | None
    url: str


def open_incidents(exporter: Exporter) -> list[OpenIncident]:
    """Return the open incidents of every page, sorted by page."""
    found = []
    for name, page in sorted(exporter.config.status_pages.items()):
        state = exporter.pages.states.get(name)
        for incident in state.report.incidents if state and state.report else ():
            if incident.is_open:
                address = _address(page.url, incident.url)
                title = incident.name[:NAME_CHARACTERS]
                found.append(OpenIncident(name, page.url, title, incident.impact.value, incident.since, address))
    return found


def disagreement(exporter: Exporter, service: Service, verdict: ServiceStatus) -> str:
    """Return the key of the text about an official page that contradicts our evidence; empty if none does."""
    meant = service.status_page
    state = exporter.pages.states.get(meant.page) if meant is not None else None
    said = state.report.components.get(meant.component) if meant is not None and state and state.report else None
    if said is ComponentStatus.OPERATIONAL and verdict.up == 0:
        return "page_operational"
    return "page_outage" if said in OUTAGES and verdict.up == 1 else ""


def official(exporter: Exporter, service: Service, verdict: ServiceStatus, words: Wording) -> Official | None:
    """Return a service's status on its official page; None if no page is configured for it."""
    meant = service.status_page
    if meant is None:
        return None
    state = exporter.pages.states.get(meant.page)
    report = state.report if state and state.report else PageReport()
    said = report.components.get(meant.component)
    return Official(
        page=meant.page,
        component=_name(report, meant.component),
        says=words(f"component_{said}") if said else "",
        disagreement=words.optional(disagreement(exporter, service, verdict)),
    )


def page_views(exporter: Exporter, words: Wording) -> list[PageView]:
    """Return every configured page, sorted by name."""
    return [_page_view(exporter, name, words) for name in sorted(exporter.config.status_pages)]


def _page_view(exporter: Exporter, name: str, words: Wording) -> PageView:
    url, state = exporter.config.status_pages[name].url, exporter.pages.states.get(name)
    report = state.report if state and state.report else PageReport()
    says = words(f"indicator_{report.indicator}" if report.indicator else "no_indicator")
    sign = INDICATORS[report.indicator] if report.indicator else Status.UNKNOWN
    if state is None:
        says = words("not_read_yet")
    elif not state.up:
        says = words("cannot_be_read")
    open_incidents = [incident for incident in report.incidents if incident.is_open]
    total = sum((report.open_incidents or {}).values())
    return PageView(
        name=name,
        url=url,
        says=says,
        sign=sign,
        components=_components(name, report, words),
        incidents=[_incident(incident, report, url, words) for incident in open_incidents[:INCIDENTS_SHOWN]],
        incidents_hidden=max(total - INCIDENTS_SHOWN, 0),
        is_quiet=report.open_incidents is not None and total == 0,
        maintenance=words("maintenance_now" if report.maintenances_in_progress else "maintenance_next"),
        maintenance_start=moment(report.maintenance_start),
        maintenance_end=moment(report.maintenance_end),
        fetched=moment(state.fetched_at if state else None),
        problem=state.error if state else "",
    )


def _components(page: str, report: PageReport, words: Wording) -> list[ComponentView]:
    known = [
        ComponentView(_name(report, key), words(f"component_{said}"), COMPONENTS[said])
        for key, said in report.components.items()
    ]
    missing = [
        ComponentView(_missing_name(page, report, key, words), words("not_reported"), Status.UNKNOWN)
        for key in report.missing_components
    ]
    return known + missing


def _name(report: PageReport, key: str) -> str:
    return report.component_names.get(key, key)[:NAME_CHARACTERS]


def _missing_name(page: str, report: PageReport, key: str, words: Wording) -> str:
    """Return the name of a component that the page does not list; its bare id means nothing to a reader."""
    known = builtin_pages().get(page)
    name = known.names[key] if known is not None and key in known.names else _name(report, key)
    return words("unnamed_component") if OPAQUE_ID.fullmatch(name) else name


def _address(page_url: str, link: str) -> str:
    """Return the address of an incident's link; empty if there is none, or if it is not safe for a browser."""
    try:
        url = urljoin(f"{page_url}/", link) if link else ""
    except ValueError:
        return ""
    return url if url.startswith(("http://", "https://")) and len(url) <= URL_CHARACTERS else ""


def _incident(incident: Incident, report: PageReport, page_url: str, words: Wording) -> IncidentView:
    return IncidentView(
        name=incident.name[:NAME_CHARACTERS],
        impact=words("impact", impact=words(f"impact_{incident.impact}")),
        since=moment(incident.since),
        url=_address(page_url, incident.url),
        touches=", ".join(_name(report, key) for key in incident.components),
    )
