"""The pages for people: the overview, one page per service, and badges. Read from memory, escaped, self-contained."""

from __future__ import annotations

from sora_exporter.status_view.badge import badge
from sora_exporter.status_view.document import Document
from sora_exporter.status_view.overview_page import overview_page
from sora_exporter.status_view.service_page import service_page

__all__ = ["Document", "badge", "overview_page", "service_page"]
