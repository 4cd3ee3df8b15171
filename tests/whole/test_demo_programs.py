"""``sora-exporter demo`` as a person ends it, or as it ends by itself: its output, and no remains."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from support.programs.demo import RUNS, demo, only
from support.programs.launch import answers, eventually, fetch

pytestmark = pytest.mark.programs

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
    """The second takes other ports; kill -9 of one ends all that is its own, files too, and nothing of the other.

    A program that ends by itself ends the other demo: one line names the program, and the code is 2.
    """
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
        (simulator,) = first.processes("simulate", first.url("simulator").rpartition(":")[2])
        os.kill(simulator, signal.SIGKILL)
        assert first.process.wait(timeout=20) == 2
        eventually(lambda: first.has_said("sora-exporter: simulator ended by itself: "))
        assert first.leftovers() == []


def test_killed_while_the_history_loads_it_leaves_nothing(tmp_path: Path) -> None:
    """In the middle of writing a month kill -9 ends the writer and promtool, and removes what they wrote."""
    with demo(tmp_path / "scratch") as running:
        running.wait_for("writing the history")
        eventually(lambda: list(running.scratch.rglob("*.om")))
        running.end(signal.SIGKILL)
        eventually(lambda: not running.leftovers(), 20)
