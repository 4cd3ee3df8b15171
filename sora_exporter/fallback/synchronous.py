"""The same client for programs without asyncio: one event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from sora_exporter.fallback.asynchronous import AsyncFallbackClient
from sora_exporter.fallback.outcome import Video, VideoJob

T = TypeVar("T")


class FallbackClient:
    """Blocks until the answer is there; may be used from many threads at once. See AsyncFallbackClient."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sora-fallback", daemon=True)
        self._thread.start()
        try:
            self._client = self._run(self._make(args, kwargs))
        except BaseException:
            self._end()
            raise

    def create_video(
        self, prompt: str, seconds: int = 8, *, product: str = "sora-2", prefer: str | Sequence[str] = "official",
        **kwargs: Any,
    ) -> VideoJob:  # fmt: skip
        """Submit a job to the first route that takes it. See AsyncFallbackClient.create_video."""
        return self._run(self._client.create_video(prompt, seconds, product=product, prefer=prefer, **kwargs))

    def wait(self, job: VideoJob, timeout: float = 900.0) -> Video:
        """Return the finished video of a job. Raises GenerationFailed."""
        return self._run(self._client.wait(job, timeout))

    def download(self, video: Video | VideoJob, path: Path | None = None, timeout: float = 900.0) -> bytes:
        """Return a video's bytes, proven whole. Raises GenerationFailed."""
        return self._run(self._client.download(video, path, timeout))

    def close(self) -> None:
        """Close every connection and end the thread."""
        if self._thread.is_alive():
            self._run(self._client.aclose())
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @staticmethod
    async def _make(args: tuple[Any, ...], kwargs: dict[str, Any]) -> AsyncFallbackClient:
        return AsyncFallbackClient(*args, **kwargs)

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
