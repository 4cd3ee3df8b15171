"""A service's status, availability or response time as a small image, or as JSON for shields.io."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from unicodedata import east_asian_width

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.evidence.state import ServiceTrack
from sora_exporter.exporter import Exporter
from sora_exporter.figures import percent, seconds_text
from sora_exporter.result import Status
from sora_exporter.web.pages.bars import LEAST, Level
from sora_exporter.web.pages.colours import COLOURS
from sora_exporter.web.pages.document import Document, svg_document
from sora_exporter.web.wording import Wording

NAME_CHARACTERS = 40
MAX_AGE_SECONDS = 30
PADDING = 8

SIGN_OF: Mapping[Level, Status] = MappingProxyType(
    {
        Level.GOOD: Status.OPERATIONAL,
        Level.MINOR: Status.DEGRADED,
        Level.MAJOR: Status.SUSPENDED,
        Level.NONE: Status.UNKNOWN,
    }
)
"""The sign of an availability."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A label and a message, with the sign and colour of a status; ``is_known`` is False for no such service."""

    label: str
    message: str
    sign: Status
    is_known: bool = True


def _status(exporter: Exporter, track: ServiceTrack, words: Wording) -> Badge:
    status = exporter.state.status_of(track.service.id).status
    return Badge(track.service.title, words.plain.statuses[status].name.lower(), status)


def _availability(exporter: Exporter, track: ServiceTrack, words: Wording) -> Badge:
    """Return the availability of 30 days; of the last 24 hours without a history."""
    now, service_id = exporter.clock.now(), track.service.id
    if exporter.history is None:
        window, ratio = "24h", exporter.events.uptime(service_id, now - DAY_SECONDS, now).ratio
    else:
        recorded = exporter.history.services.get(service_id)
        window, ratio = "30d", recorded.availability.get("30d") if recorded is not None else None
    label = f"{track.service.title} {words(f'window_{window}')}"
    if ratio is None:
        return Badge(label, words("no_figure"), Status.UNKNOWN)
    return Badge(label, percent(ratio), SIGN_OF[next(level for least, level in LEAST if ratio >= least)])


def _response(exporter: Exporter, track: ServiceTrack, words: Wording) -> Badge:
    seconds = track.latest.response_seconds if track.latest is not None else None
    message = words("no_figure") if seconds is None else seconds_text(seconds)
    sign = exporter.state.status_of(track.service.id).status if seconds is not None else Status.UNKNOWN
    return Badge(f"{track.service.title} {words('response').lower()}", message, sign)


SHOWN: Mapping[str, Callable[[Exporter, ServiceTrack, Wording], Badge]] = MappingProxyType(
    {"status": _status, "availability": _availability, "response": _response}
)
"""The figures that a badge can show."""


def badge_of(exporter: Exporter, service_id: str, shown: str, words: Wording) -> Badge:
    """Return the badge of a service; ``shown`` is one of SHOWN, and any other word stands for the status."""
    track = exporter.state.services.get(service_id)
    if track is None:
        return Badge(service_id, words("no_such_service"), Status.UNKNOWN, is_known=False)
    return SHOWN.get(shown, _status)(exporter, track, words)


def render_badge(badge: Badge) -> Document:
    """Return the badge as an image; 404 for a service that is not configured."""
    name, word = badge.label, badge.message
    shown = name if len(name) <= NAME_CHARACTERS else name[: NAME_CHARACTERS - 1] + "…"
    values = {
        "name": name, "shown": shown, "word": word, "status": badge.sign, "padding": PADDING,
        "name_width": _width(shown), "word_width": _width(word),
    }  # fmt: skip
    # A corrected name, or a service added a moment later, must not stay missing in a cache.
    if not badge.is_known:
        return svg_document("badge.svg", values, 404, 0)
    return svg_document("badge.svg", values, 200, MAX_AGE_SECONDS)


def render_shield(badge: Badge) -> Document:
    """Return the badge in the form that shields.io reads from an endpoint."""
    document = {
        "schemaVersion": 1,
        "label": badge.label,
        "message": badge.message,
        "color": COLOURS[badge.sign].removeprefix("#"),
        "isError": not badge.is_known,
    }
    http_status = 200 if badge.is_known else 404
    return Document(json.dumps(document, ensure_ascii=False), "application/json", http_status)


def _width(text: str) -> int:
    """Estimate the text's width in pixels at 11 px; the drawing stretches the text to exactly this."""
    return max(sum(12 if east_asian_width(letter) in "WF" else 7 for letter in text), 7)
