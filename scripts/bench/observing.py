"""The CPU time that observing a client adds to each of its requests."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx2
from prometheus_client import CollectorRegistry

from sora_exporter import observe
from sora_exporter.config import Config

URL = "http://relay.example/v1"
ORDER = {"model": "sora-2", "prompt": "A paper boat drifts across a calm lake at dawn.", "seconds": "4"}
JOB = {"id": "video_123", "object": "video", "model": "sora-2", "status": "queued", "progress": 0, "seconds": "4"}
SERVICES, REQUESTS, ROUNDS = 6, 500, 8


def measure_observing() -> float:
    """Return the CPU seconds that one observed order costs beyond an unobserved one, at the best of several rounds.

    The answers come from memory, so nothing but the library and the observation takes time.
    """
    plain, observed = _client(), observe(_client(), _config(), registry=CollectorRegistry())
    with plain, observed:
        return min(_round(observed) for _ in range(ROUNDS)) - min(_round(plain) for _ in range(ROUNDS))


def _client() -> httpx2.Client:
    return httpx2.Client(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=JOB)), base_url=URL)


def _config() -> Config:
    service = {"product": "sora-2", "access": "official", "provider": "relay", "api": "videos"}
    models = ["sora-2-pro", "veo-3.1", "wan-3.0", "kling-3", "gen-4.5", "sora-2"]
    services = [{"id": f"service-{number}", "model": model, **service} for number, model in enumerate(models)]
    return Config.model_validate({"providers": {"relay": {"base_url": URL}}, "services": services[:SERVICES]})


def _round(client: httpx2.Client) -> float:
    return _seconds(lambda: client.post("/videos", json=ORDER)) / REQUESTS


def _seconds(order: Callable[[], object]) -> float:
    began = time.process_time()
    for _ in range(REQUESTS):
        order()
    return time.process_time() - began


if __name__ == "__main__":
    print(f"{measure_observing() * 1e6:.0f} µs a request")
