"""The library as users install it: from a wheel, outside of the checkout, and without POSIX."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support import running
from support.probing import SimulatedProvider

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
PARTS = ("sora_exporter", "alerting-rules", "grafana", "pyproject.toml", "README.md", "LICENSE")
WITHOUT_POSIX = """
import builtins

POSIX_ONLY = {"fcntl", "grp", "pwd", "resource", "syslog", "termios", "tty", "uvloop"}
real = builtins.__import__


def where_they_do_not_exist(name, globals=None, *rest, **more):
    if name.partition(".")[0] in POSIX_ONLY and (globals or {}).get("__name__", "").startswith("sora_exporter"):
        raise ModuleNotFoundError(name)
    return real(name, globals, *rest, **more)


builtins.__import__ = where_they_do_not_exist
"""
"""Makes our own imports of the modules that Windows does not have fail."""
LIGHT = """
import sys, sora_exporter
print(sora_exporter.__file__, sorted(sys.modules.keys() & {"pydantic", "openai", "anyio", "httpx2"}))
"""
LIBRARY = """
from sora_exporter import AsyncFallbackClient, FallbackClient, Monitor, observe
from sora_exporter.classify import Answer, classify

print(classify(Answer(http_status=503, body="")).status)
with Monitor.from_env() as monitor, FallbackClient() as client:
    print(monitor.check("sora-2-official")["sora-2-official"].status)
    print(len(client.download(client.create_video("A paper boat", seconds=4))) > 64)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an unpacked wheel, built from a copy so that nothing is left in the checkout."""
    made = tmp_path_factory.mktemp("wheel")
    for part in PARTS:
        origin = ROOT / part
        if origin.is_dir():
            shutil.copytree(origin, made / "source" / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(origin, made / "source" / part)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(made)]
    subprocess.run([*command, str(made / "source")], check=True, timeout=300, capture_output=True)
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(made / "site")
    return made / "site"


def run(code: str, site: Path, env: dict[str, str]) -> str:
    """Run a program outside of the checkout that finds the wheel first, and return its output."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=site.parent, env={**env, "PYTHONPATH": str(site)},
        capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def test_an_import_is_light_and_from_the_wheel(installed: Path) -> None:
    """Importing the package loads none of its libraries, until one of its names is used."""
    assert run(LIGHT, installed, {}) == f"{installed}/sora_exporter/__init__.py []\n"


def test_the_library_works_without_posix(installed: Path, simulator: SimulatedProvider, tmp_path: Path) -> None:
    """Monitor, fallback client and classifier work from the wheel, also where the modules of POSIX do not exist."""
    env = running.environment(simulator.origin, XDG_STATE_HOME=str(tmp_path))
    assert run(WITHOUT_POSIX + LIBRARY, installed, env) == "degraded\noperational\nTrue\n"
