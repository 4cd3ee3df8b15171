"""Make videos through whichever route works: the fallback client for applications.

    from sora_exporter.fallback import FallbackClient

    with FallbackClient(exporter_url="http://localhost:10198") as client:
        job = client.create_video("A paper boat on a lake", seconds=8, product="sora-2")
        print(job.service_id, job.access)
        client.download(job, Path("boat.mp4"))

``AsyncFallbackClient`` is the same for asyncio. Errors carry what every route said (``FallbackError.attempts``).
"""

from sora_exporter.fallback.asynchronous import AsyncFallbackClient
from sora_exporter.fallback.outcome import (
    AllRoutesFailed,
    AmbiguousSubmit,
    FallbackError,
    GenerationFailed,
    RequestRefused,
    RouteAttempt,
    Video,
    VideoJob,
)
from sora_exporter.fallback.synchronous import FallbackClient

__all__ = [
    "AllRoutesFailed",
    "AmbiguousSubmit",
    "AsyncFallbackClient",
    "FallbackClient",
    "FallbackError",
    "GenerationFailed",
    "RequestRefused",
    "RouteAttempt",
    "Video",
    "VideoJob",
]
