"""The library as users install it: the sdist, the wheel made from it, outside of the checkout, and without POSIX."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support import running
from support.probing import SimulatedProvider

from sora_exporter import __version__

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
MOMENT = 1_764_201_600
"""The date of the sources in Unix time, as SOURCE_DATE_EPOCH gives it."""
LEFT_OUT = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".*_cache",
    ".hypothesis",
    "__pycache__",
    "*.egg-info",
    "build",
    "dist",
    "sora.yml",
    ".env",
    "*.cdx.json",
)
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_{}(sys.argv[1]))"
MADE_BY_THE_BUILD = {"PKG-INFO", "setup.cfg", "sora_exporter.egg-info/SOURCES.txt"}
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
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, so that nothing is left in it."""
    copy = tmp_path_factory.mktemp("source") / "source"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    return copy


@pytest.fixture(scope="module")
def sdist(source: Path) -> Path:
    """The sdist of the copy."""
    return build("sdist", source)


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the unpacked sdist."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return build("wheel", next(folder.iterdir()))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the unpacked wheel."""
    site = tmp_path_factory.mktemp("site") / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def build(kind: str, source: Path) -> Path:
    """Return the file of this kind that the build backend makes of a folder."""
    command = [sys.executable, "-c", BUILD.format(kind), str(source.parent)]
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(MOMENT)}
    done = subprocess.run(command, cwd=source, env=env, check=True, timeout=300, capture_output=True, text=True)
    return source.parent / done.stdout.splitlines()[-1]


def test_the_sdist_has_every_file_that_the_tests_read(source: Path, sdist: Path) -> None:
    """Nothing of the checkout is missing in it, and nothing is in it that is not in the checkout."""
    with tarfile.open(sdist) as archive:
        packed = {member.name.partition("/")[2] for member in archive if member.isfile()}
    here = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    assert packed - MADE_BY_THE_BUILD == {path for path in here if ".egg-info/" not in path}


def test_the_same_sources_make_the_same_bytes(sdist: Path, wheel: Path) -> None:
    """Times come from SOURCE_DATE_EPOCH, the order from the names, and neither file knows its builder."""
    assert int.from_bytes(sdist.read_bytes()[4:8], "little") == MOMENT
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
    assert {(one.mtime, one.uid, one.gid, one.uname, one.gname) for one in members} == {(MOMENT, 0, 0, "", "")}
    assert {one.mode for one in members} == {0o644, 0o755}
    assert [Path(one.name) for one in members] == sorted(Path(one.name) for one in members)
    with zipfile.ZipFile(wheel) as archive_of_wheel:
        dates = {one.date_time for one in archive_of_wheel.infolist()}
    assert dates == {datetime.fromtimestamp(MOMENT, UTC).timetuple()[:6]}


def test_the_description_on_an_index_needs_no_checkout(installed: Path) -> None:
    """Every link and picture is absolute, of this version, and a file of the checkout; both pictures come first."""
    (metadata,) = installed.glob("*.dist-info/METADATA")
    text = metadata.read_text("utf-8").partition("\n\n")[2]
    sources = re.findall(r'\bsrc(?:set)?="([^"]+)"', text)
    links = [*re.findall(r"\]\(([^)]+)\)", text), *sources]
    pictures = [*re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text), *sources]
    places = {
        link: re.fullmatch(rf"https://[\w.]+/sora-exporter/sora_exporter/(?:blob/)?v{__version__}/(.+)", link)
        for link in links
    }
    assert [link for link, place in places.items() if place is None or not (ROOT / place[1]).exists()] == []
    assert all(link.startswith("https://raw.") == (link in pictures) for link in links)
    first = [link for link in pictures if text.index(link) < 1600]
    assert {link.rpartition("/")[2] for link in first} >= {"overview.png", "sora-overview-light.png"}


def test_the_wheel_has_what_the_demo_mounts(installed: Path) -> None:
    """Rules and dashboards of the checkout are in the wheel's data."""
    (data,) = installed.glob("*.data/data/share/sora_exporter")
    for pattern in ("alerting-rules/*.rules.yml", "alerting-rules/templates/*.tmpl", "grafana/dashboards/*.json"):
        files = {path.relative_to(ROOT): path.read_bytes() for path in ROOT.glob(pattern)}
        assert files
        assert {path.relative_to(data): path.read_bytes() for path in data.glob(pattern)} == files


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
