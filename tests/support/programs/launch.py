"""Start a real program on a free port, wait until it answers, stop it at the end; its output goes into a log file."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[3]
RULES = ROOT / "alerting-rules"
START_SECONDS = 120.0
"""The limit for a hang, not an expectation: the whole passes on a busy machine too."""


def program(*names: str) -> str:
    """Return the path of the first of these programs that is installed; fails with what to do when none is."""
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, f"{names[0]} is not installed: run scripts/install-test-programs"
    return found


def free_port() -> int:
    """Return a free TCP port of 127.0.0.1."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def eventually(claim: Callable[[], Any], seconds: float = START_SECONDS, every: float = 0.1) -> Any:
    """Call ``claim`` until its answer is truthy, and return that answer; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (answer := claim()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {claim}"
        time.sleep(every)
    return answer


def fetch(url: str, data: object = None) -> str:
    """Return the body of an answer to GET, or to POST of JSON when there is data; fails unless it is a success."""
    body = None if data is None else json.dumps(data).encode()
    with urlopen(Request(url, data=body, headers={"Content-Type": "application/json"}), timeout=60) as answer:
        return str(answer.read().decode())


def answers(url: str) -> bool:
    """Return whether the address answers with a success now."""
    try:
        fetch(url)
    except (HTTPError, URLError, ConnectionError, TimeoutError):
        return False
    return True


@contextmanager
def running(command: Sequence[str], ready_url: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program while the block lasts, from the moment its ``ready_url`` answers; ``log`` holds its output."""
    with log.open("ab") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            eventually(lambda: process.poll() is not None or answers(ready_url))
            assert process.poll() is None, f"{command[0]} ended at once: {log.read_text()[-2000:]}"
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()


@dataclass(frozen=True)
class Sample:
    """One element of an instant query: labels, and the value as a number."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    url: str
    process: subprocess.Popen[bytes]

    def api(self, path: str, **parameters: object) -> Any:
        """Return the ``data`` of an answer of its HTTP API, without /api/v1."""
        return json.loads(fetch(f"{self.url}/api/v1/{path}?{urlencode(parameters)}"))["data"]

    def query(self, expression: str, at: float | None = None) -> list[Sample]:
        """Return what an instant query finds, now or at a moment in Unix seconds."""
        moment = {} if at is None else {"time": at}
        found = self.api("query", query=expression, **moment)["result"]
        return [Sample(one["metric"], float(one["value"][1])) for one in found]

    def samples(self, expression: str, start: float, end: float, step: float = 60) -> dict[str, dict[int, float]]:
        """Return the stored or computed samples of a range query by service_id and Unix seconds."""
        found = self.api("query_range", query=expression, start=start, end=end, step=step)["result"]
        return {
            one["metric"].get("service_id", ""): {int(time): float(value) for time, value in one["values"]}
            for one in found
        }


@contextmanager
def prometheus(config: Path, data: Path, *flags: str, port: int | None = None) -> Iterator[Prometheus]:
    """Run Prometheus with a configuration file over a data directory."""
    address = f"127.0.0.1:{port or free_port()}"
    command = [
        program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={data}",
        f"--web.listen-address={address}", "--web.enable-lifecycle", "--storage.tsdb.retention.time=1y",
        "--log.level=warn", *flags,
    ]  # fmt: skip
    with running(command, f"http://{address}/-/ready", data.parent / "prometheus.log") as process:
        yield Prometheus(f"http://{address}", process)


@contextmanager
def alertmanager(config: Path, data: Path, port: int | None = None) -> Iterator[str]:
    """Run Alertmanager alone (no cluster) with a configuration file; yields its URL."""
    address = f"127.0.0.1:{port or free_port()}"
    command = [
        program("prometheus-alertmanager", "alertmanager"), f"--config.file={config}", f"--storage.path={data}",
        f"--web.listen-address={address}", "--cluster.listen-address=", "--log.level=warn",
    ]  # fmt: skip
    with running(command, f"http://{address}/-/ready", data.parent / "alertmanager.log"):
        yield f"http://{address}"
