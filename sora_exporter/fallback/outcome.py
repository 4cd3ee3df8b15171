"""The outcome of a call: the accepted job, each route's attempt, and the errors that contain them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sora_exporter.result import ErrorClass, Status


@dataclass(frozen=True, slots=True)
class RouteAttempt:
    """The attempt at one route. ``is_ambiguous``: the route may have accepted a job without confirming it.

    ``http_status`` is None when no answer came or, with ``was_skipped``, when no request was sent.
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
        """The status that this attempt means."""
        return self.error_class.status

    def __str__(self) -> str:
        what = "skipped" if self.was_skipped else f"{self.error_class}"
        return f"{self.service_id}: {what}{f' ({self.message})' if self.message else ''}"


@dataclass(frozen=True, slots=True)
class VideoJob:
    """A job that a route accepted: a plain value that can be stored and passed on.

    ``VideoJob(service_id, job_id)`` is all that another client needs to wait for it, also in another process. If the
    vendor gives no id (event streams, images) ``job_id`` is empty and the answer to the create request is the job:
    only the client that made it can go on, by its ``answer_id``.
    """

    service_id: str
    job_id: str
    access: str = ""
    attempts: tuple[RouteAttempt, ...] = ()
    answer_id: str = ""


@dataclass(frozen=True, slots=True)
class Video:
    """A finished job: where its asset is (a path of the API or an address), or the asset itself.

    ``waited_seconds`` is the duration of ``wait``.
    """

    job: VideoJob
    address: str = ""
    content: bytes = field(default=b"", repr=False)
    waited_seconds: float = 0.0


class FallbackError(Exception):
    """Base of every error of the fallback client; ``attempts`` has each route's attempt, in order.

    - FallbackError
      - AllRoutesFailed: no route took the job
      - RequestRefused: the request itself was refused; another route would refuse, and maybe bill, it too
      - AmbiguousSubmit: a route may have accepted the job; submitting elsewhere could pay twice
      - GenerationFailed: an accepted job gave no video
    """

    def __init__(self, summary: str, attempts: Sequence[RouteAttempt]) -> None:
        super().__init__(summary, tuple(attempts))
        self.summary, self.attempts = summary, tuple(attempts)

    def __str__(self) -> str:
        details = "; ".join(str(attempt) for attempt in self.attempts)
        return f"{self.summary}: {details}" if details else self.summary


class AllRoutesFailed(FallbackError):
    """No route took the job."""


class RequestRefused(FallbackError):
    """The request itself was refused: its content or its parameters; no other route was tried."""


class AmbiguousSubmit(FallbackError):
    """A route may have accepted the job without confirming it; nothing was submitted elsewhere."""


class GenerationFailed(FallbackError):
    """The accepted job failed, ran out of time, or gave no whole video; the last attempt has the reason."""
