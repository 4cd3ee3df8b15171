"""The status pages' state, and the three forms in which vendors publish it.

Sources: status.openai.com (incident.io's Statuspage-compatible form), status.cloud.google.com, read 2026-11-23.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .data import read

IMPACT_OF = {
    "operational": "none",
    "degraded_performance": "minor",
    "partial_outage": "major",
    "major_outage": "critical",
    "under_maintenance": "maintenance",
}
"""The impact of an open incident, by the status of its component; worse ones come later, maintenance apart."""
STATUSES = tuple(IMPACT_OF)
DESCRIPTIONS = {
    "none": "All Systems Operational",
    "minor": "Partially Degraded Service",
    "major": "Partial System Outage",
    "critical": "Major System Outage",
    "maintenance": "Service Under Maintenance",
}
WIDGET_PATHS = ("", "widget.json", "proxy/widget", "api/v1/summary")
GOOGLE_IMPACT = {
    "minor": ("SERVICE_INFORMATION", "low"),
    "major": ("SERVICE_DISRUPTION", "medium"),
    "critical": ("SERVICE_OUTAGE", "high"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One incident or maintenance; times as RFC 3339, ``end`` None while open. Maintenance has impact maintenance."""

    id: str
    name: str
    impact: str
    begin: str
    end: str | None
    component: str = ""


@dataclass
class Page:
    """One status page. ``statuses`` holds a word by component id; ``http_status`` is the status of its answers."""

    format: str
    name: str
    url: str
    components: Mapping[str, str]
    past_incidents: list[Event] = field(default_factory=list)
    summary_omits: tuple[str, ...] = ()
    statuses: dict[str, str] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)
    changed_at: float = 0.0
    http_status: int = 200

    def set(self, component: str, status: str, now: float) -> None:
        """Change a component; leaving ``operational`` opens an event, coming back ends it."""
        before = self.statuses.get(component, "operational")
        if before != "operational" and status != before:
            self.past_incidents.append(self._event(component, before, _time(now)))
        self.statuses[component] = status
        self.since[component] = self.changed_at = now

    def open_events(self) -> list[Event]:
        """One event for every component that is not operational, by component id."""
        bad = sorted(key for key, status in self.statuses.items() if status != "operational")
        return [self._event(key, self.statuses[key], None) for key in bad]

    def indicator(self) -> str:
        """The worst impact of the open events."""
        impacts = list(DESCRIPTIONS)
        open_impacts = [event.impact for event in self.open_events()]
        faults = [impact for impact in open_impacts if impact != "maintenance"]
        return max(faults or open_impacts or ["none"], key=impacts.index)

    def _event(self, component: str, status: str, end: str | None) -> Event:
        begin = self.since.get(component, 0.0)
        impact = IMPACT_OF[status]
        name = "Scheduled maintenance of" if impact == "maintenance" else "Elevated errors for"
        identity = f"{component[:18]}{int(begin):08X}"
        return Event(identity, f"{name} {self.components[component]}", impact, _time(begin), end, component)


def _time(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def load_pages(now: float) -> dict[str, Page]:
    """Return the built-in pages, everything operational since ``now`` (Unix seconds)."""
    data = read("status_pages.yml")
    return {
        name: Page(
            **{
                **entry,
                "changed_at": now,
                "past_incidents": [Event(**event) for event in entry.get("past_incidents", [])],
            }
        )
        for name, entry in data.items()
    }


def _page_facts(page: Page) -> dict[str, Any]:
    return {
        "id": "01SIMULATEDPAGE00000000000",
        "name": page.name,
        "url": page.url,
        "updated_at": _time(page.changed_at),
    }


def _component(page: Page, key: str, position: int) -> dict[str, Any]:
    status = page.statuses.get(key, "operational")
    facts = {"id": key, "name": page.components[key], "status": status, "position": position}
    return {**facts, "updated_at": _time(page.changed_at)}


def _statuspage_event(page: Page, event: Event) -> dict[str, Any]:
    """The compatible form leaves ``components`` empty, as the real page does."""
    is_maintenance = event.impact == "maintenance"
    status = ("completed" if is_maintenance else "resolved") if event.end else "investigating"
    facts: dict[str, Any] = {
        "id": event.id,
        "name": event.name,
        "status": "in_progress" if is_maintenance and not event.end else status,
        "impact": event.impact,
        "created_at": event.begin,
        "updated_at": event.end or event.begin,
        "started_at": event.begin,
        "resolved_at": event.end,
        "shortlink": f"{page.url}/incidents/{event.id}",
        "components": [],
        "incident_updates": [],
    }
    if is_maintenance:
        begin = datetime.fromisoformat(event.begin).timestamp()
        facts |= {"scheduled_for": event.begin, "scheduled_until": event.end or _time(begin + 7200)}
    return facts


def statuspage(page: Page) -> dict[str, Any]:
    """Return the Statuspage v2 documents by path."""
    facts: dict[str, Any] = {"page": _page_facts(page)}
    indicator = page.indicator()
    status = {"indicator": indicator, "description": DESCRIPTIONS[indicator]}
    components = [_component(page, key, position) for position, key in enumerate(page.components)]
    shown = [c for c in components if c["id"] not in page.summary_omits or c["status"] != "operational"]
    open_events, past = page.open_events(), sorted(page.past_incidents, key=lambda event: event.begin, reverse=True)

    def events(of: list[Event], *, maintenance: bool) -> list[dict[str, Any]]:
        return [_statuspage_event(page, event) for event in of if (event.impact == "maintenance") == maintenance]

    running = events(open_events, maintenance=True)
    ongoing = events(open_events, maintenance=False)
    summary = {"status": status, "components": shown, "incidents": ongoing, "scheduled_maintenances": running}
    return {
        "api/v2/status.json": {**facts, "status": status},
        "api/v2/summary.json": {**facts, **summary},
        "api/v2/components.json": {**facts, "components": components},
        "api/v2/incidents.json": {**facts, "incidents": ongoing + events(past, maintenance=False)},
        "api/v2/scheduled-maintenances.json": {
            **facts,
            "scheduled_maintenances": running + events(past, maintenance=True),
        },
    }


def _google_incident(page: Page, event: Event) -> dict[str, Any]:
    impact, severity = GOOGLE_IMPACT[event.impact]
    title = page.components[event.component]
    modified = event.end or event.begin
    update = {"created": modified, "modified": modified, "when": modified, "text": event.name}
    update["status"] = "AVAILABLE" if event.end else impact
    return {
        "id": event.id,
        "number": str(int.from_bytes(event.id.encode()[:7], "big")),
        "begin": event.begin,
        "created": event.begin,
        "modified": modified,
        **({"end": event.end} if event.end else {}),
        "external_desc": event.name,
        "updates": [update],
        "most_recent_update": update,
        "status_impact": impact,
        "severity": severity,
        "service_key": event.component,
        "service_name": title,
        "affected_products": [{"title": title, "id": event.component, "current_title": title}],
        "uri": f"incidents/{event.id}",
        "currently_affected_locations": [] if event.end else [{"title": "Global", "id": "global"}],
        "previously_affected_locations": [],
    }


def google_cloud(page: Page) -> dict[str, Any]:
    """Return Google Cloud's documents by path; it publishes no maintenance."""
    past = sorted(page.past_incidents, key=lambda event: event.begin, reverse=True)
    shown = [event for event in page.open_events() + past if event.impact in GOOGLE_IMPACT]
    products = [{"title": title, "id": key} for key, title in page.components.items()]
    return {
        "incidents.json": [_google_incident(page, event) for event in shown],
        "products.json": {"products": products},
    }


def widget(page: Page) -> dict[str, Any]:
    """Return incident.io's one widget document, at every path in use."""
    events = page.open_events()

    def describe(event: Event) -> dict[str, Any]:
        status = page.statuses[event.component]
        component = {"id": event.component, "name": page.components[event.component], "current_status": status}
        return {
            "id": event.id,
            "name": event.name,
            "status": "maintenance_in_progress" if event.impact == "maintenance" else "investigating",
            "url": f"{page.url}incidents/{event.id}",
            "last_update_at": event.begin,
            "last_update_message": event.name,
            "current_worst_impact": status,
            "affected_components": [component],
        }

    document = {
        "page_title": page.name,
        "page_url": page.url,
        "ongoing_incidents": [describe(event) for event in events if event.impact != "maintenance"],
        "in_progress_maintenances": [describe(event) for event in events if event.impact == "maintenance"],
        "scheduled_maintenances": [],
    }
    return dict.fromkeys(WIDGET_PATHS, document)


FORMATS: Mapping[str, Callable[[Page], dict[str, Any]]] = {
    "statuspage": statuspage,
    "google-cloud": google_cloud,
    "incident.io": widget,
}
