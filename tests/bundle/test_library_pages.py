"""The documents are true: their examples run and are well typed, and their tables match the program."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from support import forking, running
from support.probing import SimulatedProvider
from support.programs.launch import free_port

from sora_exporter import fallback
from sora_exporter.fallback.asynchronous import REFUSALS
from sora_exporter.fallback.metrics import Families
from sora_exporter.fallback.order import PREFERENCES
from sora_exporter.probes.outcomes import OPEN_STATUS

pytestmark = pytest.mark.processes

DOCS = Path(__file__).parents[2] / "docs"
FALLBACK, MONITOR = (DOCS / name for name in ("fallback.md", "monitor.md"))


def examples(document: Path) -> list[str]:
    """Return a document's Python examples."""
    return re.findall(r"^```python\n(.*?)^```", document.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def package_example() -> str:
    """Return the example in the package's docstring."""
    lines = (fallback.__doc__ or "").splitlines()
    return "\n".join(line.removeprefix("    ") for line in lines if line.startswith("    ") or not line)


def run(code: str, cwd: Path, **more: str) -> str:
    """Run a program in its own process and return its output.

    No exporter answers it: another test may run one on the usual port.
    """
    alone = code.replace("http://localhost:10198", f"http://127.0.0.1:{free_port()}")
    done = forking.run(["-c", alone], {**os.environ, **more}, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("number", range(5))
def test_the_examples_make_videos(simulator: SimulatedProvider, tmp_path: Path, number: int) -> None:
    """Each example as it stands makes its videos through the route its text says."""
    simulator.behave("sora_video2", "risk_control")
    provider = {"OPENAI_BASE_URL": simulator.base_url("videos"), "OPENAI_API_KEY": "sk-of-the-example"}
    code, expected = [
        (package_example(), r"made by sora-2-official \(official\)"),
        *zip(
            examples(FALLBACK),
            [
                r"made by sora-2-official \(official\) after 0 other",
                r"(sora-2-official \d+ bytes\s*){2}",
                r"\d+ bytes",
                r"$",
            ],
            strict=True,
        ),
    ][number]
    assert re.match(expected, run(code, tmp_path, **provider))
    assert "boat.mp4" not in code or (tmp_path / "boat.mp4").stat().st_size > 64


def test_the_script_watches_and_makes_a_video(simulator: SimulatedProvider, tmp_path: Path) -> None:
    """The script prints changes, summary and uptime, exports the state, and makes a video by a route that works."""
    simulator.behave("sora-2", "unavailable")
    (code,) = examples(MONITOR)
    printed = run(code, tmp_path, XDG_STATE_HOME=str(tmp_path / "state"), **running.environment(simulator.origin))
    assert re.search(r"^sora-2-official: \w+ -> suspended \(.+\)$", printed, re.MULTILINE)
    assert "sora-image: use sora-image (operational through reverse access" in printed
    assert re.search(r"^Sora 2 官转: \d+\.\d\d%$", printed, re.MULTILINE)
    assert printed.endswith("made by sora-2-reverse (reverse)\n")
    assert len(json.loads((tmp_path / "status.json").read_text("utf-8"))["services"]) == 6
    assert (tmp_path / "boat.mp4").stat().st_size > 64


def test_the_monitor_checks_once(simulator: SimulatedProvider) -> None:
    """The command in the document reports every service and ends with the code it says."""
    (command,) = re.findall(r"^```sh\nsora-exporter (.*?)\n```", MONITOR.read_text("utf-8"), re.MULTILINE)
    simulator.behave("sora_video2", "risk_control")
    done = running.run(*command.split(), env=running.environment(simulator.origin))
    assert (done.returncode, "risk_control" in done.stdout) == (1, True)


def test_the_examples_are_well_typed(tmp_path: Path) -> None:
    """A user who checks strictly finds no fault in the examples, and finds a wrong call."""
    good = [tmp_path / f"example_{number}.py" for number in range(6)]
    for path, code in zip(good, [package_example(), *examples(FALLBACK), *examples(MONITOR)], strict=True):
        path.write_text(code, "utf-8")
    bad = tmp_path / "wrong.py"
    bad.write_text("from sora_exporter.fallback import FallbackClient\nFallbackClient().create_video(8)\n", "utf-8")
    # The project checks strictly, and its cache makes this quick.
    command = [sys.executable, "-m", "mypy", *map(str, (*good, bad))]
    done = subprocess.run(command, cwd=DOCS.parent, capture_output=True, text=True, timeout=300, check=False)
    (fault,) = [line for line in done.stdout.splitlines() if "error:" in line]
    assert "wrong.py:2" in fault
    assert 'has incompatible type "int"; expected "str"' in fault


def test_the_tables_are_the_programs() -> None:
    """Preferences, refusals, open statuses and metrics in the document match the program."""
    text = FALLBACK.read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text.split("## The consequence of each answer")[0], re.MULTILINE) == list(
        PREFERENCES
    )
    refused = re.search(r"^\| (.*) \| `RequestRefused`", text, re.MULTILINE)
    assert refused is not None
    assert set(re.findall(r"`(\w+)`", refused[1])) == set(REFUSALS)
    found = re.search(r"HTTP (408[\d,\sand–]*) without", text)
    assert found is not None
    ranges = [list(map(int, code.split("–"))) for code in re.findall(r"[\d–]+", found[1])]
    assert {code for ends in ranges for code in range(ends[0], ends[-1] + 1)} == OPEN_STATUS - set(range(200, 300))
    registry = CollectorRegistry()
    Families(registry)
    kinds = [(f"{one.name}{'_total' if one.type == 'counter' else ''}", one.type) for one in registry.collect()]
    assert re.findall(r"^\| `(sora_client_\w+)` \| (\w+) \|", text, re.MULTILINE) == kinds
