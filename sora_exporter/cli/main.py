"""The command line: the commands under one name, and how a wrong call or an interrupt ends."""

from __future__ import annotations

import io
import sys
from typing import Any, NoReturn

import click

from sora_exporter import __version__
from sora_exporter.cli.commands import COMMANDS
from sora_exporter.cli.options import COULD_NOT_RUN, fail

INTERRUPTED = 130


class Program(click.Group):
    """The commands; a wrong call is one line like any other mistake, and an interrupt ends quietly."""

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run the command the arguments name and exit with its code."""
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
        """Run the command; Ctrl-C is an end like any other."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sora-exporter")
def main() -> None:
    """Prometheus exporter for AI-video services: usable now, through which route, and how reliable."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show Chinese or an icon gets their codes instead of nothing at all.
        sys.stdout.reconfigure(errors="backslashreplace")


for _command in COMMANDS:
    main.add_command(_command)
