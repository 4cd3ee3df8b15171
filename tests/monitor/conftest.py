"""The configuration of a monitor, and the proof that none leaves a thread behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.probing import SimulatedProvider

THREAD = "sora-monitor"
CONFIGURATION = """
providers:
  relay: {{base_url: "{url}", api_key_env: MONITOR_KEY}}
services:
  - {{id: sora-2-official, product: sora-2, access: official, provider: relay, model: sora-2, api: videos,
     probes: {{canary: {{interval: 1h}}}}}}
  - {{id: sora-2-reverse, product: sora-2, access: reverse, provider: relay, model: sora_video2, api: chat,
     probes: {{canary: {{interval: 1h}}}}}}
"""


@pytest.fixture
def config(simulator: SimulatedProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration of two routes whose schedule leaves the attempts to the test."""
    monkeypatch.setenv("MONITOR_KEY", "sk-of-the-monitor")
    monkeypatch.setattr("sora_exporter.monitor.asynchronous.usual_directory", lambda: tmp_path / "shared")
    monkeypatch.setattr("sora_exporter.probes.scheduler.FIRST_ROUND_SECONDS", 0.0)
    file = tmp_path / "sora.yml"
    file.write_text(CONFIGURATION.format(url=simulator.base_url("videos")), "utf-8")
    return file


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """After each test no thread of a monitor is left."""
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith(THREAD)] == []
