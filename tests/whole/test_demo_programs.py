"""``sora-exporter demo`` as a person runs it, with the real programs: its output, and no remains."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.choice import Choice
from support.programs.launch import Prometheus, answers, eventually, fetch
from support.running import PROGRAM

from sora_exporter.demo.article import ARTICLE

pytestmark = pytest.mark.programs

RUNS = "Ctrl-C stops everything"
MOST_SECONDS = 300
"""The limit for a hang."""
FAKE_GRAFANA = """#!{python}
import http.server, json, os, sys
open({note!r}, "w").write(json.dumps(dict(os.environ, arguments=sys.argv[1:])))
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()
    def log_message(self, *_):
        pass
address = os.environ["GF_SERVER_HTTP_ADDR"], int(os.environ["GF_SERVER_HTTP_PORT"])
http.server.HTTPServer(address, Health).serve_forever()
"""


@dataclass
class Demo:
    """A demo under way; ``said`` grows line by line, ``scratch`` is where its files and its processes' TMPDIR are."""

    process: subprocess.Popen[str]
    scratch: Path
    said: list[str] = field(default_factory=list)

    def has_said(self, words: str) -> bool:
        """Return whether a line with these words has come."""
        return any(words in line for line in self.said)

    def wait_for(self, words: str, seconds: float = MOST_SECONDS) -> None:
        """Wait for a line with these words; fails at once when the demo ends without it."""
        eventually(lambda: self.has_said(words) or self.process.poll() is not None, seconds)
        assert self.has_said(words), "".join(self.said)

    def url(self, name: str) -> str:
        """Return the address that it showed for a program."""
        return next(found[1] for line in self.said if (found := re.match(rf"  {name} +(http://\S+?)/ ", line)))

    def end(self, number: int) -> int:
        """Send a signal to the demo alone and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=20)

    def leftovers(self) -> list[str]:
        """Return the files and the processes of the demo that are still there."""
        needle = f"TMPDIR={self.scratch}".encode()
        found = [str(path) for path in self.scratch.rglob("*")]
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and needle in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_text())
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
        return found


@contextmanager
def demo(scratch: Path, *arguments: str, path: str = os.environ["PATH"]) -> Iterator[Demo]:
    """Run the demo with this search path; nothing of it is left at the end of the block."""
    scratch.mkdir()
    env = {**os.environ, "PATH": path, "TMPDIR": str(scratch), "http_proxy": "http://127.0.0.1:9"}
    with subprocess.Popen(
        [*PROGRAM, "demo", *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        running = Demo(process, scratch)
        assert process.stdout is not None
        reader = threading.Thread(target=lambda: running.said.extend(process.stdout or ()))
        reader.start()
        try:
            yield running
        finally:
            process.kill()
            process.wait()
            reader.join()
    eventually(lambda: not running.leftovers(), 20)


def only(directory: Path, *programs: str) -> str:
    """Return a search path on which only these programs are."""
    directory.mkdir()
    for name in programs:
        found = shutil.which(name)
        assert found, name
        (directory / name).symlink_to(found)
    return str(directory)


def test_the_past_is_there_at_once_and_a_broken_service_is_reported(tmp_path: Path, short_or_long: Choice) -> None:
    """Two places are scraped, money and certificate are live, the past is the article's, the alert arrives.

    The short form has eight days instead of a month.
    """
    path, days = only(tmp_path / "bin", "prometheus", "promtool", "prometheus-alertmanager"), short_or_long(8, 30)
    with demo(tmp_path / "scratch", "--break=sora-2-official", f"--days={days}", path=path) as running:
        running.wait_for(RUNS)
        said = "".join(running.said)
        assert re.search(r"^everything runs after \d+\.\d s$", said, re.MULTILINE)
        assert re.search(r"^first full page after \d+\.\d s: http://\S+$", said, re.MULTILINE)
        assert re.search(r"^grafana is not installed; .*https://grafana\.com/grafana/download", said, re.MULTILINE)
        for name, ready in (("exporter", "/"), ("simulator", "/control"), ("alertmanager", "/-/ready")):
            assert answers(running.url(name) + ready)
        engine = Prometheus(running.url("prometheus"), running.process)
        measured = engine.query("service_id:sora_service_availability:ratio30d")
        shown = {sample.labels["service_id"]: sample.value for sample in measured}
        # Closed hours count, so that up to one at each end is not in it.
        assert shown == {
            story.id: pytest.approx(story.availability, abs=(1 - story.availability) / (5 * days)) for story in ARTICLE
        }
        assert {group["name"].split(".")[0] for group in engine.api("rules")["groups"]} == {"sora"}
        eventually(lambda: len(engine.query('up{job="sora_exporter"} == 1')) == 2)
        for live in ("sora_provider_balance", "sora_probe_tls_expiry_timestamp_seconds"):
            eventually(lambda name=live: f"\n{name}{{" in fetch(running.url("exporter") + "/metrics"))
        # Its other route is under risk control already: what arrives is the worse news about the product.
        pattern = re.compile(r"FIRING   SoraProductUnavailable: No route to sora-2 works")
        eventually(lambda: any(map(pattern.search, running.said)), 180)
        assert running.end(signal.SIGINT) == 0
        running.wait_for("stopped, nothing is left behind")
        assert running.leftovers() == []


def test_grafana_is_provisioned_and_sigterm_ends_everything(tmp_path: Path) -> None:
    """A program called grafana-server gets our addresses, dashboards and data source, and writes where it goes away."""
    note, path = tmp_path / "grafana.json", only(tmp_path / "bin", "prometheus", "promtool")
    program = tmp_path / "bin" / "grafana-server"
    program.write_text(FAKE_GRAFANA.format(python=sys.executable, note=str(note)), "utf-8")
    program.chmod(0o755)
    with demo(tmp_path / "scratch", "--days=2", path=path) as running:
        running.wait_for(RUNS)
        environment = json.loads(note.read_text("utf-8"))
        assert answers(running.url("grafana") + "/api/health")
        assert running.url("grafana").endswith(f":{environment['GF_SERVER_HTTP_PORT']}")
        provisioning = Path(environment["GF_PATHS_PROVISIONING"])
        assert f"url: {running.url('prometheus')}\n" in (provisioning / "datasources" / "sora.yml").read_text("utf-8")
        assert Path(environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]).is_file()
        inside = [environment[f"GF_PATHS_{name}"] for name in ("DATA", "LOGS", "PLUGINS", "PROVISIONING")]
        assert all(Path(place).is_relative_to(running.scratch) for place in inside)
        assert running.has_said("alertmanager is not installed")
        assert running.end(signal.SIGTERM) == 0
        assert running.leftovers() == []


def test_two_demos_run_beside_each_other_and_survive_nothing(tmp_path: Path) -> None:
    """The second takes other ports; kill -9 of one ends all that is its own, files too, and nothing of the other."""
    with demo(tmp_path / "one", path=only(tmp_path / "none")) as first:
        first.wait_for(RUNS)
        missing = ("prometheus", "alertmanager", "grafana")
        assert all(first.has_said(f"{name} is not installed; the rest runs without it") for name in missing)
        with demo(tmp_path / "two", "--days=2") as second:
            second.wait_for(RUNS)
            assert second.url("exporter") != first.url("exporter")
            assert len(second.leftovers()) > len(first.leftovers())
            second.end(signal.SIGKILL)
            eventually(lambda: not second.leftovers(), 20)
        assert json.loads(fetch(first.url("exporter") + "/api/v1/status"))["services"]


def test_killed_while_the_history_loads_it_leaves_nothing(tmp_path: Path) -> None:
    """In the middle of writing a month kill -9 ends the writer and promtool, and removes what they wrote."""
    with demo(tmp_path / "scratch") as running:
        running.wait_for("writing the history")
        eventually(lambda: list(running.scratch.rglob("*.om")))
        running.end(signal.SIGKILL)
        eventually(lambda: not running.leftovers(), 20)


def test_half_a_prometheus_is_a_mistake_of_one_line(tmp_path: Path) -> None:
    """Without promtool the line says how to get it; the code is 2 and everything that had started is stopped."""
    with demo(tmp_path / "scratch", "--days=2", path=only(tmp_path / "bin", "prometheus")) as running:
        assert running.process.wait(timeout=60) == 2
        eventually(lambda: running.has_said("sora-exporter: history: promtool is not installed: it comes with"))
        assert not running.has_said("Traceback")
        assert running.leftovers() == []


def test_a_program_that_dies_ends_the_demo_with_one_line(tmp_path: Path) -> None:
    """The line names the program; the code is 2 and everything else is stopped."""
    with demo(tmp_path / "scratch", path=only(tmp_path / "none")) as running:
        running.wait_for(RUNS)
        port = running.url("simulator").rpartition(":")[2]
        (victim,) = [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit()
            and {"simulate", port} <= {*(entry / "cmdline").read_text("utf-8", "replace").split("\0")}
        ]
        os.kill(victim, signal.SIGKILL)
        assert running.process.wait(timeout=20) == 2
        eventually(lambda: running.has_said("sora-exporter: simulator ended by itself: "))
        assert running.leftovers() == []
