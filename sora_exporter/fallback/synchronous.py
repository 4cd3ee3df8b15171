"""The same client for programs without asyncio: its event loop runs in a thread."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack
from functools import partial
from typing import Any, Self, TypeVar

from anyio.from_thread import start_blocking_portal
from prometheus_client import REGISTRY, CollectorRegistry

from sora_exporter.clock import Clock
from sora_exporter.fallback.arguments import Ambiguous, Source
from sora_exporter.fallback.asynchronous import AsyncFallbackClient
from sora_exporter.fallback.keys import config_for, keys_by_access
from sora_exporter.fallback.outcome import Video, VideoJob
from sora_exporter.fallback.progress import ShowProgress

T = TypeVar("T")
CLOSED = "the fallback client is closed: make a new one"


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
        self._is_closed, self._gate = False, threading.Lock()
        thread = ExitStack()
        self._portal = thread.enter_context(start_blocking_portal(name="sora-fallback"))
        thread.callback(self._portal.call, self._portal.stop, True)
        # Also at exit and for a forgotten client: a portal that is not stopped keeps the program from ending.
        self._end = weakref.finalize(self, thread.close)

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
        return self._run(create, prompt, seconds)

    def wait(self, job: VideoJob, timeout: float = 900.0, *, progress: ShowProgress | None = None) -> Video:
        """Return the finished video of a job; ``progress`` is called in the client's thread.

        See AsyncFallbackClient.wait.
        """
        return self._run(partial(self._client.wait, progress=progress), job, timeout)

    def download(
        self,
        video: Video | VideoJob,
        path: str | os.PathLike[str] | None = None,
        timeout: float = 900.0,
        *,
        progress: ShowProgress | None = None,
    ) -> bytes:
        """Return the bytes of a complete video. See AsyncFallbackClient.download."""
        return self._run(partial(self._client.download, progress=progress), video, path, timeout)

    def close(self) -> None:
        """Close every connection and end the thread; calls under way in other threads end with RuntimeError."""
        with self._gate:
            if not self._is_closed:
                self._is_closed = True
                try:
                    self._portal.call(self._client.aclose)
                finally:
                    self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, call: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        if self._is_closed:
            raise RuntimeError(CLOSED)
        try:
            future = self._portal.start_task_soon(call, *arguments)
        except RuntimeError:
            raise RuntimeError(CLOSED) from None
        try:
            return future.result()
        except CancelledError:
            raise RuntimeError("the fallback client was closed during the call") from None
        except KeyboardInterrupt:
            future.cancel()
            raise
