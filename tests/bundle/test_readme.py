"""The README is true: its commands run, its tables match the program, its links lead somewhere."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click
import pytest
import yaml
from support import plain_http
from support.command_line import command
from support.stands import moved, standing

from sora_exporter import __version__
from sora_exporter.cli.main import COMMANDS as PROGRAM_COMMANDS
from sora_exporter.config import load_config
from sora_exporter.config.catalog import choose
from sora_exporter.metrics.families import FAMILIES
from sora_exporter.result import STATUS_OF, Status
from sora_exporter.simulator.vendors import VENDORS

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SERVE = (ROOT / "docs" / "serve.md").read_text("utf-8")
METRICS = (ROOT / "docs" / "metrics.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S) for line in block.splitlines()]
SAMPLE = re.findall(r"^(?:    service|✅) .*", README, re.MULTILINE)
"""The lines of a table that ``check`` printed."""
ELSEWHERE = ("docker ", "helm ", "make demo", ".venv/bin/sora-exporter demo", ".venv/bin/sora-exporter report")
"""Commands with tests of their own: Docker, compose and Kubernetes need their engines, demo and report Prometheus."""
SUFFIX = {"info": "_info", "counter": "_total"}


def cells(line: str) -> tuple[str, ...]:
    """Return the cells of a line of ``check`` but for the reason, with equal durations."""
    return tuple(re.sub(r"[\d.]+ m?s\b", "1 s", cell) for cell in re.split(r"  +", line.strip())[:-1])


def table(header: str, document: str = README) -> list[list[str]]:
    """The rows of the table with that header line, cells without their code marks."""
    _, _, rest = document.partition(f"{header}\n")
    lines = rest.splitlines()[1:]
    rows = lines[: next(index for index, line in enumerate([*lines, ""]) if not line.startswith("|"))]
    return [[cell.strip().replace("`", "") for cell in row.strip("|").split(" | ")] for row in rows]


def test_it_is_short() -> None:
    """It is short enough to be read to the end."""
    assert len(README.splitlines()) <= 250


def test_the_metrics_table_is_the_families_declared() -> None:
    """Every family with its exported name, type and labels, in the order of the exposition, and no other."""
    documented = [
        (name, kind, labels) for name, kind, labels, _ in table("| metric | type | labels | meaning |", METRICS)
    ]
    assert documented == [
        (name + SUFFIX.get(family.type, ""), family.type, " ".join(family.labels) or "–")
        for name, family in FAMILIES.items()
    ]


def default_of(option: click.Option) -> str:
    """Return a default as --help shows it."""
    return " ".join(option.default) if isinstance(option.default, tuple) else str(option.default)


def test_the_options_table_is_the_options_of_serve() -> None:
    """docs/serve.md has every option of serve with its default and its own words, in the order of --help."""
    options = [
        param for param in command("serve").params if isinstance(param, click.Option) and param.name != "version"
    ]
    documented = {row[0]: row[1:] for row in table("| option | default | meaning |", SERVE)}
    assert list(documented) == [option.opts[0] for option in options]
    assert [documented[option.opts[0]][1] for option in options] == [option.help for option in options]
    shown = {option.opts[0]: default_of(option) if option.show_default else "" for option in options}
    assert {name: default for name, (default, _) in documented.items()} == shown


def test_the_status_table_is_the_closed_sets() -> None:
    """Each status with all its error classes."""
    documented = {row[0]: set(row[2].split()) for row in table("| status | means | error classes |")}
    assert list(documented) == list(Status)
    assert documented == {status: {c.value for c, of in STATUS_OF.items() if of is status} for status in Status}


def test_the_configuration_it_shows_is_a_good_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example loads as it stands, with every section it claims to show."""
    (example,) = re.findall(r"^```yaml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("RELAY_API_KEY", "sk-0123456789")
    path = tmp_path / "sora.yml"
    path.write_text(example, "utf-8")
    config = load_config(path)
    assert [service.id for service in config.services] == ["sora-2-official", "sora-2-reverse"]
    assert set(yaml.safe_load(example)) == {"budget_usd_per_day", "providers", "services", "status_pages", "classify"}


def test_its_links_and_files_exist() -> None:
    """Every relative link, and every file or directory it names as code, is there."""
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if not link.startswith("http")]
    named = re.findall(r"`((?:[a-z-]+/)|[a-z.]+\.(?:example\.yml|txt))`", README)
    assert len(links) >= 9
    assert len(named) >= 2
    assert [one for one in [*links, *named] if not (ROOT / one).exists()] == []


def test_the_changelog_begins_with_this_version() -> None:
    """The newest entry is the package's version, and every line says what kind of change it is."""
    lines = (ROOT / "CHANGELOG.md").read_text("utf-8").splitlines()
    assert next(line for line in lines if line.startswith("## ")).split()[1] == __version__
    assert all(re.match(r"\* \[(FEATURE|ENHANCEMENT|BUGFIX|CHANGE)\] ", line) for line in lines if line[:1] == "*")


def without_make() -> dict[str, str]:
    """This process's variables, but for those with which an outer make steers an inner one."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}


@contextmanager
def make_run(directory: Path) -> Iterator[tuple[str, str]]:
    """``make run`` in a copy of the tree without sora.yml, on free ports; yields the exporter's and the provider's URL.

    The environment with the dependencies is this one: ``--assume-old`` keeps make from building another.
    """
    directory.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "scripts", "sora_exporter", "sora.example.yml"):
        (directory / name).symlink_to(ROOT / name)
    (directory / "scripts").unlink()
    shutil.copytree(ROOT / "scripts", directory / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (directory / ".venv").symlink_to(Path(sys.prefix))
    scratch = directory / "scratch"
    scratch.mkdir()
    env = without_make() | {
        "SORA_LISTEN_ADDRESS": "127.0.0.1:0", "SORA_SIMULATOR_PORT": "0", "TMPDIR": str(scratch)
    }  # fmt: skip
    with subprocess.Popen(
        ["make", "--assume-old=.venv/.run", "run"], cwd=directory, env=env, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if found := re.search(r" address=(http://\S+)/$", line):
                break
        else:
            raise AssertionError(said)
        provider = re.search(r"fail at (http://\S+)/control", said)
        assert provider, said
        drain = threading.Thread(target=process.stdout.read)
        drain.start()
        try:
            yield found[1], provider[1]
        finally:
            os.killpg(process.pid, signal.SIGINT)
            drain.join(timeout=20)
            process.wait(timeout=20)
    assert_nothing_is_left(process.pid, scratch)


def assert_nothing_is_left(group: int, scratch: Path) -> None:
    """After Ctrl-C no process of the group lives and no temporary file stays."""
    deadline = time.monotonic() + 10
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            break
        assert time.monotonic() < deadline, "a process outlived make run"
        time.sleep(0.05)
    assert os.listdir(scratch) == []


def test_the_command_table_has_every_command() -> None:
    """Each command of the program stands in the table, and no other."""
    rows = table("| command | result |")
    assert sorted(name for row in rows for name in row[0].split(", ")) == sorted(PROGRAM_COMMANDS)


def test_make_run_and_the_commands_of_the_readme(tmp_path: Path) -> None:
    """Each line is run as it stands but for ports, and what init writes is checked at simulated vendors."""
    assert COMMANDS[:2] == ["make run", "make test"]
    tried = [line for line in COMMANDS[2:] if not line.startswith(ELSEWHERE)]
    choices = choose(["kling", "runway"], {}, date(2026, 11, 27))
    keys = {variable: VENDORS[choice.vendor.api].key for choice in choices for variable in choice.variables}
    with make_run(tmp_path / "tree") as (exporter, provider), standing(choices) as stands:
        file = tmp_path / "tree" / "sora.yml"
        env = os.environ | {"XDG_STATE_HOME": str(tmp_path), "COLUMNS": "120", **keys}
        for line in tried:
            command = line.replace("http://127.0.0.1:10198", exporter).replace("http://127.0.0.1:10199", provider)
            ended = subprocess.run(
                ["bash", "-c", command], cwd=tmp_path / "tree", env=env, capture_output=True, text=True,
                timeout=60, check=False,
            )  # fmt: skip
            assert ended.returncode == 0, (command, ended.stderr)
            assert ended.stdout, command
            assert "Traceback" not in ended.stderr
            if " check " in command and "json" not in command:
                assert len(SAMPLE) == 4
                assert {cells(row) for row in SAMPLE} <= {cells(row) for row in ended.stdout.splitlines()}
            if " init " in command:
                file.write_text(moved(file.read_text("utf-8"), stands), "utf-8")
        board = plain_http.get(exporter).text
        assert "January 2026" in board
        assert "past its end of life" not in board


def test_make_test_does_all_of_its_set_up() -> None:
    """``make test`` installs what is missing, checks, and runs every test; .ci/run is that and nothing else."""
    ended = subprocess.run(
        ["make", "--always-make", "--dry-run", "test"], cwd=ROOT, env=without_make(), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    steps = ["-m venv .venv", "--constraint constraints.txt", "scripts/install-test-programs", "scripts/install-peers",
             "scripts/install-helm", "ruff format --check", "ruff check", "mypy", "lint-imports",
             "bin/pytest"]  # fmt: skip
    places = [ended.stdout.find(step) for step in steps]
    assert min(places) >= 0
    assert places == sorted(places)
    assert (ROOT / ".ci" / "run").read_text("utf-8").splitlines()[-1] == "exec make test"


def test_the_docker_commands_fit_the_image() -> None:
    """The volume, the port and the user the README names are those of the Dockerfile."""
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    run = next(line for line in COMMANDS if line.startswith("docker run"))
    assert re.findall(r"^VOLUME (.*)$", dockerfile, re.M) == re.findall(r"--volume sora:(\S+)", run)
    assert re.findall(r"^EXPOSE (.*)$", dockerfile, re.M) == re.findall(r"--publish 10198:(\d+)", run)
    assert "--read-only" in run
    assert re.findall(r"^USER (\d+):", dockerfile, re.M) == re.findall(r"runs as user (\d+)", README)
