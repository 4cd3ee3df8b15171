"""``events``: the event log for other programs."""

from __future__ import annotations

import csv
import json
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sora_exporter.budget.ledger import Ledger
from sora_exporter.cli.events import render_csv
from sora_exporter.cli.main import main
from sora_exporter.history import EventLog, EventStore
from sora_exporter.result import ErrorClass, ProbeKind, Status


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """The storage of an exporter that saw two services, one of them suspended since an hour."""
    now = time.time()
    with closing(Ledger.open(tmp_path, exclusive=True, now=time.time)) as ledger:
        events = EventLog(EventStore(ledger.storage), time.time)
        events.note("old", Status.OPERATIONAL, ErrorClass.NONE, now - 20 * 86400)
        events.note("old", Status.SUSPENDED, ErrorClass.UNAVAILABLE, now - 3600, probe=ProbeKind.CANARY, detail='a "b"')
        events.note("new", Status.OPERATIONAL, ErrorClass.NONE, now - 60)
        events.write()
    return tmp_path


def call(storage: Path, *arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, ["events", f"--storage.path={storage}", *arguments], prog_name="sora-exporter")


def test_json_and_csv_have_the_same_events(storage: Path) -> None:
    """Both formats have every event, the newest first, with the same facts."""
    document = json.loads(call(storage).stdout)
    table = list(csv.DictReader(call(storage, "--format=csv").stdout.splitlines()))
    assert [event["service_id"] for event in document] == ["new", "old", "old"]
    for event, row in zip(document, table, strict=True):
        for name in ("id", "status", "error_class", "probe", "depth", "why", "began_at", "ended_at"):
            assert row[name] == ("" if event[name] is None else str(event[name]))


def test_a_providers_text_is_no_formula_of_a_spreadsheet(storage: Path) -> None:
    """A reason that begins like a formula is marked as text in CSV."""
    with closing(Ledger.open(storage, exclusive=False, now=time.time)) as ledger:
        found = [replace(event, detail='=HYPERLINK("http://x")') for event in EventStore(ledger.storage).read()]
    table = list(csv.DictReader(render_csv(found, time.time()).splitlines()))
    assert {row["why"] for row in table} == {'\'=HYPERLINK("http://x")'}


def test_events_are_chosen_by_service_and_age(storage: Path) -> None:
    """Only the events of named services and of the last days are printed."""
    document = json.loads(call(storage, "--service=old", "--days=1").stdout)
    assert [(event["service_id"], event["status"]) for event in document] == [
        ("old", "suspended"),
        ("old", "operational"),
    ]
    assert json.loads(call(storage, "--service=nobody").stdout) == []


def test_unusable_storage_is_one_line(tmp_path: Path) -> None:
    """A storage that cannot be opened ends with exit code 2 and one line with the fix."""
    (tmp_path / "file").write_text("")
    ended = call(tmp_path / "file")
    assert (ended.exit_code, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert "--storage.path" in ended.stderr
