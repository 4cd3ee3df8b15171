"""The six services of the source article as stories that add up to the stability table of its month.

In that month the ends of life of most of them were announced and lay ahead, so in the demo they lie ahead as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sora_exporter.demo.history import ServiceStory
from sora_exporter.result import ErrorClass

_OFFICIAL_FAULTS = (ErrorClass.OVERLOADED, ErrorClass.SERVER_ERROR, ErrorClass.TIMEOUT, ErrorClass.CONNECTION)
_REVERSE_FAULTS = (ErrorClass.UNAVAILABLE, ErrorClass.MAINTENANCE, ErrorClass.GENERATION_FAILED, ErrorClass.TIMEOUT)

ARTICLE: tuple[ServiceStory, ...] = (
    ServiceStory(
        id="sora-2-official", name="Sora 2 官转", product="sora-2", access="official", provider="default",
        model="sora-2", api="videos", availability=0.9984, objective=0.999, price_usd=0.10,
        response_seconds=3.0, faults=_OFFICIAL_FAULTS, unknown_minutes=90,
    ),
    ServiceStory(
        id="sora-2-reverse", name="Sora 2 官逆", product="sora-2", access="reverse", provider="default",
        model="sora_video2", api="chat", availability=0.85, price_usd=0.12, price_unit="request",
        response_seconds=9.0, episodes=9, risk_control_share=0.8, faults=_REVERSE_FAULTS, unknown_minutes=90,
    ),
    ServiceStory(
        id="sora-2-pro-official", name="Sora 2 Pro 官转", product="sora-2-pro", access="official", provider="default",
        model="sora-2-pro", api="videos", availability=0.9984, objective=0.999, price_usd=0.30,
        response_seconds=4.0, faults=_OFFICIAL_FAULTS, unknown_minutes=90,
    ),
    ServiceStory(
        id="sora-2-pro-reverse", name="Sora 2 Pro 官逆", product="sora-2-pro", access="reverse", provider="default",
        model="sora-2-pro-all", api="chat", availability=0.70, price_usd=0.80, price_unit="request",
        response_seconds=12.0, episodes=11, risk_control_share=0.85, faults=_REVERSE_FAULTS, unknown_minutes=180,
    ),
    ServiceStory(
        id="veo-3.1-reverse", name="Veo 3.1 官逆", product="veo-3.1", access="reverse", provider="default",
        model="veo-3.1", api="chat", availability=0.972, price_usd=0.15, price_unit="request",
        response_seconds=8.0, episodes=3, risk_control_share=0.5, faults=_REVERSE_FAULTS, unknown_minutes=90,
    ),
    ServiceStory(
        id="sora-image", name="Sora Image", product="sora-image", access="reverse", provider="default",
        model="sora_image", api="chat", availability=0.9955, price_usd=0.01, price_unit="request",
        response_seconds=6.0, faults=_REVERSE_FAULTS, unknown_minutes=90,
    ),
)  # fmt: skip

_LIFE_SECONDS = 40 * 86400
DISPUTED = "sora-2-official"
"""The service that the second place could not reach for a while."""
_STAYS = "sora-image"
"""The one service without an announced end of life."""


def living(now: float) -> Sequence[ServiceStory]:
    """Return the stories with ends of life 40 days ahead of ``now`` (Unix seconds), on the full day."""
    end = (now + _LIFE_SECONDS) // 86400 * 86400
    return [story if story.id == _STAYS else replace(story, sunset=end) for story in ARTICLE]
