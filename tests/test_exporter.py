"""The exporter put together: reloads change only the differences, and its metrics show its state."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from support.clock import HandClock, settle
from support.exporting import CONFIGURATION, Served, result, serving

import sora_exporter.exporter
from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.storage import StorageError
from sora_exporter.config import Config, load_config
from sora_exporter.exporter import CLEANUP_SECONDS, STOPPING
from sora_exporter.probes.cleanup import CleanUp
from sora_exporter.result import ErrorClass, ProbeKind, Status

OFFICIAL = "sora-2-official"


@pytest.fixture
async def served(tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    """A started exporter whose probes are scripted."""
    async with serving(tmp_path, clock, monkeypatch) as running:
        yield running


async def scraped(served: Served, name: str) -> dict[str, float]:
    """Return the samples of a metric by their labels as text."""
    lines = (await served.get("/metrics")).text.splitlines()
    found = (line.removeprefix(name).rpartition(" ") for line in lines if line.startswith((f"{name}{{", f"{name} ")))
    return {labels: float(value) for labels, _, value in found}


def rewrite(served: Served, old: str, new: str) -> None:
    """Replace text in the configuration file."""
    text = served.config_file.read_text("utf-8")
    assert old in text
    served.config_file.write_text(text.replace(old, new), "utf-8")


def logged(caplog: pytest.LogCaptureFixture, message: str) -> list[Any]:
    """Return the log records with that message; their fields are members."""
    return [record for record in caplog.records if record.msg == message]


async def test_bad_file_changes_nothing(served: Served, clock: HandClock, caplog: pytest.LogCaptureFixture) -> None:
    """After a reload of a bad file everything goes on as before, and the gauge, the log and the answer say so."""
    before = served.exporter.config
    rewrite(served, "model: sora-2\n", "modell: sora-2\n")
    mistakes = await served.exporter.reload()
    assert "modell" in mistakes
    assert [line.error for line in logged(caplog, "configuration not reloaded")] == mistakes.splitlines()
    assert served.exporter.config is before
    assert await scraped(served, "sora_exporter_config_last_reload_successful") == {"": 0.0}
    await clock.advance(60)
    assert OFFICIAL in [name for name, _ in served.runner.asked]
    served.config_file.write_text(CONFIGURATION, "utf-8")
    assert await served.exporter.reload() == ""
    assert await scraped(served, "sora_exporter_config_last_reload_successful") == {"": 1.0}
    loaded = await scraped(served, "sora_exporter_config_last_reload_success_timestamp_seconds")
    assert loaded == {"": clock.now()}


async def test_counters_survive_a_reload(served: Served, clock: HandClock) -> None:
    """An untouched service keeps counters, status and its moment over a reload that changes another one."""
    await clock.advance(200)
    before = await scraped(served, "sora_probe_attempts_total")
    since = await scraped(served, "sora_service_status_since_timestamp_seconds")
    rewrite(served, "model: sora-2-reverse", "model: sora-2-other")
    assert await served.exporter.reload() == ""
    await settle()
    assert max(before.values()) >= 3
    assert await scraped(served, "sora_probe_attempts_total") == before
    label = f'{{service_id="{OFFICIAL}"}}'
    assert (await scraped(served, "sora_service_status_since_timestamp_seconds"))[label] == since[label]


async def test_reload_with_another_key_withdraws_the_own_fault(
    tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A used-up quota met with one key ends with a reload that finds another key in the same file, and not before."""
    key = tmp_path / "key"
    key.write_text("sk-empty")
    async with serving(tmp_path, clock, monkeypatch) as running:
        rewrite(running, "api_key_env: RELAY_API_KEY", f"api_key_file: {key}")
        assert await running.exporter.reload() == ""
        running.runner.script[OFFICIAL, ProbeKind.CANARY] = result(
            OFFICIAL, ProbeKind.CANARY, ErrorClass.QUOTA_EXHAUSTED, started_at=clock.now()
        )
        await clock.advance(60)
        for value, expected in (("sk-empty", ErrorClass.QUOTA_EXHAUSTED), ("sk-paid", ErrorClass.NONE)):
            key.write_text(value)
            assert await running.exporter.reload() == ""
            assert running.exporter.state.status_of(OFFICIAL).error_class is expected


@pytest.mark.parametrize(
    ("probe", "away_seconds", "status"),
    [
        (ProbeKind.CANARY, 60.0, Status.RISK_CONTROL),
        (ProbeKind.CATALOG, 60.0, Status.OPERATIONAL),
        (ProbeKind.CATALOG, 200.0, Status.OPERATIONAL),
    ],
    ids=["a deeper probe", "the same probe", "too old"],
)
async def test_a_lasting_fault_outlives_a_restart(
    probe: ProbeKind, away_seconds: float, status: Status, tmp_path: Path, clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """After a restart a fault goes on until its own probe succeeds: a success of a shallower one does not clear it."""
    async with serving(tmp_path, clock, monkeypatch) as served:
        served.exporter._record(result(OFFICIAL, probe, ErrorClass.RISK_CONTROL, detail="unusual activity"))
        (before,) = served.exporter.events.of(OFFICIAL)
    await clock.advance(away_seconds)
    async with serving(tmp_path, clock, monkeypatch) as served:
        known = served.exporter.state.status_of(OFFICIAL)
        is_fresh = away_seconds < 150
        assert known.status is (Status.RISK_CONTROL if is_fresh else Status.UNKNOWN)
        assert (known.since, known.detail) == (before.began_at, "unusual activity") or not is_fresh
        served.exporter._record(result(OFFICIAL, ProbeKind.CATALOG))
        assert served.exporter.state.status_of(OFFICIAL).status is status
        served.exporter._record(result(OFFICIAL, ProbeKind.CANARY))
        newest, oldest = served.exporter.events.of(OFFICIAL)
    assert (oldest.id, oldest.ended_at, newest.status) == (before.id, newest.began_at, Status.OPERATIONAL)


async def test_the_fault_of_a_paid_probe_ends_with_a_restart(
    tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its next attempt may be hours away, so a restart takes the status from the free probes."""
    async with serving(tmp_path, clock, monkeypatch) as served:
        served.exporter._record(result("scraped", ProbeKind.SUBMIT, ErrorClass.UNAVAILABLE))
    async with serving(tmp_path, clock, monkeypatch) as served:
        assert served.exporter.state.status_of("scraped").status is Status.UNKNOWN


async def test_removed_service_leaves_the_metrics(served: Served, clock: HandClock) -> None:
    """A service that a reload removes is gone from the next scrape, though an attempt of it is under way."""
    served.runner.gate.clear()
    await clock.advance(15)
    assert await scraped(served, "sora_exporter_probes_in_flight") == {"": 2.0}
    rewrite(served, "id: sora-2-official", "id: renamed")
    assert await served.exporter.reload() == ""
    served.runner.gate.set()
    await settle()
    text = (await served.get("/metrics")).text
    assert f'service_id="{OFFICIAL}"' not in text
    assert 'service_id="renamed"' in text


async def test_reload_storm(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many reloads requested at once, one runs and one waits, and late callers get the last file."""
    loads, is_loading = [0], threading.Lock()
    was_read, may_end = threading.Event(), threading.Event()
    real = load_config

    def load(path: Path | None) -> Config:
        assert is_loading.acquire(blocking=False)
        loads[0] += 1
        config = real(path)
        was_read.set()
        assert may_end.wait(10)
        is_loading.release()
        return config

    monkeypatch.setattr(sora_exporter.exporter, "load_config", load)
    first = asyncio.create_task(served.exporter.reload())
    assert await asyncio.to_thread(was_read.wait, 10)
    rewrite(served, "name: Sora 2 官转", "name: renamed")
    rest = [asyncio.create_task(served.exporter.reload()) for _ in range(50)]
    await settle()
    may_end.set()
    assert set(await asyncio.gather(first, *rest)) == {""}
    assert loads == [2]
    assert served.exporter.config.services[0].name == "renamed"


async def test_a_stop_answers_every_reload_under_way(
    tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reload that the stop cuts off returns a text that says so to each of its callers, and raises nothing."""
    is_loading, may_end = threading.Event(), threading.Event()

    def load(_: Path | None) -> Config:
        is_loading.set()
        may_end.wait(10)
        raise AssertionError("the reload was cut off")

    async with serving(tmp_path, clock, monkeypatch) as running:
        monkeypatch.setattr(sora_exporter.exporter, "load_config", load)
        reloads = [asyncio.create_task(running.exporter.reload()) for _ in range(3)]
        assert await asyncio.to_thread(is_loading.wait, 10)
    may_end.set()
    assert await asyncio.gather(*reloads) == [STOPPING] * 3


async def test_spend_is_read_after_paid_probes_only(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger is asked after an attempt that may have cost money, also a canary's, not after one never made."""
    reads: list[float] = []

    def spent(*_: Any) -> float:
        reads.append(0.0)
        return 0.42

    monkeypatch.setattr(Ledger, "spent_usd", spent)
    served.exporter._record(result(OFFICIAL, ProbeKind.CATALOG))
    served.exporter._record(result("scraped", ProbeKind.SUBMIT, ErrorClass.BUDGET_EXHAUSTED))
    assert reads == []
    served.exporter._record(result("scraped", ProbeKind.SUBMIT))
    assert await scraped(served, "sora_probe_budget_spent_usd") == {"": 0.42}
    served.exporter._record(result(OFFICIAL, ProbeKind.CANARY, cost_usd=0.1))
    assert len(reads) == 2


async def test_a_barred_canary_is_warned_of_at_each_start(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """At the start a warning names each canary that is not sent and the fix; a reload does not repeat it."""
    served.runner.barred.add((OFFICIAL, ProbeKind.CANARY))
    for _ in range(2):
        served.exporter._warn()
    (warning,) = logged(caplog, "configuration warning")
    assert f"check --probe=canary {OFFICIAL}" in warning.detail


async def test_unreadable_ledger_counts_as_just_paid(
    served: Served, clock: HandClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While the last payment is unknown, a paid probe waits as if it had just run."""

    def fail(*_: Any) -> float:
        raise StorageError("ledger: is locked; end the other program")

    monkeypatch.setattr(Ledger, "last_attempt", fail)
    assert served.exporter.spending.last_paid("scraped", ProbeKind.SUBMIT) == clock.now()
    assert [line.error for line in logged(caplog, "ledger not readable")] == [
        "ledger: is locked; end the other program"
    ]


async def test_tls_expiry_is_shown_and_renewed(served: Served) -> None:
    """A certificate's expiry is shown per provider, and a renewed one replaces it in the next scrape."""
    for expires_at in (1_800_000_000.0, 1_900_000_000.0):
        served.exporter._record(result(OFFICIAL, ProbeKind.CATALOG, tls_expires_at=expires_at))
        found = await scraped(served, "sora_probe_tls_expiry_timestamp_seconds")
        assert found == {'{provider="relay"}': expires_at}


async def test_response_time_outlives_an_attempt_without_a_request(served: Served) -> None:
    """The response time goes away with an attempt without an answer, but not with one that sent no request."""
    label = '{service_id="scraped"}'
    served.exporter._record(result("scraped", ProbeKind.CATALOG, response_seconds=0.7))
    served.exporter._record(result("scraped", ProbeKind.SUBMIT, ErrorClass.BUDGET_EXHAUSTED))
    assert (await scraped(served, "sora_service_response_time_seconds"))[label] == 0.7
    served.exporter._record(result("scraped", ProbeKind.CATALOG, ErrorClass.TIMEOUT))
    assert label not in await scraped(served, "sora_service_response_time_seconds")


async def test_probe_that_is_not_configured_has_no_interval(served: Served) -> None:
    """A single canary run by hand is counted, but a probe that is not configured has no interval."""
    served.exporter._record(result("scraped", ProbeKind.CANARY))
    label = '{probe="canary",service_id="scraped"}'
    assert (await scraped(served, "sora_probe_attempts_total"))[label] == 1.0
    assert label not in await scraped(served, "sora_probe_interval_seconds")


async def test_nothing_is_left_after_stop(tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping in the middle of attempts and of a reload leaves no task behind."""
    others = asyncio.all_tasks()
    async with serving(tmp_path, clock, monkeypatch) as running:
        running.runner.gate.clear()
        await clock.advance(15)
        reload = asyncio.create_task(running.exporter.reload())
        await asyncio.sleep(0)
    await asyncio.wait([reload])
    await settle()
    assert asyncio.all_tasks() <= others


async def test_change_of_status_is_logged_once(
    served: Served, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The log shows old status, new status and reason at the change, and not with every attempt after it."""
    caplog.set_level("INFO")
    await clock.advance(200)
    caplog.clear()
    fault = result(OFFICIAL, ProbeKind.CATALOG, ErrorClass.UNAVAILABLE, detail="no channel")
    served.runner.script[OFFICIAL, ProbeKind.CATALOG] = fault
    await clock.advance(200)
    (line,) = logged(caplog, "status changed")
    facts = ("service_id", "from", "to", "error_class", "probe", "detail")
    assert [getattr(line, name) for name in facts] == [
        OFFICIAL, "operational", "suspended", "unavailable", "catalog", "no channel"
    ]  # fmt: skip


@pytest.mark.usefixtures("served")
async def test_a_fault_of_ours_ends_one_round_of_the_clean_up(
    clock: HandClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A round that breaks is logged with its traceback, and the next one still runs."""
    rounds: list[float] = []

    def breaking(_: CleanUp) -> None:
        rounds.append(clock.now())
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(CleanUp, "begin_round", breaking)
    await clock.advance(3 * CLEANUP_SECONDS)
    assert len(rounds) == 3
    assert [line.task for line in logged(caplog, "internal error in task")] == ["clean-up"] * 3
