"""The image: its rules as text, and the commands of its final stage run in a fresh environment without an engine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.running import environment, exporter

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
CONSTRAINTS = (ROOT / "constraints.txt").read_text("utf-8").splitlines()


def instructions() -> list[tuple[str, str]]:
    """Each instruction with its arguments on one line, comments left out."""
    lines = [line for line in DOCKERFILE.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line.strip())]


def stages() -> list[list[tuple[str, str]]]:
    """The instructions of each stage, FROM first."""
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        if found:
            found[-1].append((word, rest))
    return found


def final(word: str) -> list[str]:
    """The arguments of one instruction in the final stage."""
    return [rest for found, rest in stages()[-1] if found == word]


def test_it_is_built_on_a_pinned_slim_base_and_runs_on_nothing() -> None:
    """The tag names a full version of a slim Python; the final stage has only what is copied from the first."""
    (default,) = [rest for word, rest in instructions() if word == "ARG"]
    assert re.fullmatch(r"BASE=python:3\.\d+\.\d+-slim-[a-z]+", default)
    assert [stage[0][1] for stage in stages()] == ["${BASE} AS build", "scratch"]


def test_the_final_stage_installs_nothing_and_runs_unprivileged() -> None:
    """Nothing runs in it, it copies from the first stage alone, and its user is a number, not root's."""
    assert final("RUN") == []
    user, group = map(int, final("USER")[0].split(":"))
    volume = final("VOLUME")[0]
    assert final("COPY") == ["--from=build /image /", f"--from=build --chown={user}:{group} /image{volume} {volume}"]
    assert min(user, group) >= 1000
    script = (ROOT / "scripts" / "assemble-image").read_text("utf-8")
    assert f'install -d -o {user} -g {group} -m 0700 "$root{volume}"' in script
    assert f"sora:x:{user}:{group}::{volume}:" in script
    assert stages()[0][-1] == ("RUN", "scripts/assemble-image /image")


def test_dependencies_come_from_the_pins() -> None:
    """Every file from an index is checked by its hash; our own sources need no other file."""
    installs = [
        line.strip(" \\").partition("pip install ")[2] for line in DOCKERFILE.splitlines() if "pip install" in line
    ]
    hashed, own = installs
    assert hashed == "--require-hashes --requirement constraints.hashes.txt"
    assert own == "--no-deps --no-build-isolation ."


def test_the_hashes_are_of_the_pinned_versions() -> None:
    """Each requirement of use is there in the version of constraints.txt, with hashes of its files."""
    entries = re.split(r"\n(?=\S)", (ROOT / "constraints.hashes.txt").read_text("utf-8").strip())
    versions = {}
    for entry in entries:
        requirement, *hashes = entry.split(" \\\n    ")
        assert hashes, requirement
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", one) for one in hashes), requirement
        versions[bare_name(requirement)] = requirement.partition("==")[2]
    pinned = {bare_name(pin): pin.partition("==")[2] for pin in CONSTRAINTS}
    assert {name: version for name, version in versions.items() if pinned.get(name) != version} == {}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {bare_name(named) for named in project["dependencies"]} <= versions.keys()


def test_only_the_volume_is_written_to() -> None:
    """The volume is where storage is by default; bytecode is compiled beforehand and never written later."""
    (volume,), (variables,) = final("VOLUME"), final("ENV")
    assert f"XDG_STATE_HOME={Path(volume).parent}" in variables.split()
    assert Path(volume).name == "sora_exporter"
    assert "PYTHONDONTWRITEBYTECODE=1" in variables.split()
    assert final("WORKDIR") == [volume]


def test_the_image_holds_only_its_sources() -> None:
    """Everything is ignored except the files copied by the first stage; no key file, test or history gets in."""
    rules = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {name for word, rest in stages()[0] if word == "COPY" for name in rest.split()[:-1]}
    assert "*" in rules
    assert allowed == copied
    assert all((ROOT / name).exists() for name in copied)


def test_the_health_check_needs_no_other_program_and_sees_a_dead_exporter(tmp_path: Path) -> None:
    """Its one line of Python ends with 0 beside a running exporter and fails once it is gone."""
    (rest,) = final("HEALTHCHECK")
    command = json.loads(rest[rest.index("[") :])
    assert command[0] == "python"
    with exporter(tmp_path, env=environment("http://127.0.0.1:9")) as running:
        check = [sys.executable, *command[1:-1], command[-1].replace("http://127.0.0.1:10198", running.url)]
        assert subprocess.run(check, capture_output=True, check=False).returncode == 0
        running.end()
        assert subprocess.run(check, capture_output=True, check=False).returncode != 0


def test_the_entry_point_serves_with_only_the_volume_writable(tmp_path: Path) -> None:
    """Run as the image runs it, with the state directory as the volume, it writes there and nowhere else."""
    (entry,), (command,) = json.loads(final("ENTRYPOINT")[0]), json.loads(final("CMD")[0])
    state, home = tmp_path / "state", tmp_path / "home"
    home.mkdir(mode=0o500)
    env = environment("http://127.0.0.1:9", HOME=str(home), XDG_STATE_HOME=str(state), PYTHONDONTWRITEBYTECODE="1")
    program = str(Path(sys.executable).with_name(entry))
    with exporter(None, env=env, command=[program], subcommand=command) as running:
        assert running.get("/-/ready").status_code == 200
        assert running.end() == 0
    assert os.listdir(home) == []
    assert "ledger.sqlite3" in os.listdir(state / "sora_exporter")


def test_a_pin_is_a_name_and_a_version() -> None:
    """The constraints contain no host, path or hash: they hold for any index."""
    assert [line for line in CONSTRAINTS if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.!+]*", line)] == []


def test_every_dependency_is_pinned() -> None:
    """Every requirement of pyproject.toml, for use, tests and releases, has its pin."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    named = [*project["dependencies"], *extras["dev"], *extras["release"]]
    assert [one for one in map(bare_name, named) if one not in map(bare_name, CONSTRAINTS)] == []


def bare_name(requirement: str) -> str:
    """The distribution a requirement names, spelt the one way."""
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-")
