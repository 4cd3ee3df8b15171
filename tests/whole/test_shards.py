"""Five real exporters with one configuration: every service exactly once, also while one of them restarts."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
import yaml
from support import plain_http
from support.choice import Choice
from support.programs.launch import eventually, free_port, program
from support.programs.launch import running as program_running
from support.running import Running, environment, exporter

SHARDS, PROVIDERS = 5, 25
INFO = re.compile(r'^sora_service_info\{[^}]*service_id="([^"]+)"', re.MULTILINE)


def written() -> str:
    """Return the configuration of all shards: two services at each provider, none of which answers."""
    providers = {
        f"relay-{number}": {"base_url": "http://127.0.0.1:9/v1", "api_key_env": "OPENAI_API_KEY"}
        for number in range(PROVIDERS)
    }
    services = [
        {"id": f"{name}-{letter}", "product": "sora-2", "access": "official", "provider": name, "model": "sora-2"}
        for name in providers
        for letter in "ab"
    ]
    return json.dumps({"providers": providers, "services": services})


class Shards:
    """The exporters, each with its own folder and port."""

    def __init__(self, folder: Path, opened: ExitStack) -> None:
        self._folder, self._opened = folder, opened
        (folder / "sora.yml").write_text(written(), encoding="utf-8")
        self.ports = [free_port() for _ in range(SHARDS)]
        self.running = [self.start(number) for number in range(1, SHARDS + 1)]

    def start(self, number: int) -> Running:
        """Start a shard; the first by the option, the others by the variable."""
        flags = [
            f"--config.file={self._folder / 'sora.yml'}",
            f"--web.listen-address=127.0.0.1:{self.ports[number - 1]}",
        ]
        name = f"{number}/{SHARDS}"
        option, variable = ([f"--shard={name}"], {}) if number == 1 else ([], {"SORA_SHARD": name})
        env = environment("http://127.0.0.1:9", **variable)
        return self._opened.enter_context(exporter(self._folder / f"storage-{number}", *flags, *option, env=env))

    def documents(self) -> list[str]:
        """Return the metrics of the shards that run."""
        return [shard.get("/metrics").text for shard in self.running if shard.process.poll() is None]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shards]:
    """Five running shards."""
    with ExitStack() as opened:
        yield Shards(tmp_path_factory.mktemp("shards"), opened)


def services_of(documents: list[str]) -> Counter[str]:
    """Return how many of the documents have each service."""
    return Counter(service_id for document in documents for service_id in INFO.findall(document))


@pytest.mark.programs
def test_every_service_is_in_one_of_five_shards(shards: Shards) -> None:
    """Together they have each service once; while one restarts its services are missing and no other one is twice."""
    everything = {f"relay-{number}-{letter}" for number in range(PROVIDERS) for letter in "ab"}
    before = [set(services_of([document])) for document in shards.documents()]
    assert services_of(shards.documents()) == dict.fromkeys(everything, 1)
    assert all(before)
    shards.running[1].end()
    assert services_of(shards.documents()) == dict.fromkeys(everything - before[1], 1)
    shards.running[1] = shards.start(2)
    assert [set(services_of([document])) for document in shards.documents()] == before
    hashes = {
        re.findall(r'sora_exporter_shard_info\{config_hash="(\w+)"', document)[0] for document in shards.documents()
    }
    assert len(hashes) == 1
    (elsewhere, *_) = sorted(before[0])
    refused = shards.running[2].get("/probe", params={"service_id": elsewhere})
    assert (refused.status_code, refused.text) == (400, f"{elsewhere} belongs to shard 1/5: this is 3/5\n")


def queried(prometheus: str, expression: str) -> dict[str, float]:
    """Return the values of a query by service."""
    answer = plain_http.get(f"{prometheus}/api/v1/query", params={"query": expression}, timeout=20).json()
    return {one["metric"].get("service_id", ""): float(one["value"][1]) for one in answer["data"]["result"]}


@pytest.mark.programs
def test_one_prometheus_sees_every_service_once(shards: Shards, tmp_path: Path, short_or_long: Choice) -> None:
    """A Prometheus that scrapes all five has each service once, before, during and after restarts of every shard.

    The short form restarts one shard.
    """
    targets = [f"127.0.0.1:{port}" for port in shards.ports]
    jobs = [{"job_name": "sora_exporter", "static_configs": [{"targets": targets}]}]
    settings = {"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    port, count = free_port(), PROVIDERS * 2
    url = f"http://127.0.0.1:{port}"
    command = [
        program("prometheus"), f"--config.file={tmp_path / 'prometheus.yml'}", "--log.level=error",
        f"--web.listen-address=127.0.0.1:{port}", f"--storage.tsdb.path={tmp_path / 'tsdb'}",
    ]  # fmt: skip

    with program_running(command, f"{url}/-/ready", tmp_path / "prometheus.log"):
        eventually(partial(_has, url, count), every=0.3)
        for number in range(2, short_or_long(3, SHARDS + 1)):
            lost = len(services_of([shards.running[number - 1].get("/metrics").text]))
            shards.running[number - 1].end()
            eventually(partial(_has, url, count - lost), every=0.3)
            shards.running[number - 1] = shards.start(number)
            eventually(partial(_has, url, count), every=0.3)
        twice = queried(url, "max_over_time(count by (service_id) (sora_service_info)[10m:1s]) > 1")
    assert twice == {}


def _has(prometheus: str, count: int) -> bool:
    """Whether Prometheus has so many services now; none of them is there twice."""
    found = queried(prometheus, "count by (service_id) (sora_service_info)")
    assert set(found.values()) <= {1.0}
    return len(found) == count
