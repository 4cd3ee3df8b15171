"""Reader of Google Cloud's service health: all incidents ever, from which the state of products follows.

Source: https://status.cloud.google.com/incidents.schema.json (2026-07).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from sora_exporter.status_pages.documents import (
    Record,
    beside,
    link,
    parse,
    records,
    rows_of,
    text,
    timestamp,
    translate,
)
from sora_exporter.status_pages.facts import (
    COMPONENT_SEVERITY,
    IMPACT_OF,
    ComponentStatus,
    PageError,
    PageReport,
)
from sora_exporter.status_pages.merge import Component, Event, Findings, compose

INCIDENTS, PRODUCTS = "incidents.json", "products.json"
MAX_BYTES: Final = 32 * 1024 * 1024
"""``incidents.json`` holds years of updates and grows; it was some megabytes in 2026."""

KEPT_MEMBERS: Final = frozenset(
    {
        *("id", "begin", "end", "external_desc", "status_impact", "severity", "service_key", "service_name"),
        *("affected_products", "title", "current_title", "uri", "incidents", "products"),
    }
)
"""The members that are read; the texts of the updates, most of a document's size, are dropped."""

PRODUCT_ID = re.compile(r"[A-Za-z0-9]{20}")
RELATIVE_LINK = re.compile(r"incidents/[\w-]{1,100}", re.ASCII)

STATUS_OF_IMPACT: Mapping[str, ComponentStatus] = MappingProxyType(
    {
        "service_information": ComponentStatus.DEGRADED_PERFORMANCE,
        "service_disruption": ComponentStatus.PARTIAL_OUTAGE,
        "service_outage": ComponentStatus.MAJOR_OUTAGE,
    }
)
STATUS_OF_SEVERITY: Mapping[str, ComponentStatus] = MappingProxyType(
    {
        "low": ComponentStatus.DEGRADED_PERFORMANCE,
        "medium": ComponentStatus.PARTIAL_OUTAGE,
        "high": ComponentStatus.MAJOR_OUTAGE,
    }
)


def addresses(url: str) -> Mapping[str, str]:
    """Return the address of both documents; ``url`` is the page or one of the documents."""
    return beside(url, re.sub(r"/(?:incidents|products)\.json$", "", urlsplit(url).path), (INCIDENTS, PRODUCTS))


def read(documents: Mapping[str, bytes], wanted_components: Sequence[str], now: float) -> PageReport:
    """Return the report on the incidents; a product without an open incident is operational.

    That holds only for products that exist: listed in ``products.json``, named by an incident or, without that list,
    configured by a text in the form of an id. The page has no overall state: the indicator is the worst of the open
    incidents or, if products are wanted, of those incidents that affect them, since the page covers about a hundred
    others. Raises PageError if ``incidents.json`` is missing or not a list.
    """
    if INCIDENTS not in documents:
        raise PageError("no report without incidents.json")
    incidents = rows_of(parse(documents[INCIDENTS], KEPT_MEMBERS), "incidents")
    if incidents is None:
        raise PageError("incidents.json is not a list of incidents")
    products, problems = _products(documents)
    known = [*(products or ()), *(product for row in incidents for product in _affected(row))]
    if products is None:
        known += [(key, "") for key in wanted_components if PRODUCT_ID.fullmatch(key)]
    unique = list({(text(row.get("id")) or str(at)): row for at, row in enumerate(incidents)}.values())
    findings = Findings(
        components=_components(known, [row for row in unique if _is_open(row, now)]),
        is_whole=True,
        is_broad=True,
        events=[_event(row, now) for row in unique],
    )
    return compose(findings, wanted_components, now, problems)


def _products(documents: Mapping[str, bytes]) -> tuple[list[tuple[str, str]] | None, Mapping[str, str]]:
    """Return the listed products as (id, title), None without a list, and the problem with the list."""
    if PRODUCTS not in documents:
        return None, {}
    try:
        rows = rows_of(parse(documents[PRODUCTS], KEPT_MEMBERS), "products")
    except PageError as error:
        return None, {PRODUCTS: str(error)}
    if not rows:
        return None, {PRODUCTS: "lists no product"}
    return [(text(row.get("id")), text(row.get("title"))) for row in rows], {}


def _affected(row: Record) -> list[tuple[str, str]]:
    """Return the products of an incident as (id, title), under their current and former titles."""
    named = [
        (text(product.get("id")), text(product.get(member)))
        for product in records(row.get("affected_products")) or ()
        for member in ("current_title", "title")
    ]
    return [*named, (text(row.get("service_key")), text(row.get("service_name")))]


def _is_open(row: Record, now: float) -> bool:
    """Return whether an incident is open: ``end`` absent, null or empty, and begun.

    Affected locations and the last update do not decide: closed incidents may still list locations, and an update may
    have AVAILABLE before the end is set.
    """
    end = row.get("end")
    is_ended = bool(end.strip()) if isinstance(end, str) else bool(end)
    begin = timestamp(row.get("begin"))
    return not is_ended and (begin is None or begin <= now)


def _status(row: Record) -> ComponentStatus:
    """Return the status of an incident's products: the worse of its two words, at least degraded performance."""
    impact = translate(row.get("status_impact"), STATUS_OF_IMPACT)
    severity = translate(row.get("severity"), STATUS_OF_SEVERITY)
    known = [status for status in (impact, severity) if status]
    return max(known, key=COMPONENT_SEVERITY.__getitem__, default=ComponentStatus.DEGRADED_PERFORMANCE)


def _components(known: Iterable[tuple[str, str]], open_rows: Iterable[Record]) -> list[Component]:
    statuses: dict[str, ComponentStatus] = {}
    for row in open_rows:
        for product_id, _ in _affected(row):
            before = statuses.get(product_id, ComponentStatus.OPERATIONAL)
            statuses[product_id] = max(before, _status(row), key=COMPONENT_SEVERITY.__getitem__)
    return [
        Component(product_id, title, statuses.get(product_id, ComponentStatus.OPERATIONAL))
        for product_id, title in dict.fromkeys(known)
        if product_id
    ]


def _event(row: Record, now: float) -> Event:
    uri = text(row.get("uri")).lstrip("/")
    return Event(
        id=text(row.get("id")),
        name=text(row.get("external_desc")),
        impact=IMPACT_OF[_status(row)],
        is_open=_is_open(row, now),
        since=timestamp(row.get("begin")),
        until=timestamp(row.get("end")),
        url=uri if RELATIVE_LINK.fullmatch(uri) else link(row.get("uri")),
        touched=frozenset(_affected(row)) - {("", "")},
    )
