"""The fallback client for asyncio: one route after the other until one accepts the job, and never twice."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from typing import Any, Self

from prometheus_client import REGISTRY, CollectorRegistry

from sora_exporter.classify.user import user_rules
from sora_exporter.clock import Clock, SystemClock
from sora_exporter.config import Service, Source, config_from
from sora_exporter.config.makers import is_relay
from sora_exporter.fallback.arguments import (
    Ambiguous,
    check_address,
    check_ambiguous,
    check_download,
    check_job,
    check_order,
    check_progress,
    check_seconds,
)
from sora_exporter.fallback.breaker import Breaker
from sora_exporter.fallback.exporter_view import ExporterView, Known
from sora_exporter.fallback.files import is_file, lacking, read_files
from sora_exporter.fallback.follow import fetch, finish, finish_answer
from sora_exporter.fallback.keys import config_for, keys_by_access
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
from sora_exporter.fallback.progress import ShowProgress
from sora_exporter.fallback.route import Route
from sora_exporter.fallback.submit import Submission, submit
from sora_exporter.http.provider import ProviderClients
from sora_exporter.http.reply import Upload
from sora_exporter.result import Depth, ErrorClass, Status

REFUSALS = frozenset({ErrorClass.CONTENT_POLICY, ErrorClass.INVALID_REQUEST})
"""The error classes that another route would return as well, and may bill."""
SKIPPED_STATUSES = frozenset({Status.SUSPENDED, Status.RETIRED})
"""A route with one of these statuses at the exporter is skipped."""


class AsyncFallbackClient:
    """Makes videos through the first configured route that accepts them.

    ``config`` is the path of a configuration, a loaded one, or None for the built-in services. ``keys`` by provider
    name replace those that the configuration names. ``exporter_url`` names an exporter whose statuses are used when it
    answers. ``retry_after_seconds`` limits how long a route's Retry-After may keep a call waiting (0: the next route
    instead), ``submit_seconds`` how long one route may take to accept. Raises ConfigError, TypeError and ValueError.
    """

    def __init__(
        self,
        config: Source = None,
        *,
        keys: Mapping[str, str] | None = None,
        exporter_url: str | None = None,
        on_ambiguous: Ambiguous = "raise",
        retry_after_seconds: float = 0.0,
        submit_seconds: float = 60.0,
        registry: CollectorRegistry = REGISTRY,
        clock: Clock | None = None,
    ) -> None:
        self._config = config_from(config)
        self._clock = clock or SystemClock()
        self._on_ambiguous = check_ambiguous(on_ambiguous)
        self._retry_after_seconds = check_seconds("retry_after_seconds", retry_after_seconds)
        self._submit_seconds = check_seconds("submit_seconds", submit_seconds)
        self._clients, self._answers = ProviderClients(keys), OpenAnswers()
        self._view = ExporterView(check_address("exporter_url", exporter_url), self._clock.monotonic)
        self._breaker = Breaker(self._clock.monotonic)
        self._metrics = ClientMetrics(registry, self._config)
        self._is_closed = False

    @classmethod
    def from_keys(
        cls,
        *,
        base_url: str,
        official_key: str | None = None,
        reverse_key: str | None = None,
        **settings: Any,
    ) -> Self:
        """Return a client of the built-in services at one relay, for the kinds of access whose keys are given.

        The keys stay in memory. ``settings`` are those of the class, without ``config`` and ``keys``. Raises
        ConfigError for the address, TypeError and ValueError.
        """
        keys = keys_by_access(official_key, reverse_key)
        return cls(config_for(keys, base_url), keys=keys, **settings)

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
        vendor's own words (``size="1280x720"``). A path object, bytes or a file open in binary mode
        (``input_reference=Path("boat.png")``) is sent as a file by the routes whose API takes one there; the others are
        skipped. Raises AllRoutesFailed, RequestRefused, AmbiguousSubmit (each with every attempt), TypeError and
        ValueError for a wrong call before anything is sent, RuntimeError after ``aclose``.
        """
        check_order(prompt, seconds, product, prefer, kwargs)
        if_unsure = check_ambiguous(on_ambiguous or self._on_ambiguous)
        members = {name: value for name, value in kwargs.items() if not is_file(value)}
        routes = order_routes(self._config, Order(product, seconds, members), prefer)
        files = await asyncio.to_thread(read_files, kwargs) if len(members) < len(kwargs) else {}
        self._require_taker(routes, files)
        known = await self._view.now()
        order = Order(product, seconds, members, known.recommended.get(product), files)
        attempts: list[RouteAttempt] = []
        for service in order_routes(self._config, order, prefer):
            reason = self._reason_to_skip(service, known, order)
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

    async def wait(self, job: VideoJob, timeout: float = 900.0, *, progress: ShowProgress | None = None) -> Video:
        """Return the finished video of a job from the route that accepted it; may be called again after a failure.

        ``progress`` gets a Progress with each answer about the job; ``ConsoleLine()`` shows it in a terminal. Raises
        GenerationFailed, TypeError and ValueError for a job that this client cannot follow.
        """
        route = self._route(self._service(check_job(job)))
        check_seconds("timeout", timeout)
        show = check_progress(progress)
        if job.job_id:
            return await finish(route, job, timeout, show)
        return await finish_answer(route, job, self._answers.of(job), timeout, show)

    async def download(
        self,
        video: Video | VideoJob,
        path: str | os.PathLike[str] | None = None,
        timeout: float = 900.0,
        *,
        progress: ShowProgress | None = None,
    ) -> bytes:
        """Return the bytes of a complete video, and write them to ``path`` if one is given.

        For a job, this waits for its end first; ``progress`` is as for ``wait``. ``timeout`` covers both. Raises
        GenerationFailed, TypeError and ValueError.
        """
        file, show = check_download(video, path), check_progress(progress)
        deadline = self._clock.monotonic() + check_seconds("timeout", timeout)
        finished = await self.wait(video, timeout, progress=show) if isinstance(video, VideoJob) else video
        route = self._route(self._service(finished.job))
        content = await fetch(route, finished, deadline - self._clock.monotonic())
        self._metrics.proved(finished.job.service_id, Depth.DELIVERED, self._clock.now())
        if file is not None:
            await asyncio.to_thread(file.write_bytes, content)
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
        submission = await submit(self._route(service), prompt, order, self._submit_seconds)
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

    def _require_taker(self, routes: Sequence[Service], files: Mapping[str, Upload]) -> None:
        """Raise ValueError unless some route takes these files."""
        if all(lacking(self._config.api(service), files) for service in routes):
            members = ", ".join(files)
            names = ", ".join(sorted({service.api for service in routes}))
            raise ValueError(f"no route takes a file as {members}: give its address, or describe it in the api {names}")

    def _reason_to_skip(self, service: Service, known: Known, order: Order) -> str:
        """Return the reason for skipping a route, or empty text."""
        if members := lacking(self._config.api(service), order.files):
            return f"its api {service.api} takes no file as {', '.join(members)}"
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


def _skipped(service: Service, reason: str) -> RouteAttempt:
    return RouteAttempt(service.id, service.access, ErrorClass.NOT_PROBED, reason, was_skipped=True)
