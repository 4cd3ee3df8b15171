"""The services of the article, and the end of the month that is invented for them."""

from __future__ import annotations

from sora_exporter.demo.article import ARTICLE
from sora_exporter.demo.history import ServiceStory

END = 1793491200
"""2026-11-01 00:00 UTC."""


def story(name: str) -> ServiceStory:
    """Return one of the article's services."""
    return next(one for one in ARTICLE if one.id == name)
