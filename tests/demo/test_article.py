"""The services of the article as stories of a month."""

from __future__ import annotations

import pytest

from sora_exporter.config import load_config
from sora_exporter.demo.article import ARTICLE, living


def test_stories_are_the_services_of_the_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    """The article's stories are about the built-in services, with their names, products, prices and objectives."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    catalog = {service.id: service for service in load_config(None).services}
    assert catalog.keys() == {one.id for one in ARTICLE}
    for one in ARTICLE:
        service = catalog[one.id]
        for field in ("name", "product", "access", "provider", "model", "api"):
            assert getattr(one, field) == getattr(service, field)
        assert 100 * (one.objective or 0) == pytest.approx(service.objective or 0)
        assert service.price_usd is not None
        assert one.price_usd == getattr(service.price_usd, f"per_{one.price_unit}")


def test_ends_of_life_lie_ahead_on_a_full_day() -> None:
    """Forty days from now, at midnight in UTC, all but the one service that stays have ended."""
    ends = {story.id: story.sunset for story in living(1_795_799_000.0)}
    assert ends.pop("sora-image") is None
    (end,) = set(ends.values())
    assert end is not None
    assert end % 86400 == 0
    assert 39 < (end - 1_795_799_000) / 86400 <= 40
