"""``sora-exporter events``: the event log for other programs."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import click

from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.storage import StorageError
from sora_exporter.cli.mistakes import fail
from sora_exporter.cli.options import place, storage_options
from sora_exporter.clock import DAY_SECONDS
from sora_exporter.history import Event, EventStore
from sora_exporter.history.event import event_overview

COLUMNS = (
    "id", "service_id", "status", "error_class", "probe", "depth", "why", "began_at", "ended_at", "duration_seconds",
)  # fmt: skip


@click.command()
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", show_default=True,
              help="Format of the output.")  # fmt: skip
@click.option("--days", type=click.IntRange(min=1), metavar="N", help="Only events of the last N days.")
@click.option("--service", "services", multiple=True, metavar="ID", help="Only this service; may be repeated.")
@storage_options
def events(form: str, days: int | None, services: tuple[str, ...], **storage: Any) -> None:
    """Print the event log: the times that services spent in a status, the newest first."""
    now = time.time()
    try:
        with closing(Ledger.open(place(**storage), exclusive=False, now=time.time)) as ledger:
            found = EventStore(ledger.storage).read()
    except StorageError as error:
        fail(str(error))
    start = now - days * DAY_SECONDS if days else 0.0
    chosen = [
        one for one in reversed(found) if one.overlaps(start, now) and (not services or one.service_id in services)
    ]
    click.echo(FORMATS[form](chosen, now), nl=False)


def render_json(found: Sequence[Event], now: float) -> str:
    """Return the events as one JSON document; ``now`` is Unix time."""
    document = [event_overview(event, now) for event in found]
    return f"{json.dumps(document, ensure_ascii=False, indent=2)}\n"


def render_csv(found: Sequence[Event], now: float) -> str:
    """Return the events as a table with a heading; ``now`` is Unix time."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    for event in found:
        said = event_overview(event, now)
        table.writerow({**said, "why": _inert(said["why"])})
    return text.getvalue()


def _inert(text: str) -> str:
    """Return a provider's text so that a spreadsheet does not take it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


FORMATS = {"json": render_json, "csv": render_csv}
