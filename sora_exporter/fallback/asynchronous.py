"""The fallback client for asyncio: one route after the other until one takes the job, and never twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Self

from prometheus_client import REGISTRY, CollectorRegistry

from sora_exporter.client import ProviderClients
from sora_exporter.clock import Clock, SystemClock
from sora_exporter.config import Config, Service, load_config
from sora_exporter.fallback.follow import fetch, finish
from sora_exporter.fallback.known import ExporterView, Known
from sora_exporter.fallback.metrics import ClientMetrics
from sora_exporter.fallback.outcome import (
    AllRoutesFailed,
    AmbiguousSubmit,
    RequestRefused,
    RouteAttempt,
    Video,
    VideoJob,
)
from sora_exporter.fallback.routes import SKIPPED_STATUSES, Breaker, order_routes
from sora_exporter.fallback.submit import Submission, submit
from sora_exporter.result import ErrorClass

Ambiguous = Literal["raise", "next"]
REFUSALS = frozenset({ErrorClass.CONTENT_POLICY, ErrorClass.INVALID_REQUEST})
WAITABLE = frozenset({ErrorClass.RATE_LIMITED, ErrorClass.OVERLOADED, ErrorClass.MAINTENANCE, ErrorClass.UNAVAILABLE})


class AsyncFallbackClient:
    """Makes videos through whichever configured route takes them.

    ``config`` is a loaded configuration, a file, or None for the built-in catalogue; ``exporter_url`` an exporter
    whose knowledge is used when it answers; ``retry_after_seconds`` how long a route's Retry-After may keep a call
    waiting (0: the next route instead); ``submit_seconds`` how long one route may take to accept. Raises ConfigError.
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
        self._on_ambiguous, self._retry_after_seconds = on_ambiguous, retry_after_seconds
        self._submit_seconds = submit_seconds
        self._clients = ProviderClients()
        self._view = ExporterView(exporter_url, self._clock.monotonic)
        self._breaker = Breaker(self._clock.monotonic)
        self._metrics = ClientMetrics(registry, self._config)

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
        """Submit a job to the first route that takes it; the job tells the route and what each attempt said.

        ``kwargs`` are further members of the create request in the vendor's own words (``size="1280x720"``). Raises
        AllRoutesFailed, RequestRefused, AmbiguousSubmit (each with every attempt), ValueError for a wrong call.
        """
        if not prompt.strip():
            raise ValueError("the prompt is empty: say what the video shows")
        known = await self._view.now()
        ordered = order_routes(self._config, product, prefer, known.recommended.get(product), kwargs)
        attempts: list[RouteAttempt] = []
        for service in ordered:
            skipped = self._skipped(service, known, attempts)
            if skipped is not None:
                attempts.append(skipped)
                continue
            submission = await self._ask(service, prompt, seconds, kwargs, attempts)
            attempts.append(submission.attempt)
            if submission.attempt.error_class is ErrorClass.NONE:
                return replace(submission.job(), attempts=tuple(attempts))
            if submission.attempt.error_class in REFUSALS:
                raise RequestRefused(f"{service.id} refused the request", attempts)
            if submission.attempt.is_ambiguous and (on_ambiguous or self._on_ambiguous) == "raise":
                raise AmbiguousSubmit(f"{service.id} may have accepted the job; not submitted elsewhere", attempts)
        raise AllRoutesFailed(f"no route of {product} took the job", attempts)

    async def wait(self, job: VideoJob, timeout: float = 900.0) -> Video:
        """Return the finished video of a job, asking the route that took it. Raises GenerationFailed."""
        service = self._service(job)
        return await finish(self._config, service, self._client(service), self._clock, job, timeout)

    async def download(self, video: Video | VideoJob, path: Path | None = None, timeout: float = 900.0) -> bytes:
        """Return a video's bytes, proven whole, and write them to ``path`` where one is given.

        Of a job, waits for the end first. Raises GenerationFailed.
        """
        finished = await self.wait(video, timeout) if isinstance(video, VideoJob) else video
        service = self._service(finished.job)
        content = await fetch(self._config, service, self._client(service), finished, timeout)
        if path is not None:
            await asyncio.to_thread(path.write_bytes, content)
        return content

    async def aclose(self) -> None:
        """Close every connection."""
        await self._clients.keep_only({})
        await self._view.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _ask(
        self, service: Service, prompt: str, seconds: int, members: dict[str, Any], before: list[RouteAttempt]
    ) -> Submission:
        """Submit to one route, once more after its Retry-After where the caller allows to wait so long."""
        asked = [attempt for attempt in before if not attempt.was_skipped]
        if asked:
            self._metrics.fell_back(asked[-1].service_id, service.id)
        submission = await self._submit(service, prompt, seconds, members)
        pause = submission.retry_after_seconds
        is_worth_waiting = submission.attempt.error_class in WAITABLE and not submission.attempt.is_ambiguous
        if pause is not None and is_worth_waiting and pause <= self._retry_after_seconds:
            before.append(submission.attempt)
            await self._clock.sleep(pause)
            submission = await self._submit(service, prompt, seconds, members)
        return submission

    async def _submit(self, service: Service, prompt: str, seconds: int, members: dict[str, Any]) -> Submission:
        submission = await submit(
            self._config, service, self._client(service), self._clock, prompt, seconds, members, self._submit_seconds
        )
        self._metrics.asked(submission.attempt)
        self._breaker.note(service.id, submission.attempt.error_class)
        return submission

    def _skipped(self, service: Service, known: Known, before: list[RouteAttempt]) -> RouteAttempt | None:
        """Return why a route is not asked, or None where it is."""
        status = known.statuses.get(service.id)
        own_fault = next(
            (a for a in before if a.error_class in OWN_KEY and self._provider(a) == service.provider), None
        )
        reasons = {
            f"the exporter says {status}": status in SKIPPED_STATUSES,
            "it failed several times in a row": self._breaker.is_open(service.id),
            f"the same key failed at {own_fault.service_id}" if own_fault else "": own_fault is not None,
        }
        why = next((reason for reason, holds in reasons.items() if holds), None)
        if why is None:
            return None
        return RouteAttempt(service.id, service.access, ErrorClass.NOT_PROBED, why, was_skipped=True)

    def _provider(self, attempt: RouteAttempt) -> str | None:
        service = self._config.service(attempt.service_id)
        return service.provider if service else None

    def _service(self, job: VideoJob) -> Service:
        service = self._config.service(job.service_id)
        if service is None:
            raise ValueError(f"the job's route {job.service_id!r} is not configured")
        return service

    def _client(self, service: Service) -> Any:
        return self._clients.get(service.provider, self._config.providers[service.provider])


OWN_KEY = frozenset({ErrorClass.AUTHENTICATION, ErrorClass.QUOTA_EXHAUSTED})
