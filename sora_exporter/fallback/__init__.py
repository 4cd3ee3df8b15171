"""The fallback client for applications: it makes videos through any route that works.

A prompt comes in and is sent to one route of a product after the other until one accepts the job; a job, its video and
the outcome of each route go out. Jobs are created, polled and fetched by the code of the probes.

    from sora_exporter.fallback import FallbackClient, FallbackError

    with FallbackClient(exporter_url="http://localhost:10198") as client:
        try:
            job = client.create_video("A paper boat on a lake", seconds=8, product="sora-2")
            client.download(job, "boat.mp4")
        except FallbackError as error:
            print(error.attempts)
        else:
            print(f"made by {job.service_id} ({job.access})")

``AsyncFallbackClient`` is the same for asyncio. Without an exporter at that address everything still works.
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
from sora_exporter.fallback.progress import ConsoleLine, Progress
from sora_exporter.fallback.synchronous import FallbackClient

__all__ = [
    "AllRoutesFailed",
    "AmbiguousSubmit",
    "AsyncFallbackClient",
    "ConsoleLine",
    "FallbackClient",
    "FallbackError",
    "GenerationFailed",
    "Progress",
    "RequestRefused",
    "RouteAttempt",
    "Video",
    "VideoJob",
]
