"""The whole stack on one machine: the places of its programs."""

from __future__ import annotations

import io
import socket
from pathlib import Path

import pytest

from sora_exporter.demo import DemoError
from sora_exporter.demo.children import Children, free_port
from sora_exporter.demo.screen import Screen
from sora_exporter.demo.stack import Stack, run_demo

pytestmark = pytest.mark.processes


def test_a_port_that_is_named_is_used_or_refused() -> None:
    """A program comes to the port that is named for it, and the demo ends with its name if that port is taken."""
    with Children() as children, socket.create_server(("127.0.0.1", 0)) as taken:
        port, free = taken.getsockname()[1], free_port(0)
        stack = Stack(children, Screen(io.StringIO()), ports={"prometheus": free, "grafana": port})
        assert stack.place("prometheus") == (f"127.0.0.1:{free}", f"http://127.0.0.1:{free}/")
        with pytest.raises(DemoError, match=f"port {port} of grafana is taken: choose another with --port"):
            stack.place("grafana")


def test_half_a_prometheus_is_a_mistake_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without promtool the line says how to get it, and no program has been started."""
    program = tmp_path / "prometheus"
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    screen = io.StringIO()
    with pytest.raises(DemoError, match="promtool is not installed: it comes with Prometheus"):
        run_demo(Screen(screen))
    assert "http://" not in screen.getvalue()
