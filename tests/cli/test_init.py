"""``init``: from keys in the environment, or from names, to a configuration file that is not yet there."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sora_exporter.cli.main import main
from sora_exporter.config import load_config
from sora_exporter.config.catalog import vendors
from sora_exporter.config.catalog.vendor import variables

NO_KEYS: dict[str, str | None] = {
    name: None for vendor in vendors().values() for name in variables([*vendor.keys, vendor.provider])
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str, **keys: str) -> Result:
    """Run the program in this process with these keys and no others."""
    return CliRunner(env={**NO_KEYS, **keys}).invoke(main, ("init", *arguments), prog_name="sora-exporter")


def test_keys_in_the_environment_choose_the_vendors(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without names the vendors with a key are written, and the printed next command is the check of that file."""
    ended = call(OPENAI_API_KEY="sk-test-0123456789", BYTEPLUS_API_KEY="key-0123456789")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[1] == "  sora-exporter check --config.file=sora.yml"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    monkeypatch.setenv("BYTEPLUS_API_KEY", "key-0123456789")
    assert list(load_config(here / "sora.yml").providers) == ["byteplus", "openai"]
    assert "0123456789" not in (here / "sora.yml").read_text("utf-8")


def test_names_choose_the_vendors_and_missing_keys_are_said(here: Path) -> None:
    """A named vendor is written without its key too; the key's variable is in the next commands."""
    ended = call("byteplus")
    assert ended.exit_code == 0
    assert ended.stdout.splitlines()[1] == "  export BYTEPLUS_API_KEY=…"
    assert (here / "sora.yml").exists()


def test_a_missing_extra_is_the_first_command(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vendor whose authentication needs packages that are not installed names the command that installs them."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    lines = call("vertex", GOOGLE_CLOUD_PROJECT="boats").stdout.splitlines()
    assert lines[1:3] == ["  pip install 'sora-exporter[google]'", "  sora-exporter check --config.file=sora.yml"]
    assert "auth: google" in (here / "sora.yml").read_text("utf-8")


def test_an_existing_file_is_never_overwritten(here: Path) -> None:
    """A file that is there stays as it is, with one line that names the option; --force replaces it."""
    file = here / "sora.yml"
    file.write_text("mine", "utf-8")
    refused = call("ark")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert (
        refused.stderr
        == "sora-exporter: sora.yml exists: add --force to replace it, or name another with --config.file\n"
    )
    assert file.read_text("utf-8") == "mine"
    assert call("ark", "--force").exit_code == 0
    assert file.read_text("utf-8").startswith("# Written by `sora-exporter init ark`")


def test_stdout_writes_no_file(here: Path) -> None:
    """--stdout prints exactly what the file would hold, and nothing else."""
    printed = call("ark", "--stdout").stdout
    assert os.listdir(here) == []
    call("ark")
    assert (here / "sora.yml").read_text("utf-8") == printed


def test_a_folder_that_is_not_there_is_one_line(here: Path) -> None:
    """A file that cannot be written is named with the reason and the option to change."""
    ended = call("ark", f"--config.file={here}/none/sora.yml")
    assert (ended.exit_code, ended.stderr.count("\n")) == (2, 1)
    assert "No such file or directory" in ended.stderr
    assert "--config.file" in ended.stderr


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bytepluss", "'bytepluss' is not a known vendor or model: did you mean byteplus?"),
        ("doubao-seedance-2-0-mini", "did you mean doubao-seedance-2-0-mini-260615"),
        ("sora-2", "'sora-2' ended on 2026-09-24: choose another of ark, byteplus"),
        ("hailuo", "'hailuo' is not a known vendor or model: did you mean MiniMax-Hailuo-2.3?"),
        ("wan", "did you mean wan-video/wan-2.2-t2v-fast or wan3.0-video?"),
        ("9x", "'9x' is not a known vendor or model: use one of ark, byteplus"),
    ],
)
def test_an_unknown_name_is_one_line_with_the_nearest(name: str, said: str) -> None:
    """Misspelt vendors and models name the nearest, ended models their day; nothing is written."""
    ended = call(name)
    assert (ended.exit_code, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert said in ended.stderr
    assert os.listdir() == []


@pytest.mark.usefixtures("here")
def test_without_keys_and_names_the_vendors_are_listed() -> None:
    """Nothing to go by is one line with every vendor's name and an example."""
    ended = call()
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == (
        "sora-exporter: no known key is set: name vendors, such as `sora-exporter init kling`; "
        f"known are {', '.join(vendors())}\n"
    )
