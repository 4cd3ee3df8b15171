"""The command line: the commands under one name, and the handling of wrong calls and interrupts."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, NoReturn

import click

from sora_exporter import __version__
from sora_exporter.cli.mistakes import COULD_NOT_RUN, fail

INTERRUPTED = 130

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "init": "Write a configuration for the vendors whose keys are set, or for those named.",
        "serve": "Run the exporter.",
        "check": "Probe once and print the report.",
        "schema": "Print the JSON Schema of sora.yml.",
        "apis": "List the built-in APIs, or print one.",
        "classify": "Classify recorded answers.",
        "events": "Print the event log.",
        "notify": "Send Alertmanager's notifications to chats.",
        "report": "Print the availability tables of a window.",
        "simulate": "Run the simulated provider alone.",
        "demo": "Run everything on this machine, no key needed.",
    }
)
"""Each command and the first sentence of its help; ``sora_exporter.cli.NAME`` holds the command of that name."""


VERSION = click.version_option(__version__, prog_name="sora-exporter")


class Program(click.Group):
    """Loads a command when it is used; a wrong call prints one line like any mistake, and an interrupt ends quietly."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import a command's module and return the command, which knows --version too; None for an unknown name."""
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"sora_exporter.cli.{name}"), name)
        return VERSION(command) if all(one.name != "version" for one in command.params) else command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run the command that the arguments name and exit with its code."""
        try:
            sys.exit(super().main(*args, **{**extra, "standalone_mode": False}))
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(COULD_NOT_RUN)
        except OSError as error:
            fail(f"cannot write the output: {error.strerror or error}: make room or write elsewhere")
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "sora-exporter"
            fail(f"{error.format_message().rstrip('.')}: see {command} --help")

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; Ctrl-C ends it without a traceback."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@VERSION
def main() -> None:
    """Prometheus exporter for AI-video services: usable now, through which route, and how reliable."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show Chinese or an icon gets escape codes instead of an error.
        sys.stdout.reconfigure(errors="backslashreplace")
