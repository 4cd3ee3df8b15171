"""Ending the real exporter at random moments of its paid probes: the limit holds and no job is left behind."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support import forking, plain_http
from support.choice import Choice
from support.programs.launch import eventually
from support.quick_api import quick_api
from support.running import ADDRESS, environment, simulator

LANES = 2
LIMITS_USD = (0.40, 50.00)
"""One lane soon reaches its limit. The other is still killed in the middle of paid probes at the end."""
ENOUGH_USD = (0.24, 0.48)
"""A lane goes on until it has spent this much, so that it proves something on a slow machine too."""
PRICE_USD = 0.04
LONGEST_LIFE_SECONDS = 1.5
PAID = {"submit": {"interval": "1m", "timeout": "190ms"}, "generate": {"interval": "1m", "timeout": "650ms"}}
FREE = {"catalog": {"interval": "1h"}}
MODELS = ("sora-2", "sora-2-pro")
SERVICES_OF_A_LIFE = 20
"""Each life has services of its own, since a paid probe keeps its interval of a minute across restarts."""
APIS = {"quick": quick_api(0.05)}
CONFIG = """
budget_usd_per_day: {limit}
providers:
  relay: {{base_url: "{provider}/v1", api_key_env: OPENAI_API_KEY}}
services: {services}
apis: {apis}
"""


def written(provider: str, lane: int, lives: Iterable[int], probes: Mapping[str, Any]) -> str:
    """Return a lane's configuration with the services of these lives, each with these probes."""
    services = [
        {
            "id": f"paid-{life}-{number}", "product": "paid", "access": "official", "provider": "relay",
            "model": MODELS[lane], "api": "quick", "price_usd": {"per_request": PRICE_USD}, "probes": probes,
        }
        for life in lives
        for number in range(SERVICES_OF_A_LIFE)
    ]  # fmt: skip
    sections = {"services": json.dumps(services), "apis": json.dumps(APIS)}
    return CONFIG.format(provider=provider, limit=LIMITS_USD[lane], **sections)


def control(provider: str, path: str) -> Any:
    """Return a document of the simulated provider's control."""
    return plain_http.get(f"{provider}/control/{path}", timeout=20).json()


def start(provider: str, folder: Path) -> forking.Forked:
    """Start the exporter on a free port with the lane's configuration and ledger."""
    arguments = [
        "serve", f"--config.file={folder / 'sora.yml'}", f"--storage.path={folder / 'ledger'}",
        "--web.listen-address=127.0.0.1:0",
    ]  # fmt: skip
    with (folder / "log").open("a") as log:
        return forking.start(arguments, environment(provider), stdout=log, stderr=log)


def spent_usd(provider: str, lane: int) -> float:
    """Return the provider's bill for a lane."""
    orders = [entry for entry in control(provider, "journal") if entry["cost_usd"]]
    return sum(PRICE_USD for order in orders if order["model"] == MODELS[lane])


def torment(provider: str, folder: Path, lane: int, kills: int, terms: int) -> int:
    """Start the exporter and end it after a random life, many times: mostly by SIGKILL, by SIGTERM in between.

    One life in five ends before the exporter serves. Returns the number of lives.
    """
    chance = random.Random(lane)
    lives = 0
    ends = [signal.SIGKILL] * kills + [signal.SIGTERM] * terms
    chance.shuffle(ends)
    while ends or spent_usd(provider, lane) < ENOUGH_USD[lane]:
        end, known = ends.pop() if ends else signal.SIGKILL, len(log_of(folder))
        (folder / "sora.yml").write_text(written(provider, lane, [lives], PAID), encoding="utf-8")
        lives += 1
        process = start(provider, folder)
        if chance.random() > 0.2:
            eventually(partial(is_begun, process, folder, known), every=0.02)
        time.sleep(chance.random() * LONGEST_LIFE_SECONDS)
        process.send_signal(end)
        # Before its handlers stand, SIGTERM ends a process as it ends any.
        expected = {-signal.SIGKILL} if end is signal.SIGKILL else {0, -signal.SIGTERM}
        assert process.wait(timeout=60) in expected, log_of(folder)
    return lives


def is_begun(process: forking.Forked, folder: Path, known: int) -> bool:
    """Return whether the lane's exporter serves, by its log after so many known characters, or has ended."""
    return ADDRESS.search(log_of(folder)[known:]) is not None or process.poll() is not None


def log_of(folder: Path) -> str:
    """Return everything that a lane's exporters have logged."""
    file = folder / "log"
    return file.read_text("utf-8") if file.exists() else ""


@pytest.mark.programs
def test_a_hundred_kills_cost_no_more_than_the_limit_and_leave_no_job(tmp_path: Path, short_or_long: Choice) -> None:
    """After SIGKILL or SIGTERM at any moment, a lane stays within its limit, and the next start deletes all jobs.

    The full form makes a hundred kills, the short one six.
    """
    kills, terms = short_or_long(3, 50), short_or_long(1, 15)
    folders = [tmp_path / f"lane-{lane}" for lane in range(LANES)]
    for folder in folders:
        folder.mkdir()
    with simulator("operational") as provider:
        plain_http.post(f"{provider}/control/timing", json={"render_seconds": 0.2}).raise_for_status()
        with ThreadPoolExecutor(LANES) as pool:
            lives = list(pool.map(lambda lane: torment(provider, folders[lane], lane, kills, terms), range(LANES)))
        left = {job["id"] for job in control(provider, "jobs")}
        for lane, folder in enumerate(folders):
            (folder / "sora.yml").write_text(written(provider, lane, range(lives[lane]), FREE), encoding="utf-8")
        survivors = [start(provider, folder) for folder in folders]
        try:
            eventually(lambda: left.isdisjoint(job["id"] for job in control(provider, "jobs")), 120)
        finally:
            for process in survivors:
                process.send_signal(signal.SIGTERM)
            ends = {process.wait(timeout=60) for process in survivors}
        bills = [spent_usd(provider, lane) for lane in range(LANES)]
    assert ends <= {0, -signal.SIGTERM}
    assert ENOUGH_USD[0] - 1e-9 <= bills[0] <= LIMITS_USD[0] + 1e-9 < bills[1] <= LIMITS_USD[1], bills
