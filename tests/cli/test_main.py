"""The command line: its commands, and its messages about mistakes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from support.command_line import assert_mistake, call, command

import sora_exporter.cli.check
from sora_exporter import __version__
from sora_exporter.cli.main import COMMANDS


def test_help_lists_exactly_the_commands_there_are() -> None:
    """--help, and the program called with nothing, list every module of a command and no other."""
    result = call("--help")
    listed = re.findall(r"^  (\w+)  ", result.stdout.partition("Commands:")[2], re.MULTILINE)
    assert (result.exit_code, listed) == (0, list(COMMANDS))
    bare = call()
    assert (bare.exit_code, bare.stderr.strip()) == (2, result.stdout.strip())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_help_text(name: str) -> None:
    """The help of each command begins with its sentence in the list of commands; each option has a help text."""
    found = command(name)
    assert (found.help or "").startswith(COMMANDS[name].rstrip("."))
    options = [param for param in found.params if isinstance(param, click.Option)]
    assert [option.opts for option in options if not option.help] == []
    assert call(name, "--help").exit_code == 0


@pytest.mark.processes
def test_help_loads_no_command() -> None:
    """--help imports neither the configuration nor an HTTP client, so it stays quick."""
    watched = "import sys; from sora_exporter.cli.main import main\ntry: main(['--help'])\nfinally: print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", watched], capture_output=True, text=True, check=True)
    loaded = ended.stdout.splitlines()[-1].split()
    assert "sora_exporter.cli.main" in loaded
    assert not {"pydantic", "httpx2", "openai", "asyncio", "jinja2"} & set(loaded)


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_version_is_the_packages(command: list[str]) -> None:
    """--version, also of each command, prints the package's version."""
    result = call(*command, "--version")
    assert (result.exit_code, result.stdout) == (0, f"sora-exporter, version {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--colour"], ["No such option '--colour'", "see sora-exporter --help"]),
        (["probe"], ["No such command 'probe'", "see sora-exporter --help"]),
        (["serve", "--port", "1"], ["No such option '--port'", "see sora-exporter serve --help"]),
        (["check", "--format", "xml"], ["'xml' is not one of 'text', 'json', 'markdown'"]),
        (["classify", "/no/such/file"], ["/no/such/file", "No such file or directory"]),
        (["classify", "-", "b"], ["unexpected extra argument", "(b)"]),
        (["simulate", "--port", "70000"], ["--port", "70000"]),
    ],
)
def test_a_wrong_call_is_one_line(arguments: list[str], words: list[str]) -> None:
    """Unknown options, commands and values name themselves and where help is."""
    assert_mistake(call(*arguments), *words)


@pytest.mark.parametrize(
    ("command", "text", "words"),
    [
        ("serve", "providers: [", ["sora.yml:1: not valid YAML"]),
        ("serve", "service: []", ["sora.yml:1: service: ", "unknown"]),
        ("check", "services: 3", ["sora.yml:1: services: "]),
        ("check", "providers: {a: {base_url: 'http://x', api_key: sk-1}}", ["providers.a", "api_key_env"]),
        ("check", "providers: {a: {base_url: 'http://x', api_key_env: NO_SUCH_KEY}}", ["NO_SUCH_KEY is not set"]),
        ("check", "providers: {a: {base_url: 'http://x', api_key_file: /no/key}}", ["/no/key", "cannot be read"]),
    ],
)
def test_a_mistake_in_the_configuration_is_one_line(tmp_path: Path, command: str, text: str, words: list[str]) -> None:
    """Broken YAML, unknown keys, a key in the file, an unset variable, an unreadable key file: what, where, fix."""
    path = tmp_path / "sora.yml"
    path.write_text(text, "utf-8")
    result = call(command, f"--config.file={path}", f"--storage.path={tmp_path / 'storage'}")
    assert_mistake(result, *words)
    assert "sk-1" not in result.stderr


def test_a_missing_configuration_file_is_one_line(tmp_path: Path) -> None:
    """The path that is not there is named with the option to correct."""
    assert_mistake(call("serve", f"--config.file={tmp_path}/none.yml"), "none.yml: no such file", "--config.file")


def test_without_file_and_key_the_missing_variable_is_named() -> None:
    """The built-in services need OPENAI_API_KEY, and the message says so."""
    assert_mistake(call("check"), "OPENAI_API_KEY is not set", "export it")


def test_two_mistakes_are_two_lines(tmp_path: Path) -> None:
    """Every mistake of a file is reported at once, each on its line."""
    path = tmp_path / "sora.yml"
    path.write_text("bugdet_usd_per_day: 1\nservice: []\n", "utf-8")
    result = call("serve", f"--config.file={path}")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 2)
    assert f"{path}:1: " in result.stderr
    assert f"{path}:2: " in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["two"], ["unknown service two: configured are one"]),
        (["one", "--probe", "ping"], ["unknown probe ping: use catalog, canary, submit, generate"]),
    ],
)
def test_check_refuses_unknown_names(config_file: Path, arguments: list[str], words: list[str]) -> None:
    """An unknown service or probe is named together with the known ones."""
    assert_mistake(call("check", f"--config.file={config_file}", *arguments), *words)


def test_check_without_a_service_names_the_fix(tmp_path: Path) -> None:
    """With nothing to check the command could not run: exit code 2."""
    path = tmp_path / "sora.yml"
    path.write_text("services: []", "utf-8")
    assert_mistake(call("check", f"--config.file={path}"), "no service is configured", "services:")


@pytest.mark.parametrize("command", ["check", "serve"])
def test_storage_that_cannot_be_used_is_one_line(config_file: Path, tmp_path: Path, command: str) -> None:
    """A file where the directory should be is named with the option to change."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("", "utf-8")
    more = ["--web.listen-address=127.0.0.1:0"] if command == "serve" else []
    result = call(command, f"--config.file={config_file}", f"--storage.path={in_the_way}", *more)
    assert_mistake(result, str(in_the_way), "not a directory", "--storage.path")


def test_an_interrupt_ends_quietly(config_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of a check prints nothing and exits with 130."""

    async def interrupted(*_: Any, **_named: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sora_exporter.cli.check, "probe_once", interrupted)
    result = call("check", f"--config.file={config_file}", f"--storage.path={tmp_path}")
    assert (result.exit_code, result.output) == (130, "")


@pytest.mark.processes
def test_output_that_cannot_be_written_is_one_line() -> None:
    """A full disk behind standard output ends in one line and the code for "could not run", not in a traceback."""
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "sora_exporter", "classify"], input='{"id": 1, "http_status": 200, "body": ""}',
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "No space left on device" in ended.stderr
