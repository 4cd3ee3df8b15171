"""Jobs of the simulated provider: their state follows from the clock, nothing runs in the background."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .behaviours import Behaviour

QUEUED_SHARE = 0.25
"""The part of a job's time that it waits in the queue."""
STALLED_PROGRESS = 99
LIFETIME_SECONDS = 3600


@dataclass
class Job:
    """One accepted job; times are Unix seconds, ``request`` is the create request's body."""

    id: str
    api: str
    model: str
    request: Mapping[str, Any]
    behaviour: Behaviour
    error: Mapping[str, str]
    created_at: float
    render_seconds: float
    cost_usd: float
    base_url: str
    is_cancelled: bool = False

    def status(self, now: float) -> str:
        """Return queued, in_progress, completed, failed or cancelled."""
        age = now - self.created_at
        if self.is_cancelled:
            return "cancelled"
        if self.behaviour.job == "queued" or age < self.render_seconds * QUEUED_SHARE:
            return "queued"
        if self.behaviour.job == "stalled" or age < self.render_seconds:
            return "in_progress"
        return "failed" if self.behaviour.stage == "job" and self.behaviour.answer else "completed"

    def progress(self, now: float) -> int:
        """Percent done, 100 only when completed."""
        status = self.status(now)
        if status in ("queued", "cancelled"):
            return 0
        if status == "completed":
            return 100
        share = (now - self.created_at) / self.render_seconds if self.render_seconds else 1.0
        return min(STALLED_PROGRESS, int(share * 100))

    def ended_at(self, now: float) -> int | None:
        """Return the time when the job ended well or badly; None before."""
        ended = self.status(now) in ("completed", "failed")
        return int(self.created_at + self.render_seconds) if ended else None

    @property
    def asset_url(self) -> str:
        """The address of the finished video, which needs no key."""
        return f"{self.base_url}/assets/{self.behaviour.asset}/{self.id}.mp4"

    def as_json(self, now: float) -> dict[str, Any]:
        """Return the job as the control page shows it."""
        return {
            "id": self.id,
            "api": self.api,
            "model": self.model,
            "status": self.status(now),
            "created_at": self.created_at,
            "cost_usd": self.cost_usd,
        }
