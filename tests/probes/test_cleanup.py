"""Jobs left behind by a crash, a timeout or a restart are found and deleted; none is created again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from support.faults.server import Behaviour, Connection, answer, fixed, serve
from support.probing import Bench, HastyClock, SimulatedProvider

import sora_exporter.probes.cleanup
from sora_exporter.budget.reservation import Job
from sora_exporter.clock import DAY_SECONDS
from sora_exporter.config import Config
from sora_exporter.exporter import CLEANUP_SECONDS
from sora_exporter.probes.cleanup import ARRIVAL_SECONDS, CleanUp
from sora_exporter.result import ProbeKind

MODEL = "MiniMax-H3"


@dataclass
class Shifted(HastyClock):
    """The real clocks, so many seconds later."""

    seconds: float = 0.0

    def now(self) -> float:
        return time.time() + self.seconds

    def monotonic(self) -> float:
        return time.monotonic() + self.seconds


def cleaning(bench: Bench, config: Config) -> tuple[CleanUp, Shifted]:
    """Return a clean-up and its clock."""
    clock = Shifted()
    return CleanUp(config, bench.ledger, bench.clients, clock), clock


async def round_of(clean_up: CleanUp) -> int:
    """Run one round to its end; return how many jobs are left."""
    clean_up.begin_round()
    await clean_up.finish_round()
    return sum(clean_up.pending.values())


async def clean_up_once(bench: Bench, config: Config, later: float = 0.0) -> int:
    """Run one round, so many seconds later; return how many jobs are left."""
    clean_up, clock = cleaning(bench, config)
    clock.seconds = later
    return await round_of(clean_up)


async def left_behind(simulator: SimulatedProvider, bench: Bench, config: Config, *, is_known: bool) -> Job:
    """Leave a job as a process does that is killed after the create call; ``is_known``: after noting the job's id."""
    service = config.services[0]
    reservation = bench.ledger.reserve(service.id, ProbeKind.GENERATE, 0.25, 1000)
    assert reservation is not None
    job = bench.ledger.remember_job(reservation, service.provider, service.api)
    await bench.run(ProbeKind.SUBMIT, simulator.base_url(service.api), service.api, service.model)
    first = next(entry for entry in simulator.simulation.journal if entry["action"] == "create")
    assert first["job_id"]
    # The submit above deleted its own job: what is left is created with the marker of the killed attempt.
    api = config.api(service)
    body = api.create_body(service.model, {}, f"{api.prompt} ({reservation.marker})")
    settings = {"cost_usd": 0.25, "base_url": simulator.origin}
    behaviour = simulator.simulation.behaviours[service.model]
    made = simulator.simulation.accept("videos", "video_", body, behaviour, **settings)
    simulator.simulation.journal.clear()
    return bench.ledger.note_job_id(job, made.id) if is_known else job


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_job_left_by_a_killed_process_is_deleted(
    simulator: SimulatedProvider, bench: Bench, is_known: bool
) -> None:
    """A job is deleted by its id or, without one, found by the marker in its prompt; nothing is created."""
    config = bench.config(simulator.base_url("videos"), "videos", MODEL)
    await left_behind(simulator, bench, config, is_known=is_known)
    left = await clean_up_once(bench, config)
    assert (left, simulator.jobs_left(), bench.ledger.unfinished_jobs()) == (0, [], [])
    # The cost of the killed attempt is not known: it is counted in full, and at once.
    assert bench.ledger.spent_by_service()["watched"] >= 0.25
    assert simulator.actions() == (["delete"] if is_known else ["list", "delete"])


async def test_a_cancelled_create_is_found_again(simulator: SimulatedProvider, bench: Bench) -> None:
    """An attempt that is cut off while its create request is answered leaves a job that the clean-up deletes."""
    simulator.behave(MODEL, "operational", delay_seconds=0.1)
    config = bench.config(simulator.base_url("videos"), "videos", MODEL)
    runner = bench.runner(config)
    before = simulator.simulation._requests[MODEL]
    running = asyncio.create_task(runner.run(config.services[0], ProbeKind.GENERATE))
    async with asyncio.timeout(20):
        while simulator.simulation._requests[MODEL] == before:  # noqa: ASYNC110 - the other side is another thread
            await asyncio.sleep(0.002)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    (job,) = bench.ledger.unfinished_jobs()
    await simulator.until_created()
    left = await clean_up_once(bench, config)
    assert (job.job_id, left, simulator.jobs_left(), bench.ledger.spent_usd()) == (None, 0, [], 0.25)


@pytest.mark.parametrize(("age", "left"), [(1.0, 1), (ARRIVAL_SECONDS + 1, 0)])
async def test_a_job_that_is_not_listed_is_given_up_after_a_while(
    simulator: SimulatedProvider, bench: Bench, age: float, left: int
) -> None:
    """A create request may still be on its way: only later does the list prove that there is no job."""
    config = bench.config(simulator.base_url("videos"), "videos", MODEL)
    reservation = bench.ledger.reserve("watched", ProbeKind.GENERATE, 0.25, 1000)
    assert reservation is not None
    bench.ledger.remember_job(reservation, "one", "videos")
    assert await clean_up_once(bench, config, later=age) == left
    assert (len(bench.ledger.unfinished_jobs()), simulator.actions()) == (left, ["list"])


async def test_a_running_job_stays_until_it_can_be_deleted(simulator: SimulatedProvider, bench: Bench) -> None:
    """A vendor that refuses to delete a running job gets the call again in the next round."""
    model = "doubao-seedance-2-0-260128"
    simulator.behave(model, "generation_timeout")
    config = bench.config(simulator.base_url("ark"), "ark", model, timeout=0.3)
    await bench.runner(config).run(config.services[0], ProbeKind.GENERATE)
    clean_up, clock = cleaning(bench, config)
    first = await round_of(clean_up)
    for job in simulator.simulation.jobs.values():
        job.created_at -= 7200
    clock.seconds = CLEANUP_SECONDS
    second = await round_of(clean_up)
    assert (first, second, simulator.jobs_left(), bench.ledger.unfinished_jobs()) == (1, 0, [], [])


@pytest.mark.parametrize("change", [{"api": "ark"}, {"id": "other"}])
async def test_a_job_of_something_unconfigured_is_kept(
    simulator: SimulatedProvider, bench: Bench, change: dict[str, Any]
) -> None:
    """A job whose service is gone, or speaks another API now, is neither touched nor forgotten."""
    config = bench.config(simulator.base_url("videos"), "videos", MODEL)
    await left_behind(simulator, bench, config, is_known=True)
    other = bench.config(simulator.base_url("videos"), **{"api": "videos", "model": MODEL} | change)
    assert await clean_up_once(bench, other) == 1
    assert (simulator.actions(), len(bench.ledger.unfinished_jobs())) == ([], 1)


async def test_a_provider_that_is_down_keeps_its_jobs_remembered(bench: Bench) -> None:
    """A clean-up without any reachable provider forgets nothing and raises nothing."""
    config = bench.config("http://127.0.0.1:1", "videos", MODEL)
    reservation = bench.ledger.reserve("watched", ProbeKind.GENERATE, 0.25, 1000)
    assert reservation is not None
    for job_id in ("video_1", None):
        bench.ledger.remember_job(reservation, "one", "videos", job_id)
    assert await clean_up_once(bench, config, later=9999) == 2


async def test_a_job_of_an_api_without_deletion_is_forgotten(bench: Bench) -> None:
    """Without a call to list or delete, no request is sent, and the job ends by itself."""
    config = bench.config("http://127.0.0.1:1", "images", "gpt-image-2")
    reservation = bench.ledger.reserve("watched", ProbeKind.SUBMIT, 0.25, 1000)
    assert reservation is not None
    bench.ledger.remember_job(reservation, "one", "images")
    assert await clean_up_once(bench, config) == 0
    assert bench.ledger.unfinished_jobs() == []


def reserve(bench: Bench, job_id: str | None = None, service_id: str = "watched", provider: str = "one") -> Job:
    """Set money aside and record a job, as an attempt does."""
    reservation = bench.ledger.reserve(service_id, ProbeKind.GENERATE, 0.25, 1000)
    assert reservation is not None
    return bench.ledger.remember_job(reservation, provider, "videos", job_id)


def listing(jobs: Sequence[dict[str, Any]]) -> Behaviour:
    """Return a provider that lists these jobs, and deletes any."""

    async def behave(connection: Connection) -> None:
        is_list = connection.head.startswith(b"GET")
        await connection.send(answer(json.dumps({"data": jobs} if is_list else {"deleted": True}).encode()))

    return behave


async def test_a_list_that_shows_no_job_gives_the_money_back(simulator: SimulatedProvider, bench: Bench) -> None:
    """A whole list without the marker proves that no job was made: the reservation counts nothing any more."""
    config = bench.config(simulator.base_url("videos"), "videos", MODEL)
    reserve(bench)
    assert bench.ledger.spent_usd() == 0.25
    assert await clean_up_once(bench, config, later=ARRIVAL_SECONDS + 1) == 0
    assert bench.ledger.spent_usd() == 0.0


async def test_a_list_that_is_cut_off_proves_nothing(bench: Bench) -> None:
    """A list as long as the vendor makes them may lack the job: its price counts in full."""
    jobs = [{"id": f"video_{number}", "prompt": "of another user"} for number in range(100)]
    reserve(bench)
    async with serve(listing(jobs)) as server:
        config = bench.config(server.url, "videos", MODEL)
        assert await clean_up_once(bench, config, later=ARRIVAL_SECONDS + 1) == 0
    assert bench.ledger.spent_usd() == 0.25


async def test_one_list_serves_all_jobs_of_a_round(simulator: SimulatedProvider, bench: Bench) -> None:
    """Several jobs without ids cost the provider one list."""
    config = bench.config(simulator.base_url("videos"), "videos", MODEL)
    for _ in range(3):
        reserve(bench)
    assert await clean_up_once(bench, config, later=ARRIVAL_SECONDS + 1) == 0
    assert simulator.actions() == ["list"]


async def test_a_hostile_list_costs_one_deletion_a_round(bench: Bench) -> None:
    """A provider that lists 5,000 jobs with our marker makes the clean-up delete as many as were reserved: one."""
    job = reserve(bench)
    jobs = [{"id": f"video_{number}", "prompt": f"boat ({job.reservation.marker})"} for number in range(5000)]
    async with serve(listing(jobs)) as server:
        config = bench.config(server.url, "videos", MODEL)
        assert await clean_up_once(bench, config) == 1
        assert [head.split()[0] for head in server.requests] == [b"GET", b"DELETE"]


async def test_the_pauses_between_tries_grow(bench: Bench) -> None:
    """A job that cannot be removed is tried some dozen times a day, not every half minute."""
    reserve(bench, "video_1")
    async with serve(fixed(answer(b"{}", "409 Conflict"))) as server:
        clean_up, clock = cleaning(bench, bench.config(server.url, "videos", MODEL))
        tries = []
        for _ in range(60):
            await round_of(clean_up)
            tries.append(len(server.requests))
            clock.seconds += CLEANUP_SECONDS
    assert tries[:12] == [1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4]
    assert tries[-1] <= 8


async def test_a_job_is_given_up_after_a_day(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """After a day of refusals an error line names the job, the metric counts it, and its price stays spent."""
    reserve(bench, "video_1")
    async with serve(fixed(answer(b"{}", "409 Conflict"))) as server:
        clean_up, clock = cleaning(bench, bench.config(server.url, "videos", MODEL))
        assert await round_of(clean_up) == 1
        clock.seconds = DAY_SECONDS + 1
        assert await round_of(clean_up) == 0
    (line,) = [record for record in caplog.records if record.msg == "job abandoned"]
    facts = line.levelname, *(getattr(line, name) for name in ("service_id", "provider", "job"))
    assert facts == ("ERROR", "watched", "one", "video_1")
    assert (clean_up.abandoned, bench.ledger.unfinished_jobs()) == ({"one": 1}, [])


async def test_a_call_that_is_missing_is_logged_once(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """Jobs of a provider without the described call are left there, and one line says so."""
    for number in range(3):
        reserve(bench, f"video_{number}")
    async with serve(fixed(answer(b"", "405 Method Not Allowed"))) as server:
        clean_up, _ = cleaning(bench, bench.config(server.url, "videos", MODEL))
        assert await round_of(clean_up) == 0
    assert [record.msg for record in caplog.records if record.levelname == "WARNING"] == ["job left at its provider"]


async def test_a_silent_provider_delays_no_other(simulator: SimulatedProvider, bench: Bench) -> None:
    """While one provider answers nothing, the jobs at another one are deleted, round after round."""
    async with serve("silence") as server:
        one = bench.config(server.url, "videos", MODEL)
        services = [one.services[0].model_dump(mode="json") | {"id": name, "provider": name} for name in ("one", "two")]
        two = {"base_url": simulator.base_url("videos"), "api_key_env": "PROBE_KEY"}
        providers = {"one": {"base_url": server.url}, "two": two}
        config = Config.model_validate({"providers": providers, "services": services})
        reserve(bench, "video_1", "one", "one")
        clean_up, clock = cleaning(bench, config)
        for _ in range(3):
            reserve(bench, None, "two", "two")
            clock.seconds += ARRIVAL_SECONDS + 1
            clean_up.begin_round()
            (other,) = [task for provider, task in clean_up._running.items() if provider == "two"]
            await asyncio.wait([other])
            assert [job.provider for job in bench.ledger.unfinished_jobs()] == ["one"]
        assert list(clean_up._running) == ["one"]
        await clean_up.stop()


async def test_a_slow_provider_gets_no_more_than_its_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round at a provider that hangs ends by its time limit, and its jobs stay for the next one."""
    monkeypatch.setattr(sora_exporter.probes.cleanup, "PROVIDER_SECONDS", 0.1)
    reserve(bench, "video_1")
    async with serve("silence") as server:
        assert await clean_up_once(bench, bench.config(server.url, "videos", MODEL)) == 1
