"""The changes of status as an Atom feed (RFC 4287), of every service or of one, beside official open incidents."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sora_exporter.exporter import Exporter
from sora_exporter.figures import iso, minute
from sora_exporter.history import Event
from sora_exporter.result import ErrorClass
from sora_exporter.web.pages.document import Document, xml_document
from sora_exporter.web.pages.official import OpenIncident, open_incidents
from sora_exporter.web.wording import Wording

ENTRIES = 100
MEDIA_TYPE = "application/atom+xml"
NAMES = uuid.uuid5(uuid.NAMESPACE_DNS, "sora_exporter")
"""The namespace of the entries' ids."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the feed; moments are ISO 8601, ``link`` is an absolute address."""

    id: str
    title: str
    link: str
    category: str
    began: str
    updated: str
    text: str


def render_feed(exporter: Exporter, base_url: str, words: Wording, service_id: str | None = None) -> Document | None:
    """Return the feed of a service, or of all; None for a service that is not configured.

    ``base_url`` is the address of the status page for its readers, without a trailing slash.
    """
    if service_id is not None and service_id not in exporter.state.services:
        return None
    page = f"{base_url}/services/{service_id}" if service_id is not None else f"{base_url}/"
    title = exporter.config.title
    if service_id is not None:
        title = words("feed_of_service", title=title, service=exporter.state.services[service_id].service.title)
    entries = sorted(_entries(exporter, base_url, words, service_id), key=lambda entry: entry.updated, reverse=True)
    values = {
        "id": _id(page),
        "title": words("feed_title", title=title),
        "page": f"{page}?lang={words.language}",
        "address": f"{page.rstrip('/')}/feed.atom?lang={words.language}",
        "updated": max((entry.updated for entry in entries), default=iso(exporter.reload_state.succeeded_at)),
        "language": words.language,
        "entries": entries[:ENTRIES],
    }
    return xml_document("feed.atom", values, MEDIA_TYPE)


def _entries(exporter: Exporter, base_url: str, words: Wording, service_id: str | None) -> Iterator[Entry]:
    events = exporter.events.since(0) if service_id is None else exporter.events.of(service_id)
    for event in islice(events, ENTRIES):
        track = exporter.state.services.get(event.service_id)
        yield _entry(event, track.service.title if track else event.service_id, base_url, words)
    for incident in open_incidents(exporter) if service_id is None else ():
        yield _official(incident, words, exporter.reload_state.succeeded_at)


def _entry(event: Event, name: str, base_url: str, words: Wording) -> Entry:
    status, explained = words.plain.statuses[event.status], words.plain.error_classes[event.error_class]
    began, ended = iso(event.began_at) or "", iso(event.ended_at)
    if event.ended_at is None:
        span = words("since", began=minute(event.began_at))
    else:
        length = words.plain.span(event.ended_at - event.began_at)
        span = words("from_to", began=minute(event.began_at), ended=minute(event.ended_at), length=length)
    said = [span]
    if event.error_class is not ErrorClass.NONE:
        said += [explained.meaning, words("what_to_do", advice=explained.advice)]
    said += [event.detail] if event.detail else []
    return Entry(
        id=_id(f"{event.service_id}/{event.began_at}/{event.status}"),
        title=words("feed_entry", service=name, status=status.name),
        link=f"{base_url}/services/{event.service_id}?lang={words.language}",
        category=event.status.value,
        began=began,
        updated=ended or began,
        text="\n".join(said),
    )


def _official(incident: OpenIncident, words: Wording, loaded_at: float) -> Entry:
    began = iso(incident.since) or iso(loaded_at) or ""
    return Entry(
        id=_id(f"{incident.page}/{incident.url}/{incident.name}"),
        title=words("feed_official", page=incident.page, incident=incident.name),
        link=incident.url or incident.page_url,
        category=f"official-{incident.impact}",
        began=began,
        updated=began,
        text=incident.name,
    )


def _id(name: str) -> str:
    return uuid.uuid5(NAMES, name).urn
