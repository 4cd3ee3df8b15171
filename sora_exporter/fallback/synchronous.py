"""The same client for programs without asyncio: one event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any, Self, TypeVar

from prometheus_client import REGISTRY, CollectorRegistry

from sora_exporter.clock import Clock
from sora_exporter.config import Config
from sora_exporter.fallback.asynchronous import Ambiguous, AsyncFallbackClient
from sora_exporter.fallback.outcome import Video, VideoJob

T = TypeVar("T")


class FallbackClient:
    """Blocks until the answer is there; may be used from many threads at once. See AsyncFallbackClient."""

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
        self._client = AsyncFallbackClient(
            config,
            exporter_url=exporter_url,
            on_ambiguous=on_ambiguous,
            retry_after_seconds=retry_after_seconds,
            submit_seconds=submit_seconds,
            registry=registry,
            clock=clock,
        )
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._is_closed, self._gate = False, threading.Lock()
        self._thread = threading.Thread(target=self._serve, name="sora-fallback", daemon=True)
        self._thread.start()

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
        return self._run(
            self._client.create_video(
                prompt, seconds, product=product, prefer=prefer, on_ambiguous=on_ambiguous, **kwargs
            )
        )

    def wait(self, job: VideoJob, timeout: float = 900.0) -> Video:
        """Return the finished video of a job. See AsyncFallbackClient.wait."""
        return self._run(self._client.wait(job, timeout))

    def download(self, video: Video | VideoJob, path: Path | None = None, timeout: float = 900.0) -> bytes:
        """Return a video's bytes, proven whole. See AsyncFallbackClient.download."""
        return self._run(self._client.download(video, path, timeout))

    def close(self) -> None:
        """Close every connection and end the thread; calls under way in other threads end with RuntimeError."""
        with self._gate:
            if not self._is_closed:
                self._is_closed = True
                self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self) -> None:
        """Run the loop until the end; what is then still under way is cancelled."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._until_end())

    async def _until_end(self) -> None:
        await self._end.wait()
        await self._client.aclose()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        with self._gate:
            if self._is_closed:
                coroutine.close()
                raise RuntimeError("the fallback client is closed: make a new one")
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except CancelledError:
            raise RuntimeError("the fallback client was closed during the call") from None
        except KeyboardInterrupt:
            future.cancel()
            raise
