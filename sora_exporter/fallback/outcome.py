"""What came of a call: the job that was accepted, what each route said, and the errors that carry it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

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
    """A job that a route accepted: a plain value, to be stored and handed on.

    ``VideoJob(service_id, job_id)`` is all that another client, in another process too, needs to wait for it. Where
    the vendor gives no id (event streams, images) ``job_id`` is empty and the answer to the create request is the job:
    only the client that made it can go on, and knows it by ``answer_id``.
    """

    service_id: str
    job_id: str
    access: str = ""
    attempts: tuple[RouteAttempt, ...] = ()
    answer_id: str = ""


@dataclass(frozen=True, slots=True)
class Video:
    """A finished job: where its asset is (a path of the API or an address), or the asset itself.

    ``waited_seconds`` is how long ``wait`` took.
    """

    job: VideoJob
    address: str = ""
    content: bytes = field(default=b"", repr=False)
    waited_seconds: float = 0.0


class FallbackError(Exception):
    """Base of every error of the fallback client; ``attempts`` tells what each route said, in order.

    - FallbackError
      - AllRoutesFailed: no route took the job
      - RequestRefused: the request itself was refused; another route would refuse, and maybe bill, it too
      - AmbiguousSubmit: a route may have accepted the job; submitting elsewhere could pay twice
      - GenerationFailed: an accepted job came to no video
    """

    def __init__(self, summary: str, attempts: Sequence[RouteAttempt]) -> None:
        super().__init__(summary, tuple(attempts))
        self.summary, self.attempts = summary, tuple(attempts)

    def __str__(self) -> str:
        told = "; ".join(str(attempt) for attempt in self.attempts)
        return f"{self.summary}: {told}" if told else self.summary


class AllRoutesFailed(FallbackError):
    """No route took the job."""


class RequestRefused(FallbackError):
    """The request itself was refused: its content or its parameters; other routes were not asked."""


class AmbiguousSubmit(FallbackError):
    """A route may have accepted the job without saying so; nothing was submitted elsewhere."""


class GenerationFailed(FallbackError):
    """The accepted job failed, ran out of time, or gave no whole video; the last attempt says which."""
