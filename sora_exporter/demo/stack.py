"""The whole stack on one machine: simulator, exporter, and of Prometheus, Alertmanager, Grafana what is installed."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from sora_exporter.demo.article import ARTICLE
from sora_exporter.demo.bundle import (
    BundleError,
    alertmanager_config,
    exporter_config,
    grafana_provisioning,
    prometheus_config,
)
from sora_exporter.demo.children import ChildError, Children, free_port, wait_until
from sora_exporter.demo.history import invent_history
from sora_exporter.demo.notices import Notices
from sora_exporter.demo.tsdb import LoadError, all_series, load_history

SCENARIO = "january-2026"
HISTORY_DAYS = 30
FIRST_PAGE_SECONDS = 60.0
BREAK_BEHAVIOUR = "unavailable"
HOW_TO_GET = {
    "prometheus": "Debian: apt-get install prometheus; others: prometheus.io/download",
    "alertmanager": "Debian: apt-get install prometheus-alertmanager; others: prometheus.io/download",
    "grafana": "grafana.com/grafana/download, then grafana-server must be on the PATH",
}
PROGRAMS = {
    "prometheus": ("prometheus",),
    "alertmanager": ("alertmanager", "prometheus-alertmanager"),
    "grafana": ("grafana-server", "grafana"),
}


class DemoError(Exception):
    """Why the demo cannot run; one line for a person."""


@dataclass
class Stack:
    """The demo under way: where things are and what was told."""

    folder: Path
    children: Children
    tell: Callable[[str], None]
    began: float = field(default_factory=time.monotonic)
    urls: dict[str, str] = field(default_factory=dict)

    def host(self, name: str) -> str:
        """Return ``host:port`` of a program that runs."""
        return self.urls[name].split("//")[1].rstrip("/")


def find(name: str) -> str | None:
    """Return the path of an installed program, or None."""
    return next((path for candidate in PROGRAMS[name] if (path := shutil.which(candidate))), None)


def run_demo(break_service: str | None, tell: Callable[[str], None]) -> None:
    """Run everything until Ctrl-C or SIGTERM; leave no process and no file behind. Raises DemoError."""
    models = {story.id: story.model for story in ARTICLE}
    if break_service is not None and break_service not in models:
        raise DemoError(f"unknown service {break_service}: use one of {', '.join(models)}")
    stopped = threading.Event()
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    notices = Notices(lambda line: tell(f"alert: {line}"))
    with TemporaryDirectory(prefix="sora-demo-") as name:
        stack = Stack(Path(name), Children(Path(name)), tell)
        try:
            _start(stack, notices)
            notices.start()
            _tell_urls(stack)
            if break_service is not None:
                _break(stack, break_service, models[break_service])
            tell("Ctrl-C stops everything")
            while not stopped.wait(1.0):
                for dead in stack.children.dead():
                    raise DemoError(f"{dead} ended by itself: {_last_words(stack.folder / f'{dead}.log')}")
        except (ChildError, LoadError, BundleError) as error:
            raise DemoError(str(error)) from None
        finally:
            tell("stopping")
            stack.children.stop()
            notices.stop()
            for number, handler in before.items():
                signal.signal(number, handler)


def _start(stack: Stack, notices: Notices) -> None:
    _start_simulator(stack)
    _start_exporter(stack)
    missing = [name for name in PROGRAMS if find(name) is None]
    for name in missing:
        stack.tell(f"{name} is not installed ({HOW_TO_GET[name]}); the rest runs without it")
    if "prometheus" in missing:
        return
    if "alertmanager" not in missing:
        _start_alertmanager(stack, notices.url)
    _start_prometheus(stack)
    if "grafana" not in missing:
        _start_grafana(stack)


def _start_simulator(stack: Stack) -> None:
    url = stack.urls["simulator"] = f"http://127.0.0.1:{free_port(10199)}/"
    port = url.rstrip("/").rpartition(":")[2]
    command = [sys.executable, "-m", "sora_exporter", "simulate", "--port", port, "--scenario", SCENARIO]
    stack.children.start("simulator", command, f"{url}control", {})


def _start_exporter(stack: Stack) -> None:
    simulator = stack.urls["simulator"]
    url = stack.urls["exporter"] = f"http://127.0.0.1:{free_port(10198)}/"
    environment = {
        "OPENAI_BASE_URL": f"{simulator}v1",
        "OPENAI_API_KEY": "sk-simulated",
        "SORA_OPENAI_STATUS_URL": f"{simulator}status/openai",
        "SORA_GOOGLE_STATUS_URL": f"{simulator}status/google",
    }
    command = [
        sys.executable, "-m", "sora_exporter", "serve", f"--config.file={exporter_config(stack.folder)}",
        f"--web.listen-address={stack.host('exporter')}", f"--storage.path={stack.folder / 'ledger'}",
    ]  # fmt: skip
    stack.children.start("exporter", command, f"{url}-/ready", environment)
    if wait_until(lambda: _all_known(url), FIRST_PAGE_SECONDS):
        stack.tell(f"first full page after {time.monotonic() - stack.began:.1f} s: {url}")


def _all_known(url: str) -> bool:
    with urllib.request.urlopen(f"{url}api/v1/status", timeout=5) as answer:  # noqa: S310 - our own exporter
        return all(service["status"] != "unknown" for service in json.load(answer)["services"])


def _start_alertmanager(stack: Stack, webhook: str) -> None:
    url = stack.urls["alertmanager"] = f"http://127.0.0.1:{free_port(9093)}/"
    config = alertmanager_config(stack.folder, webhook)
    command = [
        find("alertmanager") or "", f"--config.file={config}", f"--storage.path={stack.folder / 'alertmanager'}",
        f"--web.listen-address={stack.host('alertmanager')}", "--cluster.listen-address=",
    ]  # fmt: skip
    stack.children.start("alertmanager", command, f"{url}-/ready", {})


def _start_prometheus(stack: Stack) -> None:
    data, began, end = stack.folder / "prometheus", time.monotonic(), int(time.time())
    histories = [invent_history(story, end, HISTORY_DAYS) for story in ARTICLE]
    load_history(data, all_series(histories), end - HISTORY_DAYS * 86400, end, progress=stack.tell)
    stack.tell(f"{HISTORY_DAYS} days of history loaded in {time.monotonic() - began:.1f} s")
    url = stack.urls["prometheus"] = f"http://127.0.0.1:{free_port(9090)}/"
    alertmanager = stack.host("alertmanager") if "alertmanager" in stack.urls else None
    config = prometheus_config(stack.folder, stack.host("exporter"), alertmanager)
    command = [
        find("prometheus") or "", f"--config.file={config}", f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=100d", f"--web.listen-address={stack.host('prometheus')}",
    ]  # fmt: skip
    stack.children.start("prometheus", command, f"{url}-/ready", {})


def _start_grafana(stack: Stack) -> None:
    url = stack.urls["grafana"] = f"http://127.0.0.1:{free_port(3000)}/"
    environment = {
        "GF_SERVER_HTTP_ADDR": "127.0.0.1",
        "GF_SERVER_HTTP_PORT": url.rstrip("/").rpartition(":")[2],
        "GF_PATHS_DATA": str(stack.folder / "grafana"),
        "GF_PATHS_LOGS": str(stack.folder / "grafana"),
        "GF_PATHS_PROVISIONING": str(grafana_provisioning(stack.folder, stack.host("prometheus"))),
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    }
    program = find("grafana") or ""
    command = [program] if program.endswith("-server") else [program, "server"]
    home = Path("/usr/share/grafana")
    command += [f"--homepath={home}"] if home.is_dir() else []
    stack.children.start("grafana", command, f"{url}api/health", environment)


def _tell_urls(stack: Stack) -> None:
    shown = {
        "exporter": "status page, /metrics",
        "simulator": "control page: make services fail",
        "prometheus": "rules and 30 days of history",
        "alertmanager": "alerts",
        "grafana": "dashboards",
    }
    for name, what in shown.items():
        if name in stack.urls:
            stack.tell(f"{name:13} {stack.urls[name]:28} {what}")
    if "alertmanager" in stack.urls:
        stack.tell("notifications appear here as they arrive")


def _break(stack: Stack, service_id: str, model: str) -> None:
    body = json.dumps({"behaviour": BREAK_BEHAVIOUR}).encode()
    request = urllib.request.Request(  # noqa: S310 - our own simulator
        f"{stack.urls['simulator']}control/models/{model}", body, {"content-type": "application/json"}, method="PUT"
    )
    with urllib.request.urlopen(request, timeout=5):  # noqa: S310
        stack.tell(
            f"{service_id} now answers as if it were {BREAK_BEHAVIOUR}: its alert should arrive in 2 to 3 minutes"
        )


def _last_words(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"
