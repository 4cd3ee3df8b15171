"""What came of a call: the job that was accepted, what each route said, and the errors that carry it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sora_exporter.result import ErrorClass, Status


@dataclass(frozen=True, slots=True)
class RouteAttempt:
    """What one route came to. ``is_ambiguous``: the route may have accepted a job although it did not say so.

    ``http_status`` is None when no answer came or, with ``was_skipped``, when the route was not asked at all.
    """

    service_id: str
    access: str
    error_class: ErrorClass
    message: str
    http_status: int | None = None
    seconds: float = 0.0
    rule: str = ""
    is_ambiguous: bool = False
    was_skipped: bool = False

    @property
    def status(self) -> Status:
        """The status this attempt stands for."""
        return self.error_class.status

    def __str__(self) -> str:
        what = "skipped" if self.was_skipped else f"{self.error_class}"
        return f"{self.service_id}: {what}{f' ({self.message})' if self.message else ''}"


@dataclass(frozen=True, slots=True)
class VideoJob:
    """A job that a route accepted. ``job_id`` is empty where the vendor gives none (event streams, images)."""

    service_id: str
    access: str
    job_id: str
    attempts: tuple[RouteAttempt, ...] = ()
    _running: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Video:
    """A finished job: where its asset is, or the asset itself where the answer held it."""

    job: VideoJob
    address: str = ""
    content: bytes = field(default=b"", repr=False)
    seconds: float = 0.0


class FallbackError(Exception):
    """Base of every error of the fallback client; ``attempts`` tells what each route said, in order.

    - FallbackError
      - AllRoutesFailed: no route took the job
      - RequestRefused: the request itself was refused; another route would refuse, and maybe bill, it too
      - AmbiguousSubmit: a route may have accepted the job; submitting elsewhere could pay twice
      - GenerationFailed: an accepted job came to no video
    """

    def __init__(self, summary: str, attempts: Sequence[RouteAttempt]) -> None:
        self.attempts = tuple(attempts)
        told = "; ".join(str(attempt) for attempt in self.attempts)
        super().__init__(f"{summary}: {told}" if told else summary)


class AllRoutesFailed(FallbackError):
    """No route took the job."""


class RequestRefused(FallbackError):
    """The request itself was refused: its content or its parameters; other routes were not asked."""


class AmbiguousSubmit(FallbackError):
    """A route may have accepted the job without saying so; nothing was submitted elsewhere."""


class GenerationFailed(FallbackError):
    """The accepted job failed, ran out of time, or gave no whole video."""
