"""Ending the real exporter at random moments of its paid probes: the limit holds and no job is left behind."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support.running import PROGRAM, environment, simulator

LANES = 2
KILLS_PER_LANE, TERMS_PER_LANE = 50, 15
LIMITS_USD = (0.40, 50.00)
"""One lane soon reaches its limit; the other is killed in the middle of paid probes to the last."""
PRICE_USD = 0.04
START_SECONDS = 0.5
LONGEST_LIFE_SECONDS = 2.2
SETTLED_SECONDS = 5
CLEAN_SECONDS = 60
MODELS = ("sora-2", "sora-2-pro")
CONFIG = """
budget_usd_per_day: {limit}
providers:
  relay: {{base_url: "{provider}/v1", api_key_env: OPENAI_API_KEY}}
services:
  - id: paid
    product: paid
    access: official
    provider: relay
    model: {model}
    api: quick
    price_usd: {{per_request: {price}}}
    probes:
      submit: {{interval: 200ms, timeout: 190ms}}
      generate: {{interval: 700ms, timeout: 650ms}}
apis:
  quick:
    create: {{path: /videos, body: {{model: "{{model}}", prompt: "{{prompt}}"}}}}
    job:
      id: id
      status: status
      queued: queued
      running: in_progress
      done: completed
      failed: failed
      poll: {{path: "/videos/{{job_id}}"}}
      poll_interval_seconds: 0.05
      delete: {{method: DELETE, path: "/videos/{{job_id}}"}}
      find: {{path: "/videos?limit=100&order=desc", items: data, prompt: prompt}}
    asset: {{kinds: [video], route: {{path: "/videos/{{job_id}}/content"}}}}
"""


def control(provider: str, path: str) -> Any:
    """Return what the simulated provider's control says."""
    return httpx2.get(f"{provider}/control/{path}", timeout=20).json()


def start(provider: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start the exporter on a free port with the lane's configuration and ledger."""
    log = (folder / "log").open("ab")
    command = [
        *PROGRAM, "serve", f"--config.file={folder / 'sora.yml'}", f"--storage.path={folder / 'ledger'}",
        "--web.listen-address=127.0.0.1:0",
    ]  # fmt: skip
    with log:
        return subprocess.Popen(command, env=environment(provider), stdout=log, stderr=log)


def torment(provider: str, folder: Path, lane: int) -> None:
    """Start the exporter and end it after a random life, many times: mostly by SIGKILL, by SIGTERM in between."""
    chance = random.Random(lane)
    config = CONFIG.format(provider=provider, model=MODELS[lane], limit=LIMITS_USD[lane], price=PRICE_USD)
    (folder / "sora.yml").write_text(config, encoding="utf-8")
    ends = [signal.SIGKILL] * KILLS_PER_LANE + [signal.SIGTERM] * TERMS_PER_LANE
    chance.shuffle(ends)
    for end in ends:
        process = start(provider, folder)
        time.sleep(START_SECONDS + chance.random() * (LONGEST_LIFE_SECONDS - START_SECONDS))
        process.send_signal(end)
        # Before its handlers stand, SIGTERM ends a process as it ends any.
        expected = {-signal.SIGKILL} if end is signal.SIGKILL else {0, -signal.SIGTERM}
        assert process.wait(timeout=20) in expected, (folder / "log").read_text("utf-8")


@pytest.mark.programs
def test_a_hundred_kills_cost_no_more_than_the_limit_and_leave_no_job(tmp_path: Path) -> None:
    """Whenever SIGKILL or SIGTERM comes, no lane's orders pass its day's limit, and the next start deletes all jobs."""
    folders = [tmp_path / f"lane-{lane}" for lane in range(LANES)]
    for folder in folders:
        folder.mkdir()
    with simulator("operational") as provider:
        httpx2.post(f"{provider}/control/timing", json={"render_seconds": 0.2}).raise_for_status()
        with ThreadPoolExecutor(LANES) as pool:
            list(pool.map(lambda lane: torment(provider, folders[lane], lane), range(LANES)))
        survivors = [start(provider, folder) for folder in folders]
        try:
            # Long enough to have begun: nothing left at the first look may only mean that nobody looked yet.
            began = time.monotonic()
            while time.monotonic() < began + SETTLED_SECONDS or (
                control(provider, "jobs") and time.monotonic() < began + CLEAN_SECONDS
            ):
                time.sleep(0.2)
            left = control(provider, "jobs") if time.monotonic() >= began + CLEAN_SECONDS else []
        finally:
            for process in survivors:
                process.terminate()
            assert [process.wait(timeout=20) for process in survivors] == [0] * LANES
        orders = [entry for entry in control(provider, "journal") if entry["cost_usd"]]
    bills = [sum(PRICE_USD for order in orders if order["model"] == model) for model in MODELS]
    assert left == []
    assert LIMITS_USD[0] / 2 < bills[0] <= LIMITS_USD[0] + 1e-9 < bills[1] <= LIMITS_USD[1], bills
