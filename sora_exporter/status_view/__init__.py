"""The pages for people: the overview, one page per service, and badges. Read from memory, escaped, self-contained."""

from __future__ import annotations

from sora_exporter.status_view.badge import render_badge
from sora_exporter.status_view.document import Document
from sora_exporter.status_view.overview_page import render_overview
from sora_exporter.status_view.service_json import service_document
from sora_exporter.status_view.service_page import render_service

__all__ = ["Document", "render_badge", "render_overview", "render_service", "service_document"]
