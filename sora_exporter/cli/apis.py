"""``sora-exporter apis``: the built-in APIs of vendors, and each one as a section to begin with."""

from __future__ import annotations

import textwrap

import click

from sora_exporter.cli.mistakes import fail
from sora_exporter.config.apis import api_text, builtin_apis
from sora_exporter.config.checks import suggestion
from sora_exporter.result import ProbeKind


@click.command()
@click.argument("name", required=False)
def apis(name: str | None) -> None:
    """List the built-in APIs, or print one. NAME is printed as a section of sora.yml, in which it can be changed."""
    known = builtin_apis()
    if name is None:
        click.echo(listing())
    elif name in known:
        click.echo(section(name), nl=False)
    else:
        fail(f"{name!r} is not a built-in api: {suggestion(name, known)}")


def listing() -> str:
    """Return a line per built-in API: its name, the vendor, and the probes that it describes enough for."""
    known = builtin_apis()
    names, titles = max(map(len, known)), {name: title(name) for name in known}
    vendors = max(map(len, titles.values()))
    return "\n".join(
        f"{name:{names}}  {titles[name]:{vendors}}  {' '.join(kind for kind in ProbeKind if getattr(api, kind.needs))}"
        for name, api in known.items()
    )


def title(name: str) -> str:
    """Return the first sentence of an API's file, which names the vendor."""
    return api_text(name).removeprefix("# ").partition("\n")[0].partition(". ")[0].rstrip(".:,")


def section(name: str) -> str:
    """Return an API as ``apis:`` of a configuration, where an API of a built-in name replaces the built-in one."""
    return f"apis:\n  {name}:\n{textwrap.indent(api_text(name), '    ')}"
