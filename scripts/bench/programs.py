"""The programs that are measured, each in a process of its own: the upstream, the exporter and blackbox_exporter."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.faults.certificates import Authority
from support.programs.launch import free_port, program
from support.programs.launch import running as program_running
from support.running import PROGRAM, Running
from support.running import exporter as exporter_running

KEY = "sk-0123456789abcdefghijklmnop"
DELAY_SECONDS = 0.05
PROVIDERS = 10
"""Over so many base URLs the services are spread; each has connections of its own."""

MODULE = {
    "prober": "http",
    "timeout": "10s",
    "http": {
        "headers": {"Authorization": f"Bearer {KEY}"},
        "preferred_ip_protocol": "ip4",
        "fail_if_not_ssl": True,
        "fail_if_body_not_matches_regexp": ['"id"'],
    },
}
"""blackbox_exporter's closest equivalent of our catalog probe: a GET with a key, and a pattern on the body."""


@dataclass(frozen=True)
class Upstream:
    """The upstream's address, and the variables that make a program trust it beside the system's authorities."""

    url: str
    variables: Mapping[str, str]


@contextmanager
def upstream(directory: Path) -> Iterator[Upstream]:
    """Run the upstream; yields its address."""
    authority = Authority.create(directory)
    authority.server_context("upstream")
    trusted = directory / "trusted.pem"
    system = ssl.get_default_verify_paths().cafile
    trusted.write_bytes(authority.path.read_bytes() + (Path(system).read_bytes() if system else b""))
    command = [sys.executable, "-m", "bench.upstream", str(directory / "upstream.pem"), str(DELAY_SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = f"https://127.0.0.1:{int(process.stdout.readline())}"
            yield Upstream(url, {**os.environ, "SSL_CERT_FILE": str(trusted), "BENCH_API_KEY": KEY})
        finally:
            process.kill()


def configuration(upstream: Upstream, services: int, probes: Mapping[str, str]) -> str:
    """Return a configuration of so many services whose ``probes`` run at these intervals; JSON is YAML, too."""
    base_url = f"{upstream.url}/v1"
    provider = {"base_url": base_url, "api_key_env": "BENCH_API_KEY"}
    return json.dumps(
        {
            "providers": {f"provider-{number}": provider for number in range(PROVIDERS)},
            "services": [
                {
                    "id": f"service-{number}",
                    "product": f"product-{number // 4}",
                    "access": "reverse" if number % 2 else "official",
                    "provider": f"provider-{number % PROVIDERS}",
                    "model": "sora-2",
                    "api": "videos",
                    "probes": {probe: {"interval": interval} for probe, interval in probes.items()},
                }
                for number in range(services)
            ],
        }
    )


@contextmanager
def exporter(directory: Path, upstream: Upstream, services: int, probes: Mapping[str, str]) -> Iterator[Running]:
    """Run the exporter over a configuration, started as users do: a fork would hold the pages of more imports."""
    config = directory / "sora.yml"
    config.write_text(configuration(upstream, services, probes))
    arguments = ("--config.file", str(config))
    with exporter_running(directory / "storage", *arguments, env=upstream.variables, command=PROGRAM) as running:
        yield running


@contextmanager
def blackbox(directory: Path, upstream: Upstream) -> Iterator[tuple[str, int]]:
    """Run blackbox_exporter; yields its address and its process id."""
    config = directory / "blackbox.yml"
    config.write_text(json.dumps({"modules": {"catalog": MODULE}}))
    address = f"127.0.0.1:{free_port()}"
    command = [
        program("prometheus-blackbox-exporter", "blackbox_exporter"), f"--config.file={config}",
        f"--web.listen-address={address}", "--log.level=error",
    ]  # fmt: skip
    inherited, log = dict(os.environ), directory / "blackbox.log"
    os.environ.update(upstream.variables)
    try:
        with program_running(command, f"http://{address}/-/healthy", log) as process:
            yield address, process.pid
    finally:
        os.environ.clear()
        os.environ.update(inherited)
