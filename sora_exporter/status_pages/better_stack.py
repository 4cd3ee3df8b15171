"""Reader of Better Stack's public page as one JSON:API document.

Source: https://betterstack.com/docs/uptime/status-pages/subscribing-to-status-updates/subscribing-to-api, and the words
of public pages (2026): ``operational``, ``degraded``, ``downtime``, ``maintenance``, ``not_monitored``, ``resolved``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from sora_exporter.status_pages.documents import (
    Record,
    beside,
    parse,
    record,
    records,
    text,
    timestamp,
    translate,
    word,
)
from sora_exporter.status_pages.facts import IMPACT_OF, ComponentStatus, Impact, Indicator, PageError, PageReport
from sora_exporter.status_pages.merge import Component, Event, Findings, Maintenance, compose, worst_impact

DOCUMENT: Final = "index.json"
MAX_BYTES: Final = 8 * 1024 * 1024
"""Each resource brings its history of 90 days."""

RESOURCE, REPORT = "status_page_resource", "status_report"
MAINTENANCE, RESOLVED = "maintenance", "resolved"
WORDS: Mapping[str, ComponentStatus] = MappingProxyType(
    {
        "operational": ComponentStatus.OPERATIONAL,
        RESOLVED: ComponentStatus.OPERATIONAL,
        "degraded": ComponentStatus.DEGRADED_PERFORMANCE,
        "downtime": ComponentStatus.MAJOR_OUTAGE,
        MAINTENANCE: ComponentStatus.UNDER_MAINTENANCE,
        "under_maintenance": ComponentStatus.UNDER_MAINTENANCE,
    }
)
INDICATORS: Mapping[str, Indicator] = MappingProxyType(
    {
        "operational": Indicator.NONE,
        "degraded": Indicator.MINOR,
        # The page says so when any of its resources is down.
        "downtime": Indicator.MAJOR,
        MAINTENANCE: Indicator.MAINTENANCE,
    }
)


def addresses(url: str) -> Mapping[str, str]:
    """Return the document's address; ``url`` is the page or the document."""
    return beside(url, urlsplit(url).path.removesuffix(DOCUMENT), (DOCUMENT,))


def read(documents: Mapping[str, bytes], wanted_components: Sequence[str], now: float) -> PageReport:
    """Return the report on the document; its resources are the components, its reports incidents and maintenances.

    A resource that is not monitored has no status. Raises PageError if it is not a Better Stack page.
    """
    if DOCUMENT not in documents:
        raise PageError("the page's document was not fetched")
    root = record(parse(documents[DOCUMENT]))
    page = record(record(root.get("data")).get("attributes"))
    indicator = translate(page.get("aggregate_state"), INDICATORS)
    included = records(root.get("included"))
    if indicator is None and included is None:
        raise PageError("no state and no resources: is this the index.json of a Better Stack page?")
    resources, reports = _of_type(included, RESOURCE), _of_type(included, REPORT)
    names = {text(row.get("id")): _name(row) for row in resources}
    windows = [row for row in reports if _is_maintenance(row)]
    findings = Findings(
        indicator=indicator,
        components=[Component(text(row.get("id")), _name(row), _status(_facts(row))) for row in resources],
        is_whole=bool(resources),
        events=None if included is None else [_event(row, names, now) for row in reports if not _is_maintenance(row)],
        maintenances=None if included is None else [found for row in windows for found in _maintenance(row, now)],
    )
    return compose(findings, wanted_components, now, {})


def _of_type(included: Sequence[Record] | None, kind: str) -> list[Record]:
    return [row for row in included or () if row.get("type") == kind]


def _facts(row: Record) -> Record:
    return record(row.get("attributes"))


def _name(row: Record) -> str:
    return text(_facts(row).get("public_name"))


def _status(facts: Record) -> ComponentStatus | None:
    return translate(facts.get("status"), WORDS)


def _is_maintenance(report: Record) -> bool:
    return word(_facts(report).get("report_type")) == MAINTENANCE


def _is_over(report: Record, now: float) -> bool:
    """Return whether a report is closed: by its state or, where its end is given, by the clock."""
    end = timestamp(_facts(report).get("ends_at"))
    return word(_facts(report).get("aggregate_state")) == RESOLVED or (end is not None and end <= now)


def _event(report: Record, names: Mapping[str, str], now: float) -> Event:
    facts = _facts(report)
    touched = records(facts.get("affected_resources")) or []
    ids = [text(part.get("status_page_resource_id")) for part in touched]
    return Event(
        id=text(report.get("id")),
        name=text(facts.get("title")),
        impact=_impact(facts, touched),
        is_open=not _is_over(report, now),
        since=timestamp(facts.get("starts_at")),
        until=timestamp(facts.get("ends_at")),
        url="",
        touched=frozenset((key, names.get(key, "")) for key in ids if key),
    )


def _impact(facts: Record, touched: Sequence[Record]) -> Impact:
    """Return an incident's impact: that of its state or, once that says resolved, of what it touched."""
    state = translate(facts.get("aggregate_state"), WORDS)
    statuses = [state, *(_status(part) for part in touched)]
    return worst_impact(IMPACT_OF[status] for status in statuses if status is not None)


def _maintenance(report: Record, now: float) -> list[Maintenance]:
    """Return a maintenance that is not over, in a list of one."""
    start, end = timestamp(_facts(report).get("starts_at")), timestamp(_facts(report).get("ends_at"))
    if _is_over(report, now):
        return []
    return [Maintenance(start, end, start is not None and start <= now)]
