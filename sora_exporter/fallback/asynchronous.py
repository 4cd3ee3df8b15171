"""The fallback client for asyncio: one route after the other until one accepts the job, and never twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self, get_args

from prometheus_client import REGISTRY, CollectorRegistry

from sora_exporter.classify.user import user_rules
from sora_exporter.clock import Clock, SystemClock
from sora_exporter.config import Config, Service, load_config
from sora_exporter.config.makers import is_relay
from sora_exporter.fallback.breaker import Breaker
from sora_exporter.fallback.exporter_view import ExporterView, Known
from sora_exporter.fallback.follow import fetch, finish, finish_answer
from sora_exporter.fallback.metrics import ClientMetrics
from sora_exporter.fallback.open_answers import OpenAnswers
from sora_exporter.fallback.order import Order, order_routes
from sora_exporter.fallback.outcome import (
    AllRoutesFailed,
    AmbiguousSubmit,
    RequestRefused,
    RouteAttempt,
    Video,
    VideoJob,
)
from sora_exporter.fallback.route import Route
from sora_exporter.fallback.submit import Submission, submit
from sora_exporter.http.provider import ProviderClients
from sora_exporter.result import Depth, ErrorClass, Status

Ambiguous = Literal["raise", "next"]
REFUSALS = frozenset({ErrorClass.CONTENT_POLICY, ErrorClass.INVALID_REQUEST})
"""The error classes that another route would return as well, and may bill."""
SKIPPED_STATUSES = frozenset({Status.SUSPENDED, Status.RETIRED})
"""A route with one of these statuses at the exporter is skipped."""


class AsyncFallbackClient:
    """Makes videos through the first configured route that accepts them.

    ``config`` is a loaded configuration, a file, or None for the built-in services. ``exporter_url`` names an exporter
    whose statuses are used when it answers. ``retry_after_seconds`` limits how long a route's Retry-After may keep a
    call waiting (0: the next route instead), ``submit_seconds`` how long one route may take to accept. Raises
    ConfigError.
    """

    def __init__(
        self,
        config: Config | Path | None = None,
        *,
        exporter_url: str | None = None,
        on_ambiguous: Ambiguous = "raise",
        retry_after_seconds: float = 0.0,
        submit_seconds: float = 60.0,
        registry: CollectorRegistry = REGISTRY,
        clock: Clock | None = None,
    ) -> None:
        self._config = config if isinstance(config, Config) else load_config(config)
        self._clock = clock or SystemClock()
        self._on_ambiguous = _checked(on_ambiguous)
        self._retry_after_seconds = retry_after_seconds
        self._submit_seconds = submit_seconds
        self._clients, self._answers = ProviderClients(), OpenAnswers()
        self._view = ExporterView(exporter_url, self._clock.monotonic)
        self._breaker = Breaker(self._clock.monotonic)
        self._metrics = ClientMetrics(registry, self._config)
        self._is_closed = False

    async def create_video(
        self,
        prompt: str,
        seconds: int = 8,
        *,
        product: str = "sora-2",
        prefer: str | Sequence[str] = "official",
        on_ambiguous: Ambiguous | None = None,
        **kwargs: Any,
    ) -> VideoJob:
        """Submit a job to the first route that accepts it; the job names the route and every attempt.

        ``prefer`` is ``official``, ``reverse``, ``cheapest``, ``recommended`` or a list of service ids. ``seconds`` is
        ordered if the route's API has a member for it; ``kwargs`` are further members of the create request in the
        vendor's own words (``size="1280x720"``). Raises AllRoutesFailed, RequestRefused, AmbiguousSubmit (each with
        every attempt), ValueError for a wrong call, RuntimeError after ``aclose``.
        """
        _check_call(prompt, seconds, kwargs)
        if_unsure = _checked(on_ambiguous or self._on_ambiguous)
        known = await self._view.now()
        order = Order(product, seconds, kwargs, known.recommended.get(product))
        attempts: list[RouteAttempt] = []
        for service in order_routes(self._config, order, prefer):
            reason = self._reason_to_skip(service, known)
            if reason:
                attempts.append(_skipped(service, reason))
                continue
            submission = await self._try(service, prompt, order, attempts)
            said = submission.attempt
            if said.error_class is ErrorClass.NONE:
                return self._job(submission, attempts)
            if said.error_class in REFUSALS:
                raise RequestRefused(f"{service.id} refused the request", attempts)
            if said.is_ambiguous and if_unsure == "raise":
                raise AmbiguousSubmit(f"{service.id} may have accepted the job; not submitted elsewhere", attempts)
        raise AllRoutesFailed(f"no route of {product} took the job", attempts)

    async def wait(self, job: VideoJob, timeout: float = 900.0) -> Video:
        """Return the finished video of a job from the route that accepted it; may be called again after a failure.

        Raises GenerationFailed, ValueError for a job that this client cannot follow.
        """
        route = self._route(self._service(job))
        if job.job_id:
            return await finish(route, job, timeout)
        return await finish_answer(route, job, self._answers.of(job), timeout)

    async def download(self, video: Video | VideoJob, path: Path | None = None, timeout: float = 900.0) -> bytes:
        """Return the bytes of a complete video, and write them to ``path`` if one is given.

        For a job, this waits for its end first. ``timeout`` covers both. Raises GenerationFailed.
        """
        deadline = self._clock.monotonic() + timeout
        finished = await self.wait(video, timeout) if isinstance(video, VideoJob) else video
        route = self._route(self._service(finished.job))
        content = await fetch(route, finished, deadline - self._clock.monotonic())
        self._metrics.proved(finished.job.service_id, Depth.DELIVERED, self._clock.now())
        if path is not None:
            await asyncio.to_thread(path.write_bytes, content)
        return content

    async def aclose(self) -> None:
        """Close every connection; calls under way end, but try no further route."""
        self._is_closed = True
        await self._answers.aclose()
        await self._clients.keep_only({})
        await self._view.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _try(self, service: Service, prompt: str, order: Order, attempts: list[RouteAttempt]) -> Submission:
        """Submit to one route, and once more after its Retry-After if the caller accepts that pause."""
        tried = [attempt for attempt in attempts if not attempt.was_skipped]
        if tried:
            self._metrics.fell_back(tried[-1].service_id, service.id)
        submission = await self._submit(service, prompt, order, attempts)
        if self._is_worth_waiting(submission):
            await self._clock.sleep(submission.retry_after_seconds or 0.0)
            submission = await self._submit(service, prompt, order, attempts)
        return submission

    def _is_worth_waiting(self, submission: Submission) -> bool:
        said, pause = submission.attempt, submission.retry_after_seconds
        is_settled = said.error_class is ErrorClass.NONE or said.error_class in REFUSALS or said.is_ambiguous
        return not is_settled and pause is not None and pause <= self._retry_after_seconds

    async def _submit(self, service: Service, prompt: str, order: Order, attempts: list[RouteAttempt]) -> Submission:
        submission = await submit(self._route(service), prompt, order.seconds, order.members, self._submit_seconds)
        self._metrics.count(submission.attempt)
        if submission.depth is not None:
            self._metrics.proved(service.id, submission.depth, self._clock.now())
        self._breaker.note(service.id, submission.attempt.error_class)
        attempts.append(submission.attempt)
        return submission

    def _job(self, submission: Submission, attempts: Sequence[RouteAttempt]) -> VideoJob:
        said = submission.attempt
        job_id = submission.job_id
        answer_id = "" if job_id else self._answers.keep(submission)
        return VideoJob(said.service_id, job_id, said.access, tuple(attempts), answer_id)

    def _reason_to_skip(self, service: Service, known: Known) -> str:
        """Return the reason for skipping a route, or empty text."""
        status = known.statuses.get(service.id)
        if status in SKIPPED_STATUSES:
            return f"the exporter says {status}"
        return "" if self._breaker.admits(service.id) else "it failed several times in a row"

    def _service(self, job: VideoJob) -> Service:
        service = self._config.service(job.service_id)
        if service is None:
            raise ValueError(f"the job's route {job.service_id!r} is not configured")
        return service

    def _route(self, service: Service) -> Route:
        if self._is_closed:
            raise RuntimeError("the fallback client is closed: make a new one")
        provider = self._config.providers[service.provider]
        client = self._clients.get(service.provider, provider)
        rules = user_rules(self._config, service.provider)
        return Route(service, self._config.api(service), client, rules, self._clock, is_relay(provider))


def _checked(on_ambiguous: Ambiguous) -> Ambiguous:
    """Return the choice if it exists: a typing error must not cause a second submission."""
    if on_ambiguous not in get_args(Ambiguous):
        raise ValueError(f"on_ambiguous={on_ambiguous!r} is not known: use raise or next")
    return on_ambiguous


def _check_call(prompt: str, seconds: int, members: dict[str, Any]) -> None:
    if not prompt.strip():
        raise ValueError("the prompt is empty: describe the video")
    if seconds < 1:
        raise ValueError(f"seconds={seconds} is not the length of a video: use at least 1")
    if "model" in members:
        raise ValueError("the route decides the model: choose one with product and prefer")


def _skipped(service: Service, reason: str) -> RouteAttempt:
    return RouteAttempt(service.id, service.access, ErrorClass.NOT_PROBED, reason, was_skipped=True)
