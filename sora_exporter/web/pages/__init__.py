"""The pages for people: the overview, one page per service, and badges.

The state of a running exporter comes in, from memory. Documents that are escaped, self-contained and without scripts go
out.
"""

from __future__ import annotations

from sora_exporter.web.pages.badge import render_badge
from sora_exporter.web.pages.document import Document
from sora_exporter.web.pages.overview import render_overview
from sora_exporter.web.pages.service import render_service
from sora_exporter.web.service_json import service_document

__all__ = ["Document", "render_badge", "render_overview", "render_service", "service_document"]
