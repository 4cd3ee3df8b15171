"""Faults together: many at once, on the storage, during reloads, and with a clock that steps."""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing, contextmanager, suppress
from itertools import count, islice, pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support import forking, plain_http
from support.choice import Choice
from support.clock import HandClock, settle
from support.faults.server import serve
from support.programs.launch import eventually
from support.running import PROGRAM, Running, environment, exporter, run, simulator
from support.watched import config, result, service

from sora_exporter.budget.ledger import Ledger
from sora_exporter.clock import SystemClock
from sora_exporter.config import Config
from sora_exporter.evidence.state import State
from sora_exporter.exporter import Exporter
from sora_exporter.probes.scheduler import FIRST_ROUND_SECONDS, Scheduler, splay
from sora_exporter.result import ErrorClass, ProbeKind, ProbeResult, Status
from sora_exporter.web.app import create_app

pytestmark = pytest.mark.programs

OFTEN = {"catalog": {"interval": "1200ms", "timeout": "600ms"}}
CALMLY = {"catalog": {"interval": "3s", "timeout": "2900ms"}}
FAULTS = {"timeout", "connection", "invalid_response", "tls", "server_error", "rate_limited"}
ATTEMPTS = re.compile(r'sora_probe_attempts_total\{.*service_id="([^"]*)".*\} (\S+)')


def providers(urls: Sequence[str], **probe: str) -> Config:
    """Return a configuration with one service of each of these providers and these settings of its only probe."""
    services = [service(f"s-{number}", f"p-{number}", probes={"catalog": probe}) for number in range(len(urls))]
    named = {f"p-{number}": {"base_url": f"{url}/v1", "api_key_env": "PROBE_KEY"} for number, url in enumerate(urls)}
    return config(*services, providers=named)


@asynccontextmanager
async def watching(directory: Path, settings: Config) -> AsyncIterator[tuple[Exporter, httpx2.AsyncClient]]:
    """Run a whole exporter over real connections, and a client of its HTTP side."""
    clock = SystemClock()
    with closing(Ledger.open(directory / "storage", exclusive=True, now=clock.now)) as ledger:
        watcher = Exporter(settings, None, ledger, clock)
        transport = httpx2.ASGITransport(app=create_app(watcher))
        async with httpx2.AsyncClient(transport=transport, base_url="http://exporter") as client:
            await watcher.start()
            try:
                yield watcher, client
            finally:
                await watcher.stop()


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_KEY", "sk-of-the-probes")


async def scraped_until(client: httpx2.AsyncClient, claim: Callable[[], bool]) -> None:
    """Scrape again and again until a claim holds; a minute is the limit for a hang."""
    async with asyncio.timeout(60):
        while not claim():
            assert (await client.get("/metrics")).status_code == 200
            await asyncio.sleep(0.02)


def kept(watcher: Exporter, service_id: str) -> list[ProbeResult]:
    """Return the attempts that are remembered of a service, oldest first."""
    results = (one for probed in watcher.state.services[service_id].probes.values() for one in probed.kept())
    return sorted(results, key=lambda one: one.started_at)


async def test_all_providers_hung_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All attempts wait at the same time, scrapes are answered meanwhile, and each attempt ends as a timeout."""
    monkeypatch.setattr("sora_exporter.probes.scheduler.FIRST_ROUND_SECONDS", 1.0)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serve("silence"))
        settings = providers([server.url] * 20, interval="1h", timeout="5s")
        watcher, client = await stack.enter_async_context(watching(tmp_path, settings))
        await scraped_until(client, lambda: watcher.scheduler.in_flight == 20)
        await scraped_until(client, lambda: watcher.scheduler.in_flight == 0)
        for one in settings.services:
            assert [attempt.error_class for attempt in kept(watcher, one.id)] == [ErrorClass.TIMEOUT]
            assert watcher.state.status_of(one.id).status is Status.DEGRADED


async def test_one_of_a_hundred_hung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ninety-nine others are probed and operational while the attempt at the hung one still waits."""
    monkeypatch.setattr("sora_exporter.probes.scheduler.FIRST_ROUND_SECONDS", 1.0)
    async with AsyncExitStack() as stack:
        good = await stack.enter_async_context(serve("good", is_kept=True))
        hung = await stack.enter_async_context(serve("silence"))
        settings = providers([hung.url, *[good.url] * 99], interval="1h", timeout="5m")
        watcher, client = await stack.enter_async_context(watching(tmp_path, settings))
        others = [one.id for one in settings.services[1:]]
        await scraped_until(client, lambda: bool(hung.requests) and all(kept(watcher, name) for name in others))
        assert (watcher.scheduler.in_flight, kept(watcher, "s-0")) == (1, [])
        assert {watcher.state.status_of(name).status for name in others} == {Status.OPERATIONAL}


async def test_many_hung_providers_leave_the_others_their_slots() -> None:
    """Ten providers that hang in all their slots, more than were ever allowed in total, delay no other one."""
    clock = HandClock()
    each = {"catalog": {"interval": "1m", "timeout": "50s"}}
    hung = [service(f"hung-{number}", f"hung-{number % 10}", probes=each) for number in range(100)]
    settings = config(*hung, service(probes=each))
    starts = []

    async def attempt(probed: Any, probe: ProbeKind) -> ProbeResult:
        if probed.provider.startswith("hung"):
            await asyncio.Event().wait()
        starts.append(clock.now())
        return result(probe=probe, service_id=probed.id)

    begun = clock.now()
    scheduler = Scheduler(settings, attempt, lambda _: None, clock)
    scheduler.apply(settings)
    await settle()
    await clock.advance(130)
    assert scheduler.in_flight == 80
    await scheduler.stop()
    first = splay("alpha", ProbeKind.CATALOG) * FIRST_ROUND_SECONDS
    assert [start - begun for start in starts] == pytest.approx([first, first + 60, first + 120])


@pytest.mark.parametrize("step", [-86400.0, -3.0, 3.0, 86400.0 * 400])
async def test_a_stepping_clock_delays_and_dates_nothing_wrongly(step: float) -> None:
    """Probes keep their monotonic rhythm and durations, and fresh evidence stays evidence when the clock jumps."""
    clock = HandClock()
    settings = config(service(probes={"catalog": {"interval": "1m", "timeout": "10s"}}))
    state = State(clock)
    state.configure(settings)
    starts = []

    async def attempt(probed: Any, probe: ProbeKind) -> ProbeResult:
        starts.append(clock.monotonic())
        began, started_at = clock.monotonic(), clock.now()
        await clock.sleep(2)
        clock.step(step)
        await clock.sleep(2)
        taken = clock.monotonic() - began
        return result(probe=probe, service_id=probed.id, started_at=started_at, duration_seconds=taken)

    scheduler = Scheduler(settings, attempt, state.record, clock)
    scheduler.apply(settings)
    await settle()
    await clock.advance(250)
    assert [round(after - before, 6) for before, after in pairwise(starts)] == [60.0] * 4
    assert state.status_of("alpha").status is Status.OPERATIONAL
    latest = state.services["alpha"].probes[ProbeKind.CATALOG].latest
    assert latest is not None
    assert latest.duration_seconds == pytest.approx(4)
    clock.step(step)
    await clock.advance(40)
    assert state.status_of("alpha").status is Status.OPERATIONAL
    await scheduler.stop()
    await clock.advance(200)
    assert state.status_of("alpha").status is Status.UNKNOWN


ORDERED = tuple(f"paid-{number}" for number in range(50))
"""Services that order when they are scraped, each once in its minute."""
QUICK = islice((f"q-{n}" for n in count() if splay(f"q-{n}", ProbeKind.SUBMIT) * FIRST_ROUND_SECONDS < 0.5), 200)
SCHEDULED = tuple(QUICK)
"""Services that order within half a second of a start or a reload, once in their minute."""


def paying(provider: str, paid: Sequence[str], budget_usd: float = 1000, **member: bool) -> str:
    """Return a configuration with the service ``free`` and these paid ones, which have this member too."""
    order = {"model": "sora-2", "price_usd": {"per_request": 0.01}, "probes": {"submit": {"interval": "1m"}}}
    document = {
        "budget_usd_per_day": budget_usd,
        "providers": {"relay": {"base_url": f"{provider}/v1", "api_key_env": "OPENAI_API_KEY"}},
        "services": [
            service("free", "relay", model="sora-2-pro", probes={"catalog": {"interval": "1s"}}),
            *(service(each, "relay", **{**order, **member}) for each in paid),
        ],
    }
    return json.dumps(document)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A simulated provider where everything works."""
    with simulator("operational") as address:
        yield address


def created(provider: str) -> int:
    """Return how many orders the provider has taken."""
    return sum(entry["cost_usd"] > 0 for entry in plain_http.get(f"{provider}/control/journal").json())


def jobs(provider: str) -> set[str]:
    """Return the ids of the jobs that the provider still has."""
    return {job["id"] for job in plain_http.get(f"{provider}/control/jobs").json()}


def order(running: Running, service_id: str) -> dict[str, Any]:
    """Have a service order now, by a scrape, and return its attempt. A service orders once in its minute."""
    assert running.get(f"/probe?service_id={service_id}&probe=submit").status_code == 200
    return attempts(running, service_id)[0]


def attempts(running: Running, service_id: str) -> list[dict[str, Any]]:
    """Return a service's remembered attempts."""
    found = running.get(f"/api/v1/services/{service_id}").json()["attempts"].values()
    return [attempt for some in found for attempt in some]


def totals(running: Running) -> Counter[str]:
    """Return how many attempts were made at each service."""
    found: Counter[str] = Counter()
    for line in running.get("/metrics").text.splitlines():
        if (sample := ATTEMPTS.match(line)) is not None:
            found[sample[1]] += int(float(sample[2]))
    return found


def total(running: Running, service_id: str) -> int:
    """Return how many attempts were made at a service."""
    return totals(running)[service_id]


@contextmanager
def no_room(running: Running, directory: Path) -> Iterator[None]:  # noqa: ARG001
    """Let no file of the process grow, as on a full disk."""
    soft, hard = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (0, hard))
    yield
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def read_only(running: Running, directory: Path) -> Iterator[None]:  # noqa: ARG001
    """Let nothing be written in the directory."""
    directory.chmod(0o500)
    yield
    directory.chmod(0o700)


@contextmanager
def deleted(running: Running, directory: Path) -> Iterator[None]:  # noqa: ARG001
    """Delete the directory with everything in it."""
    # Moved first, so that the process adds no file while the directory is emptied.
    shutil.rmtree(directory.rename(directory.with_name("deleted")))
    yield


Breakage = Callable[[Running, Path], Any]
OBEDIENT = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override", *PROGRAM) if not os.getuid() else ()
"""Permissions bind the superuser too only if the program is started without this capability."""


@pytest.mark.parametrize(
    ("broken", "command", "reason", "heals"),
    [
        (no_room, (), "space", True),
        (read_only, OBEDIENT, "", True),
        (deleted, (), "was deleted while in use", False),
    ],
)
def test_storage_that_breaks_while_running(
    provider: str, tmp_path: Path, broken: Breakage, command: Sequence[str], reason: str, heals: bool
) -> None:
    """No paid probe runs without a writable ledger, which is logged once and shown; free probes go on."""
    path, storage = tmp_path / "sora.yml", tmp_path / "storage"
    path.write_text(paying(provider, ORDERED, probe_on_scrape=True), "utf-8")
    with exporter(storage, f"--config.file={path}", env=environment(provider), command=command) as running:
        paid = iter(ORDERED)
        assert order(running, next(paid))["error_class"] == "none"
        with broken(running, storage):
            orders, free = created(provider), total(running, "free")
            for attempt in (order(running, next(paid)), order(running, next(paid))):
                assert attempt["error_class"] == "budget_exhausted"
                assert "the budget cannot be kept" in attempt["why"]
                assert reason in attempt["why"]
            eventually(lambda: total(running, "free") >= free + 2)
            assert created(provider) == orders
            assert attempts(running, "free")[0]["error_class"] == "none"
        if heals:
            assert order(running, next(paid))["error_class"] == "none"
            assert created(provider) > orders
        assert running.end() == 0
    # An attempt that was under way may have faults of its own to report.
    errors = [line.partition(" ")[2] for line in running.lines if "level=error" in line]
    assert len(errors) == len(set(errors)) > 0, running.said
    assert "Traceback" not in running.said


def test_a_really_full_disk(provider: str, tmp_path: Path) -> None:
    """On a file system of 1 MiB that is filled to the last byte, paid probes stop; with room they run again."""
    disk = tmp_path / "disk"
    disk.mkdir()
    path = tmp_path / "sora.yml"
    path.write_text(paying(provider, ORDERED, probe_on_scrape=True), "utf-8")
    mount = f'mount -t tmpfs -o size=1m none "{disk}" && exec "$@"'
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", mount, "sh", *PROGRAM]
    with exporter(disk / "storage", f"--config.file={path}", env=environment(provider), command=command) as running:
        paid = iter(ORDERED)
        assert order(running, next(paid))["error_class"] == "none"
        # The process alone sees the file system; this is the way to look through its eyes.
        filler = Path(f"/proc/{running.process.pid}/root{disk}/filler")
        # Again and again: a journal that was being written leaves its room behind.
        eventually(lambda: fill(filler) or order(running, next(paid))["error_class"] == "budget_exhausted")
        orders, free = created(provider), total(running, "free")
        assert "has no space left" in order(running, next(paid))["why"]
        eventually(lambda: total(running, "free") >= free + 2)
        assert created(provider) == orders
        filler.unlink()
        assert order(running, next(paid))["error_class"] == "none"
        assert running.end() == 0
    assert "Traceback" not in running.said


def fill(path: Path) -> None:
    """Make a file longer until its file system is full."""
    with path.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_reloads_in_a_storm_while_probing(provider: str, tmp_path: Path, short_or_long: Choice) -> None:
    """Many reloads by signal and by POST, good and bad files by turns: the last file holds, no job is lost."""
    path = tmp_path / "sora.yml"
    ids = SCHEDULED[: short_or_long(20, 200)]
    path.write_text(paying(provider, [ids[0]]), "utf-8")
    others = jobs(provider)
    with exporter(tmp_path / "storage", f"--config.file={path}", env=environment(provider)) as running:
        eventually(lambda: total(running, "free") and total(running, ids[0]))

        def reload(number: int) -> int:
            draft = path.with_name(f"{number}.yml")
            good = paying(provider, [ids[number]], 1000 + number)
            draft.write_text("services: [" if number % 3 == 0 else good, "utf-8")
            draft.replace(path)
            running.process.send_signal(signal.SIGHUP)
            return plain_http.post(running.url + "/-/reload", timeout=20).status_code

        with ThreadPoolExecutor(8) as pool:
            codes = list(pool.map(reload, range(len(ids))))
        path.write_text(paying(provider, ["last"], 777), "utf-8")
        assert plain_http.post(running.url + "/-/reload", timeout=20).status_code == 200
        assert "sora_probe_budget_usd 777.0\n" in running.get("/metrics").text
        free = total(running, "free")
        eventually(lambda: total(running, "free") > free + 1 and total(running, "last"))
        assert attempts(running, "free")[0]["error_class"] == "none"
        assert running.end() == 0
    assert set(codes) <= {200, 500}
    assert "Traceback" not in running.said
    with closing(sqlite3.connect(tmp_path / "storage" / "ledger.sqlite3")) as ledger:
        (noted,) = ledger.execute("SELECT count(*) FROM job").fetchone()
    # SIGTERM may come between a create request and its answer: the next start looks for that job.
    assert len(jobs(provider) - others) <= noted <= 1


def test_a_crowd_of_exporters_on_one_storage(provider: str, tmp_path: Path) -> None:
    """Of three that start at the same moment on one directory exactly one runs; the others exit with one line."""
    path = tmp_path / "sora.yml"
    path.write_text(paying(provider, ["paid"]), "utf-8")
    flags = ["serve", f"--config.file={path}", f"--storage.path={tmp_path / 's'}", "--web.listen-address=127.0.0.1:0"]
    with ExitStack() as stack:
        crowd = [stack.enter_context(forking.start(flags, environment(provider))) for _ in range(3)]
        for one in crowd:
            stack.callback(one.kill)
        eventually(lambda: sum(one.poll() is not None for one in crowd) == 2)
        said = [one.stderr.read() for one in crowd if one.poll() is not None and one.stderr is not None]
        (winner,) = [one for one in crowd if one.poll() is None]
        assert all(f"(pid {winner.pid})" in line and line.count("\n") == 1 for line in said), said
        assert [one.returncode for one in crowd if one is not winner] == [2] * 2
        checked = run("check", "free", f"--config.file={path}", f"--storage.path={tmp_path / 's'}",
                      env=environment(provider))  # fmt: skip
        assert checked.returncode == 0, checked


@contextmanager
def every_fault() -> Iterator[dict[str, str]]:
    """Serve every fault in a separate process; yields their addresses."""
    command = [sys.executable, "-m", "support.faults"]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


def resident_mib(running: Running, field: str) -> float:
    """Return the memory of a process in MiB: ``VmRSS`` of now, or ``VmHWM``, the most until now."""
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(field))


def test_every_fault_at_once_starves_none_and_fills_nothing(
    provider: str, tmp_path: Path, short_or_long: Choice
) -> None:
    """Under all kinds of fault, again and again, scrapes are answered, a good service is probed, memory is bounded."""
    with every_fault() as urls:
        named = {f"f-{number}": url for number, url in enumerate(urls.values())} | {"good": provider}
        providers = {name: {"base_url": f"{url}/v1", "api_key_env": "OPENAI_API_KEY"} for name, url in named.items()}
        services = [
            service(name, name, model="sora-2", api="videos", probes=CALMLY if name == "good" else OFTEN)
            for name in named
        ]
        path = tmp_path / "sora.yml"
        path.write_text(json.dumps({"providers": providers, "services": services}), "utf-8")
        # A forked process shares memory with the one it came from, and its size would say little.
        flags = [f"--config.file={path}"]
        with exporter(tmp_path / "storage", *flags, env=environment(provider), command=PROGRAM) as running:
            eventually(lambda: totals(running) >= Counter(dict.fromkeys(named, 2)))
            rounds = short_or_long(4, 30)
            before, goals = resident_mib(running, "VmRSS"), Counter(dict.fromkeys(named, rounds))
            goals["good"] = total(running, "good") + 2
            eventually(lambda: totals(running) >= goals)
            grown, most = resident_mib(running, "VmRSS") - before, resident_mib(running, "VmHWM")
            good = attempts(running, "good")
            # On a busy machine most attempts time out, so the other classes may take a while.
            eventually(lambda: {one["error_class"] for name in named for one in attempts(running, name)} >= FAULTS)
            assert running.end() == 0
    assert "Traceback" not in running.said
    assert {one["error_class"] for one in good} == {"none"}
    assert (grown < 20, most < 150) == (True, True), (grown, most)
