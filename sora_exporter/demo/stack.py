"""The whole stack on one machine: simulator, exporter and, if installed, Prometheus, Alertmanager and Grafana."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from sora_exporter.demo import DemoError
from sora_exporter.demo.article import ARTICLE
from sora_exporter.demo.bundle import (
    CERTIFICATE,
    alertmanager_config,
    bundle_folder,
    exporter_config,
    grafana_provisioning,
    prometheus_config,
)
from sora_exporter.demo.certificate import write_certificate
from sora_exporter.demo.children import Children, fetch, free_port, wait_until
from sora_exporter.demo.notices import notices
from sora_exporter.demo.past import write_past
from sora_exporter.demo.screen import Screen
from sora_exporter.demo.surroundings import BUDGET_USD
from sora_exporter.demo.tsdb import find_promtool

SCENARIO: Final = "january-2026"
BREAK_BEHAVIOUR: Final = "unavailable"
FIRST_PAGE_SECONDS: Final = 120.0

PROGRAMS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "prometheus": (("prometheus",), "Debian: apt-get install prometheus; others: https://prometheus.io/download"),
    "alertmanager": (
        ("alertmanager", "prometheus-alertmanager"),
        "Debian: apt-get install prometheus-alertmanager; others: https://prometheus.io/download",
    ),
    "grafana": (("grafana-server", "grafana"), "https://grafana.com/grafana/download; put its bin/ on the PATH"),
}
"""Programs of others: their names, and the way to get them."""

PORTS: Final = {
    "exporter": 10198, "simulator": 10199, "prometheus": 9090, "alertmanager": 9093, "grafana": 3000,
    "simulator-tls": 10200, "second-exporter": 10201,
}  # fmt: skip
EXPORTERS: Final = ("exporter", "second-exporter")
"""The exporters of the two places; only the first one pays for videos."""
FREE_CHOICE: Final[Mapping[str, int]] = {}
"""Usual ports, or others where these are taken."""
SHOWN: Final = {
    "grafana": "dashboards",
    "exporter": "status page; /metrics",
    "second-exporter": "the same services, seen from another place",
    "simulator": "the provider: make services fail at /control",
    "prometheus": "rules, alerts and the history",
    "alertmanager": "notifications",
}


@dataclass
class Stack:
    """The demo under way: its programs, where they are, and since when (monotonic)."""

    children: Children
    screen: Screen
    began: float = field(default_factory=time.monotonic)
    ports: Mapping[str, int] = field(default_factory=dict)
    """The ports that the user names."""
    hosts: dict[str, str] = field(default_factory=dict)
    """host:port of every program that runs."""

    def place(self, name: str) -> tuple[str, str]:
        """Find a place for a program; returns host:port and its URL. Raises DemoError if the user's port is taken."""
        wished = self.ports.get(name)
        port = free_port(wished or PORTS[name])
        if wished is not None and port != wished:
            raise DemoError(f"port {wished} of {name} is taken: choose another with --port {name}=PORT")
        host = self.hosts[name] = f"127.0.0.1:{port}"
        return host, f"http://{host}/"

    @property
    def exporters(self) -> list[str]:
        """host:port of the exporter of each place."""
        return [self.hosts[name] for name in EXPORTERS]

    @property
    def seconds(self) -> float:
        """How long the demo has run."""
        return time.monotonic() - self.began


def run_demo(
    screen: Screen, break_service: str | None = None, days: int = 30, ports: Mapping[str, int] = FREE_CHOICE
) -> None:
    """Run everything until SIGINT, SIGTERM or SIGHUP; leave no process and no file behind. Raises DemoError.

    ``ports`` are the ports that a program must have, by its name in ``PORTS``.
    """
    models = {story.id: story.model for story in ARTICLE}
    if break_service is not None and break_service not in models:
        raise DemoError(f"unknown service {break_service}: use one of {', '.join(models)}")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    with notices() as (webhook, arrived):
        try:
            with Children() as children:
                stack = Stack(children, screen, ports=ports)
                _start(stack, webhook, days)
                _show_urls(stack)
                if break_service is not None:
                    _break(stack, break_service, models[break_service])
                _watch(stack, arrived)
        except KeyboardInterrupt:
            screen.update("")
            screen.show("stopped, nothing is left behind")


def _start(stack: Stack, webhook: str, days: int) -> None:
    found = {name: next(filter(None, map(shutil.which, names)), None) for name, (names, _) in PROGRAMS.items()}
    for name, (_, how) in PROGRAMS.items():
        if found[name] is None:
            stack.screen.show(f"{name} is not installed; the rest runs without it. To get it: {how}")
    if found["prometheus"]:
        find_promtool()
    _start_simulator(stack)
    for name in EXPORTERS:
        stack.place(name)
    if found["prometheus"]:
        stack.place("prometheus")
    folder, end = stack.children.folder, int(time.time())
    data = folder / "prometheus"
    load = [sys.executable, "-m", "sora_exporter.demo.load", f"{data}", f"{end}", f"{days}", *stack.exporters]
    if program := found["prometheus"]:
        wait_for_history = stack.children.begin("history", load, stack.screen.update)
        write_past([folder / name for name in EXPORTERS], end, days)
    first, second = EXPORTERS
    _start_exporter(stack, first, BUDGET_USD)
    _wait_for_a_full_page(stack)
    _start_exporter(stack, second, budget_usd=0)
    if program:
        if alertmanager := found["alertmanager"]:
            _start_alertmanager(stack, alertmanager, webhook)
        wait_for_history()
        stack.screen.update("")
        stack.screen.show(f"{days} days of history loaded after {stack.seconds:.1f} s")
        _start_prometheus(stack, program, data)
        if grafana := found["grafana"]:
            _start_grafana(stack, grafana)


def _start_simulator(stack: Stack) -> None:
    host, url = stack.place("simulator")
    tls, _ = stack.place("simulator-tls")
    certificate = write_certificate(stack.children.folder / CERTIFICATE, time.time())
    command = [
        sys.executable, "-m", "sora_exporter", "simulate", "--scenario", SCENARIO,
        "--port", host.rpartition(":")[2], "--tls-port", tls.rpartition(":")[2], "--tls-file", str(certificate),
    ]  # fmt: skip
    stack.children.start("simulator", command, f"{url}control")


def _start_exporter(stack: Stack, name: str, budget_usd: float) -> None:
    folder, host, pages = stack.children.folder, stack.hosts[name], f"http://{stack.hosts['simulator']}/status"
    command = [
        sys.executable, "-m", "sora_exporter", "serve",
        f"--config.file={exporter_config(folder / f'{name}.yml', time.time(), budget_usd)}",
        f"--web.listen-address={host}", f"--storage.path={folder / name}",
        *(f"--prometheus.url=http://{prometheus}" for name, prometheus in stack.hosts.items() if name == "prometheus"),
    ]  # fmt: skip
    stack.children.start(
        name, command, f"http://{host}/-/ready",
        OPENAI_BASE_URL=f"https://{stack.hosts['simulator-tls']}/v1", OPENAI_API_KEY="sk-simulated",
        SORA_OPENAI_STATUS_URL=f"{pages}/openai", SORA_GOOGLE_STATUS_URL=f"{pages}/google",
    )  # fmt: skip


def _wait_for_a_full_page(stack: Stack) -> None:
    url = f"http://{stack.exporters[0]}/"
    if not wait_until(lambda: _is_full(url), FIRST_PAGE_SECONDS):
        raise DemoError(f"the exporter does not know every service after {FIRST_PAGE_SECONDS:.0f} s: see {url}")
    stack.screen.show(f"first full page after {stack.seconds:.1f} s: {url}")


def _is_full(exporter_url: str) -> bool:
    try:
        services = json.loads(fetch(f"{exporter_url}api/v1/status"))["services"]
    except DemoError:
        return False
    return all(service["status"] != "unknown" for service in services)


def _start_alertmanager(stack: Stack, program: str, webhook: str) -> None:
    host, url = stack.place("alertmanager")
    folder = stack.children.folder
    command = [
        program, f"--config.file={alertmanager_config(folder, webhook)}", f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address={host}", "--cluster.listen-address=",
    ]  # fmt: skip
    stack.children.start("alertmanager", command, f"{url}-/ready")


def _start_prometheus(stack: Stack, program: str, data: Path) -> None:
    host = stack.hosts["prometheus"]
    config = prometheus_config(stack.children.folder, stack.exporters, stack.hosts.get("alertmanager"))
    command = [
        program, f"--config.file={config}", f"--storage.tsdb.path={data}", "--storage.tsdb.retention.time=100d",
        f"--web.listen-address={host}",
    ]  # fmt: skip
    stack.children.start("prometheus", command, f"http://{host}/-/ready")


def _start_grafana(stack: Stack, program: str) -> None:
    host, url = stack.place("grafana")
    folder = stack.children.folder
    command = [program] if program.endswith("-server") else [program, "server"]
    homes = (Path(program).resolve().parent.parent, Path("/usr/share/grafana"))
    command += [f"--homepath={home}" for home in homes if (home / "conf" / "defaults.ini").is_file()][:1]
    stack.children.start(
        "grafana", command, f"{url}api/health",
        GF_SERVER_HTTP_ADDR=host.partition(":")[0], GF_SERVER_HTTP_PORT=host.partition(":")[2],
        GF_PATHS_DATA=str(folder / "grafana"), GF_PATHS_LOGS=str(folder / "grafana"),
        GF_PATHS_PLUGINS=str(folder / "grafana" / "plugins"),
        GF_PATHS_PROVISIONING=str(grafana_provisioning(folder, stack.hosts["prometheus"])),
        GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH=str(bundle_folder("grafana") / "dashboards" / "sora-overview.json"),
        GF_AUTH_ANONYMOUS_ENABLED="true", GF_LOG_MODE="console", GF_PLUGINS_PREINSTALL_DISABLED="true",
        GF_ANALYTICS_REPORTING_ENABLED="false", GF_ANALYTICS_CHECK_FOR_UPDATES="false",
        GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES="false", GF_NEWS_NEWS_FEED_ENABLED="false",
    )  # fmt: skip


def _show_urls(stack: Stack) -> None:
    stack.screen.show(f"everything runs after {stack.seconds:.1f} s")
    for name, what in SHOWN.items():
        if name in stack.hosts:
            stack.screen.show(f"  {name:15} http://{stack.hosts[name]}/   {what}")
    hint = "notifications appear here as they arrive; " if "alertmanager" in stack.hosts else ""
    stack.screen.show(f"{hint}Ctrl-C stops everything")


def _break(stack: Stack, service_id: str, model: str) -> None:
    url = f"http://{stack.hosts['simulator']}/control/models/{model}"
    fetch(url, json.dumps({"behaviour": BREAK_BEHAVIOUR}).encode())
    stack.screen.show(f"{service_id} has no channel from now on: see the alert arrive in about a minute")
    stack.screen.show("  (SoraProductUnavailable, if that was the last route to its product)")


def _watch(stack: Stack, arrived: SimpleQueue[str]) -> None:
    """Show notifications until a signal ends it. Raises DemoError when a program ends by itself."""
    while True:
        stack.children.check()
        try:
            stack.screen.show(f"{time.strftime('%H:%M:%S')} {arrived.get(timeout=1.0)}")
        except Empty:
            continue
