"""The monitor for programs without asyncio, against the simulated provider and without an HTTP server."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.probing import SimulatedProvider
from support.waiting import wait_until

from sora_exporter import Monitor
from sora_exporter.budget.storage import StorageError
from sora_exporter.monitor import Change
from sora_exporter.result import Depth, ErrorClass, Status

THREAD = "sora-monitor"
OFFICIAL = "sora-2-official"


def test_a_check_finds_what_the_exporter_would(config: Path, simulator: SimulatedProvider) -> None:
    """One call probes every service; status, reason, depth and the route come from the exporter's own rules."""
    simulator.behave("sora_video2", "suspended")
    with Monitor(str(config)) as monitor:
        found = monitor.check()
        assert {view.service_id: view.status for view in found.values()} == {
            OFFICIAL: "operational", "sora-2-reverse": "suspended"
        }  # fmt: skip
        official, reverse = found.values()
        assert (official.depth, official.is_usable, official.error_class) == (Depth.ROUTED, True, "none")
        assert (reverse.is_usable, bool(reverse.reason), bool(reverse.what_to_do)) == (False, True, True)
        assert str(reverse).startswith("sora-2-reverse: suspended (")
        assert monitor.status(OFFICIAL) == official
        assert monitor.statuses() == found
        assert f"sora-2: use {OFFICIAL} (operational through official access" in monitor.summary()


def test_changes_are_reported_with_their_reason(config: Path, simulator: SimulatedProvider) -> None:
    """The function gets old and new status, reason and depth in order; its own error stops nothing."""
    changes: list[Change] = []
    monitor: Monitor

    def note(change: Change) -> None:
        changes.append(change)
        assert monitor.status(change.service_id).service_id == change.service_id
        raise ZeroDivisionError

    with Monitor(config, on_change=note) as monitor:
        monitor.check(OFFICIAL)
        wait_until(lambda: OFFICIAL in [change.service_id for change in changes])
        simulator.behave("sora-2", "unavailable")
        monitor.check(OFFICIAL)
    ours = [change for change in changes if change.service_id == OFFICIAL]
    assert [(change.old, change.new) for change in ours] == [
        (Status.UNKNOWN, Status.OPERATIONAL), (Status.OPERATIONAL, Status.SUSPENDED)
    ]  # fmt: skip
    assert (ours[1].error_class, ours[1].depth) == (ErrorClass.UNAVAILABLE, Depth.AUTHENTICATED)
    assert ours[1].reason
    assert str(ours[1]) == f"{OFFICIAL}: operational -> suspended ({ours[1].reason})"


def test_uptime_and_history_are_those_of_the_events(config: Path, simulator: SimulatedProvider) -> None:
    """The history has each status, the newest first; uptime counts observed time only."""
    with Monitor(config) as monitor:
        monitor.check()
        assert monitor.uptime(OFFICIAL) == 1.0
        simulator.behave("sora-2", "unavailable")
        monitor.check(OFFICIAL)
        share = monitor.uptime(OFFICIAL, hours=1)
        assert share is not None
        assert 0 < share < 1
        newest, before, *_ = monitor.history(OFFICIAL)
        assert (newest.status, newest.ended_at) == (Status.SUSPENDED, None)
        assert (before.status, before.ended_at) == (Status.OPERATIONAL, newest.began_at)
        with pytest.raises(ValueError, match=r"hours=0 is not a length of time"):
            monitor.uptime(OFFICIAL, hours=0)


def test_a_directory_of_its_own_keeps_the_history(config: Path, tmp_path: Path) -> None:
    """With a storage the history survives a restart, and a second monitor there is refused in one line."""
    with Monitor(config, storage=tmp_path / "own") as monitor:
        monitor.check(OFFICIAL)
        with pytest.raises(StorageError, match=r"another sora-exporter \(pid \d+\) holds it"):
            Monitor(config, storage=str(tmp_path / "own"))
    with Monitor(config, storage=tmp_path / "own") as monitor:
        assert Status.OPERATIONAL in [event.status for event in monitor.history(OFFICIAL)]


def test_without_a_directory_several_run_at_once(config: Path) -> None:
    """Workers of one application need no arrangement: each has its monitor, and they share the budget."""
    with Monitor(config) as one, Monitor(config) as other:
        assert one.check(OFFICIAL).keys() == other.check(OFFICIAL).keys()


@pytest.mark.parametrize("name", ["status.json", "status.md", "status.txt"])
def test_an_export_has_the_form_of_its_name(config: Path, tmp_path: Path, name: str) -> None:
    """The end of the file's name chooses JSON, Markdown or text, as ``check --format`` does."""
    with Monitor(config) as monitor:
        monitor.check()
        monitor.export(tmp_path / name)
    text = (tmp_path / name).read_text("utf-8")
    found = json.loads(text) if name.endswith("json") else None
    assert text.startswith({"j": "{", "m": "**AI video", "t": "AI video"}[name.partition(".")[2][0]])
    assert found is None or [one["status"] for one in found["services"]] == ["operational"] * 2


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda monitor: monitor.status("sora"), "'sora' is not configured: there are sora-2-official, sora-2-reverse"),
        (lambda monitor: monitor.check("sora"), "'sora' is not configured"),
        (lambda monitor: monitor.history("sora"), "'sora' is not configured"),
        (lambda monitor: monitor.uptime("sora"), "'sora' is not configured"),
        (lambda monitor: monitor.export("status.xls"), r"does not end in \.json, \.md, \.txt"),
    ],
)
def test_a_wrong_name_is_one_clear_sentence(config: Path, call: Callable[[Monitor], Any], words: str) -> None:
    """An unknown service, or form of a file, names those that there are."""
    with Monitor(config) as monitor, pytest.raises(ValueError, match=words):
        call(monitor)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda monitor: monitor.check([OFFICIAL]), "service_id is a text, not list"),
        (lambda monitor: monitor.uptime(OFFICIAL, hours="24"), "hours is a number, not str"),
    ],
)
def test_an_argument_of_a_wrong_type_is_one_clear_sentence(
    config: Path, call: Callable[[Monitor], Any], words: str
) -> None:
    """A list of services in one argument, or hours as a text, is a TypeError that names the argument."""
    with Monitor(config) as monitor, pytest.raises(TypeError, match=words):
        call(monitor)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"config": 5}, "config is a path, a Config or None, not int"),
        ({"on_change": "print"}, "on_change is a function that takes a Change, not str"),
        ({"storage": 5}, "storage is the path of a directory, not int"),
    ],
)
def test_a_wrong_setting_starts_nothing(config: Path, settings: dict[str, Any], words: str) -> None:
    """A value of a wrong type is refused before any thread starts."""
    with pytest.raises(TypeError, match=words):
        Monitor(**{"config": config, **settings})


def test_a_forgotten_monitor_ends(config: Path) -> None:
    """A monitor that nothing refers to any more stops probing and ends its thread."""
    Monitor(config).check(OFFICIAL)
    gc.collect()
    wait_until(lambda: not any(thread.name.startswith(THREAD) for thread in threading.enumerate()))
