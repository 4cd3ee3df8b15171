"""A service's status as a small image for a README."""

from __future__ import annotations

from unicodedata import east_asian_width

from sora_exporter.exporter import Exporter
from sora_exporter.plain_words import plain_words
from sora_exporter.result import Status
from sora_exporter.web.pages.document import Document, svg_document

NAME_CHARACTERS = 40
MAX_AGE_SECONDS = 30
PADDING = 8


def render_badge(exporter: Exporter, service_id: str) -> Document:
    """Return the badge; for a service that is not configured, a badge that says so, with 404."""
    track = exporter.state.services.get(service_id)
    if track is None:
        return _drawn(service_id, "no such service", Status.UNKNOWN, 404)
    status = exporter.state.status_of(service_id).status
    return _drawn(track.service.title, plain_words().statuses[status].name.lower(), status, 200)


def _drawn(name: str, word: str, status: Status, http_status: int) -> Document:
    shown = name if len(name) <= NAME_CHARACTERS else name[: NAME_CHARACTERS - 1] + "…"
    values = {
        "name": name, "shown": shown, "word": word, "status": status, "padding": PADDING,
        "name_width": _width(shown), "word_width": _width(word),
    }  # fmt: skip
    # A corrected name, or a service added a moment later, must not stay missing in a cache.
    return svg_document("badge.svg", values, http_status, MAX_AGE_SECONDS if http_status == 200 else 0)


def _width(text: str) -> int:
    """Estimate the text's width in pixels at 11 px; the drawing stretches the text to exactly this."""
    return max(sum(12 if east_asian_width(letter) in "WF" else 7 for letter in text), 7)
