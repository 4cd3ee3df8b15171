"""LiteLLM's real proxy on a loopback port, in front of the simulated maker. ``scripts/install-peers`` installs it."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from support import plain_http

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / ".venv/peers/litellm/bin/litellm"
START_SECONDS = 300
"""A limit against a proxy that never starts; an idle machine needs a tenth of it."""

KEY = f"sk-{secrets.token_hex(32)}"
"""The proxy's one key; it does not start with a weak one. Keys with a budget or with models need its database."""

DEAD_MODEL = "dead"
"""A model whose upstream is a port where nothing listens."""


@dataclass(frozen=True, slots=True)
class LiteLLM:
    """A running proxy; ``base_url`` ends in /v1."""

    base_url: str
    upstream_key: str


def _config(upstream: str, upstream_key: str, models: Sequence[str], dead: str) -> str:
    """Return the proxy's configuration; JSON is YAML."""
    deployments = [(model, f"openai/{model}", f"{upstream}/v1") for model in models]
    deployments.append((DEAD_MODEL, "openai/sora-2", dead))
    return json.dumps(
        {
            "model_list": [
                {"model_name": name, "litellm_params": {"model": model, "api_base": base, "api_key": upstream_key}}
                for name, model, base in deployments
            ],
            "litellm_settings": {"num_retries": 0, "telemetry": False},
            # A deployment that failed once would otherwise be left out by the next test.
            "router_settings": {"num_retries": 0, "disable_cooldowns": True},
            "general_settings": {"master_key": KEY},
        }
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if plain_http.get(url, timeout=5).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"LiteLLM does not start: {log.read_text()[-2000:]}")


@contextmanager
def litellm_proxy(
    directory: Path, upstream: str, upstream_key: str = "sk-upstream", models: Sequence[str] = ("sora-2", "sora_video2")
) -> Iterator[LiteLLM]:
    """Run the proxy in front of ``upstream`` (an origin without /v1) until the block ends.

    ``directory`` takes its configuration and log. The proxy sends ``upstream_key``; whether that one is right, and
    whether it has money, is the simulated maker's condition, so one proxy serves every condition but a dead maker,
    which is the model ``dead``. The proxy takes KEY and refuses any other.
    """
    assert PROGRAM.exists(), "LiteLLM is not installed; run scripts/install-peers"
    (directory / "config.yaml").write_text(
        _config(upstream, upstream_key, models, f"http://127.0.0.1:{_free_port()}/v1")
    )
    port, log = _free_port(), directory / "litellm.log"
    # The price list comes with the package, and nothing is reported home.
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    command = [PROGRAM, "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=directory, env=environment, stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        try:
            _wait_until_it_answers(process, f"http://127.0.0.1:{port}/health/liveliness", log)
            yield LiteLLM(f"http://127.0.0.1:{port}/v1", upstream_key)
        finally:
            process.kill()
