"""The pages for people: the status page, one page per service with its evidence, the internals, and badges.

The state of a running exporter comes in, from memory. Documents go out that are escaped and self-contained; they say
the same without their one small script, which shows times in the reader's zone.
"""

from __future__ import annotations

from sora_exporter.web.pages.badge import badge_of, render_badge, render_shield
from sora_exporter.web.pages.document import Document
from sora_exporter.web.pages.internals import render_internals
from sora_exporter.web.pages.overview import render_overview
from sora_exporter.web.pages.service import render_service
from sora_exporter.web.service_json import service_document

__all__ = [
    "Document",
    "badge_of",
    "render_badge",
    "render_internals",
    "render_overview",
    "render_service",
    "render_shield",
    "service_document",
]
