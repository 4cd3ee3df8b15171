"""The longest time that a fault stays unnoticed: until the gauge changes, and until the notification arrives."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.programs.alerting import Chain, alerting_chain
from support.programs.launch import eventually

from bench.requests import Scraper

SETTLED_SECONDS = 30
MOST_SECONDS = 600
GAUGE = 'sora_service_status{service_id="beta",status="suspended"} 1.0'
ATTEMPTS = 'sora_probe_attempts_total\\{.*service_id="beta"\\}'
WORKING = 'sora_service_up{service_id="beta"} == 1'


@dataclass(frozen=True)
class Detection:
    """Seconds from a fault that begins right after a probe until the gauge changes and the notification arrives."""

    gauge: float
    notification: float


def measure_detection() -> Detection:
    """Run the shipped chain with probes once a minute, let a service fail, and wait for gauge and notification."""
    with (
        tempfile.TemporaryDirectory(prefix="sora-bench-") as scratch,
        alerting_chain(Path(scratch), "1m", "10s", {}) as chain,
    ):
        _wait_until(lambda: chain.prometheus.query(WORKING))
        time.sleep(SETTLED_SECONDS)
        attempts = _attempts(chain)
        _wait_until(lambda: _attempts(chain) > attempts)
        began = time.monotonic()
        chain.behave("sora_video2", "suspended")
        _wait_until(lambda: GAUGE in chain.exporter.get("/metrics").text)
        gauge = time.monotonic() - began
        _wait_until(lambda: chain.mail.mails_about("[CRITICAL] 贝塔"))
        return Detection(gauge, time.monotonic() - began)


def _attempts(chain: Chain) -> float:
    return sum(Scraper(chain.exporter.url).values("/metrics", ATTEMPTS))


def _wait_until(claim: Callable[[], Any]) -> None:
    eventually(claim, MOST_SECONDS, every=0.2)
