"""The same client for programs without asyncio: its event loop runs in a thread."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Self

from prometheus_client import REGISTRY, CollectorRegistry

from sora_exporter.clock import Clock
from sora_exporter.config import Source
from sora_exporter.fallback.arguments import Ambiguous
from sora_exporter.fallback.asynchronous import AsyncFallbackClient
from sora_exporter.fallback.keys import config_for, keys_by_access
from sora_exporter.fallback.outcome import Video, VideoJob
from sora_exporter.fallback.progress import ShowProgress
from sora_exporter.loop_thread import LoopThread


class FallbackClient:
    """The blocking client; several threads may use it at once. See AsyncFallbackClient."""

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
        self._client = AsyncFallbackClient(
            config,
            keys=keys,
            exporter_url=exporter_url,
            on_ambiguous=on_ambiguous,
            retry_after_seconds=retry_after_seconds,
            submit_seconds=submit_seconds,
            registry=registry,
            clock=clock,
        )
        self._thread = LoopThread(self, "sora-fallback", "fallback client", self._client.aclose)

    @classmethod
    def from_keys(
        cls,
        *,
        base_url: str,
        official_key: str | None = None,
        reverse_key: str | None = None,
        **settings: Any,
    ) -> Self:
        """Return a client of the built-in services at one relay. See AsyncFallbackClient.from_keys."""
        keys = keys_by_access(official_key, reverse_key)
        return cls(config_for(keys, base_url), keys=keys, **settings)

    def create_video(
        self,
        prompt: str,
        seconds: int = 8,
        *,
        product: str = "sora-2",
        prefer: str | Sequence[str] = "official",
        on_ambiguous: Ambiguous | None = None,
        **kwargs: Any,
    ) -> VideoJob:
        """Submit a job to the first route that takes it. See AsyncFallbackClient.create_video."""
        create = partial(self._client.create_video, product=product, prefer=prefer, on_ambiguous=on_ambiguous, **kwargs)
        return self._thread.run(create, prompt, seconds)

    def wait(self, job: VideoJob, timeout: float = 900.0, *, progress: ShowProgress | None = None) -> Video:
        """Return the finished video of a job; ``progress`` is called in the client's thread.

        See AsyncFallbackClient.wait.
        """
        return self._thread.run(partial(self._client.wait, progress=progress), job, timeout)

    def download(
        self,
        video: Video | VideoJob,
        path: str | os.PathLike[str] | None = None,
        timeout: float = 900.0,
        *,
        progress: ShowProgress | None = None,
    ) -> bytes:
        """Return the bytes of a complete video. See AsyncFallbackClient.download."""
        return self._thread.run(partial(self._client.download, progress=progress), video, path, timeout)

    def close(self) -> None:
        """Close every connection and end the thread; calls under way in other threads end with RuntimeError."""
        self._thread.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
