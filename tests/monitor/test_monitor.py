"""The monitor for programs: the exporter's engine against the simulated provider, without an HTTP server."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.probing import SimulatedProvider

from sora_exporter import AsyncMonitor, Monitor
from sora_exporter.budget.storage import StorageError
from sora_exporter.config import ConfigError
from sora_exporter.monitor import Change
from sora_exporter.result import Depth, ErrorClass, Status

THREAD = "sora-monitor"
OFFICIAL = "sora-2-official"
CONFIGURATION = """
providers:
  relay: {{base_url: "{url}", api_key_env: MONITOR_KEY}}
services:
  - {{id: sora-2-official, product: sora-2, access: official, provider: relay, model: sora-2, api: videos,
     probes: {{canary: {{interval: 1h}}}}}}
  - {{id: sora-2-reverse, product: sora-2, access: reverse, provider: relay, model: sora_video2, api: chat,
     probes: {{canary: {{interval: 1h}}}}}}
"""


@pytest.fixture
def config(simulator: SimulatedProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration of two routes whose schedule leaves the attempts to the test."""
    monkeypatch.setenv("MONITOR_KEY", "sk-of-the-monitor")
    monkeypatch.setattr("sora_exporter.monitor.asynchronous.usual_directory", lambda: tmp_path / "shared")
    monkeypatch.setattr("sora_exporter.probes.scheduler.FIRST_ROUND_SECONDS", 0.0)
    file = tmp_path / "sora.yml"
    file.write_text(CONFIGURATION.format(url=simulator.base_url("videos")), "utf-8")
    return file


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """After each test no thread of a monitor is left."""
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith(THREAD)] == []


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; a minute is the limit for a hang."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.002)


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


async def test_the_asynchronous_monitor_awaits_its_caller(config: Path, simulator: SimulatedProvider) -> None:
    """With asyncio a coroutine function is awaited, and everything else is the same."""
    seen = asyncio.Event()

    async def note(_change: Change) -> None:
        await asyncio.sleep(0)
        seen.set()

    others = asyncio.all_tasks()
    async with AsyncMonitor(config, on_change=note) as monitor:
        await monitor.check(OFFICIAL)
        async with asyncio.timeout(20):
            await seen.wait()
        assert monitor.status(OFFICIAL).status is Status.OPERATIONAL
    assert asyncio.all_tasks() <= others
    assert simulator.created() == 0


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


async def test_before_and_after_it_runs_a_monitor_says_so(config: Path) -> None:
    """A call on a monitor that does not run, or not any more, is refused in plain words; closing twice is fine."""
    with pytest.raises(RuntimeError, match=r"the monitor does not run: use it in `async with`"):
        AsyncMonitor(config).status(OFFICIAL)
    monitor = Monitor(config)
    monitor.close()
    monitor.close()
    with pytest.raises(RuntimeError, match="the monitor is closed: make a new one"):
        monitor.status(OFFICIAL)


def test_a_forgotten_monitor_ends(config: Path) -> None:
    """A monitor that nothing refers to any more stops probing and ends its thread."""
    Monitor(config).check(OFFICIAL)
    gc.collect()
    wait_until(lambda: not any(thread.name.startswith(THREAD) for thread in threading.enumerate()))


@pytest.mark.parametrize(
    ("environment", "services"),
    [
        ({"RUNWAYML_API_SECRET": "key_0123456789"}, "runway"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "OPENAI_API_KEY": "sk-0123"}, "default"),
    ],
)
def test_keys_in_the_environment_are_enough(
    config: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], services: str
) -> None:
    """A vendor's key gives its living services, the address of a relay the built-in ones; probes cost nothing."""
    assert config.exists()
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr("sora_exporter.probes.scheduler.FIRST_ROUND_SECONDS", 3600.0)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with Monitor.from_env() as monitor:
        configured = monitor._monitor._config
    assert {service.provider for service in configured.services} == {services}
    assert configured.budget_usd_per_day == 0


def test_without_a_key_it_names_the_variable(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no key at all the error names the variable to set."""
    assert config.exists()
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        Monitor.from_env()
