"""The program's commands in this process: as values, and called as a shell calls them."""

from __future__ import annotations

import click
from click.testing import CliRunner, Result

from sora_exporter.cli.main import main


def command(name: str) -> click.Command:
    """Return a command of the program by its name."""
    found = main.get_command(click.Context(main), name)
    assert found is not None, name
    return found


def call(*arguments: str, text: str = "", **variables: str | None) -> Result:
    """Run the program in this process, without any provider's variables but those given."""
    env: dict[str, str | None] = {"OPENAI_API_KEY": None, "OPENAI_BASE_URL": None, **variables}
    return CliRunner(env=env).invoke(main, arguments, input=text, prog_name="sora-exporter")


def assert_mistake(result: Result, *words: str) -> None:
    """Require exactly one line on stderr with these words, nothing on stdout, and exit code 2."""
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.output
    assert result.stderr.startswith("sora-exporter: ")
    assert [word for word in words if word not in result.stderr] == [], result.stderr
