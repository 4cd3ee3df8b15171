"""deploy/systemd: units that systemd accepts, a small attack surface, and agreement with docs/install.md."""

from __future__ import annotations

import configparser
import re
import subprocess
from pathlib import Path

import click
import pytest
from support.command_line import command

pytestmark = pytest.mark.programs

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "deploy" / "systemd"
INSTALL = (ROOT / "docs" / "install.md").read_text("utf-8")


def unit(name: str) -> configparser.ConfigParser:
    """Return the sections of a unit; repeated settings are allowed."""
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read(UNITS / name, "utf-8")
    return parsed


def exposure() -> float:
    """Return how exposed systemd finds the service: 0 is none, 10 is everything."""
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", UNITS / "sora-exporter.service"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    (found,) = re.findall(r"exposure level for sora-exporter\.service: ([\d.]+)", judged.stdout)
    return float(found)


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """systemd-analyze verify finds no fault once the program is where the unit expects it."""
    program = tmp_path / "sora-exporter"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name in ("sora-exporter.service", "sora-exporter.socket"):
        text = (UNITS / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace("/opt/sora_exporter/bin/sora-exporter", str(program)))
    units = [tmp_path / "sora-exporter.service", tmp_path / "sora-exporter.socket"]
    checked = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_the_service_is_as_little_exposed_as_the_document_states() -> None:
    """The figure of systemd-analyze security, which differs a little between versions, stays below the stated one."""
    (stated,) = re.findall(r"finds its exposure below ([\d.]+)", INSTALL)
    assert exposure() < float(stated)


def test_the_command_of_the_unit_exists() -> None:
    """ExecStart uses options of serve, and writes only where the unit lets it."""
    service = unit("sora-exporter.service")["Service"]
    _, name, *options = service["ExecStart"].split()
    known = {option for param in command(name).params if isinstance(param, click.Option) for option in param.opts}
    values = dict(option.split("=") for option in options)
    assert set(values) <= known
    assert values["--storage.path"] == f"/var/lib/{service['StateDirectory']}"


def test_the_user_and_directories_are_made(tmp_path: Path) -> None:
    """sysusers makes the unit's user, and tmpfiles its directories with the modes that protect keys and ledger."""
    (tmp_path / "etc").mkdir()
    subprocess.run(["systemd-sysusers", f"--root={tmp_path}", UNITS / "sysusers.conf"], check=True, capture_output=True)
    users = [line.split(":")[0] for line in (tmp_path / "etc/passwd").read_text("utf-8").splitlines()]
    assert users == [unit("sora-exporter.service")["Service"]["User"]]
    subprocess.run(["systemd-tmpfiles", f"--root={tmp_path}", "--create", UNITS / "tmpfiles.conf"], check=True)
    modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in ("etc/sora_exporter", "var/lib/sora_exporter")}
    assert modes == {"etc/sora_exporter": 0o750, "var/lib/sora_exporter": 0o700}


def test_the_document_names_files_that_exist() -> None:
    """Every path of the repository in docs/install.md is there, and every file of deploy/systemd is installed."""
    named = set(re.findall(r"(?:deploy|alerting-rules)/[\w./-]+", INSTALL))
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert [path.name for path in UNITS.iterdir() if path.name not in INSTALL] == []
