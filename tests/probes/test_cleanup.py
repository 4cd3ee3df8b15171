"""Jobs left behind by a crash, a timeout or a restart are found and deleted; none is created again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support.probing import Bench, SimulatedProvider

from sora_exporter.budget.reservation import Job
from sora_exporter.config import Config
from sora_exporter.probes.cleanup import ARRIVAL_SECONDS, clean_up
from sora_exporter.result import ProbeKind

MODEL = "MiniMax-H3"


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
    left = await clean_up(config, bench.ledger, bench.clients, bench.clock.now())
    assert (left, simulator.jobs_left(), bench.ledger.unfinished_jobs()) == (0, [], [])
    # What the killed attempt cost nobody knows: it is counted in full, and at once.
    assert bench.ledger.spent_by_service()["watched"] >= 0.25
    assert simulator.actions() == (["delete"] if is_known else ["list", "delete"])


async def test_a_cancelled_create_is_found_again(simulator: SimulatedProvider, bench: Bench) -> None:
    """An attempt that is cut off while its create request is answered leaves a job that the clean-up deletes."""
    simulator.behave(MODEL, "operational", delay_seconds=0.1)
    config = bench.config(simulator.base_url("videos"), "videos", MODEL)
    runner = bench.runner(config)
    running = asyncio.create_task(runner.run(config.services[0], ProbeKind.GENERATE))
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    (job,) = bench.ledger.unfinished_jobs()
    await simulator.until_created()
    left = await clean_up(config, bench.ledger, bench.clients, bench.clock.now())
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
    now = reservation.reserved_at + age
    assert await clean_up(config, bench.ledger, bench.clients, now) == left
    assert (len(bench.ledger.unfinished_jobs()), simulator.actions()) == (left, ["list"])


async def test_a_running_job_stays_until_it_can_be_deleted(simulator: SimulatedProvider, bench: Bench) -> None:
    """A vendor that refuses to delete a running job is asked again in the next round."""
    model = "doubao-seedance-2-0-260128"
    simulator.behave(model, "generation_timeout")
    config = bench.config(simulator.base_url("ark"), "ark", model, timeout=0.3)
    await bench.runner(config).run(config.services[0], ProbeKind.GENERATE)
    first = await clean_up(config, bench.ledger, bench.clients, bench.clock.now())
    for job in simulator.simulation.jobs.values():
        job.created_at -= 7200
    second = await clean_up(config, bench.ledger, bench.clients, bench.clock.now())
    assert (first, second, simulator.jobs_left(), bench.ledger.unfinished_jobs()) == (1, 0, [], [])


@pytest.mark.parametrize("change", [{"api": "ark"}, {"id": "other"}])
async def test_a_job_of_something_unconfigured_is_kept(
    simulator: SimulatedProvider, bench: Bench, change: dict[str, Any]
) -> None:
    """A job whose service is gone, or speaks another API now, is neither touched nor forgotten."""
    config = bench.config(simulator.base_url("videos"), "videos", MODEL)
    await left_behind(simulator, bench, config, is_known=True)
    other = bench.config(simulator.base_url("videos"), **{"api": "videos", "model": MODEL} | change)
    assert await clean_up(other, bench.ledger, bench.clients, bench.clock.now()) == 1
    assert (simulator.actions(), len(bench.ledger.unfinished_jobs())) == ([], 1)


async def test_a_provider_that_is_down_keeps_its_jobs_remembered(bench: Bench) -> None:
    """A clean-up that reaches nobody forgets nothing and raises nothing."""
    config = bench.config("http://127.0.0.1:1", "videos", MODEL)
    reservation = bench.ledger.reserve("watched", ProbeKind.GENERATE, 0.25, 1000)
    assert reservation is not None
    for job_id in ("video_1", None):
        bench.ledger.remember_job(reservation, "one", "videos", job_id)
    assert await clean_up(config, bench.ledger, bench.clients, bench.clock.now() + 9999) == 2


async def test_a_job_of_an_api_without_deletion_is_forgotten(bench: Bench) -> None:
    """Where nothing can be listed or deleted, nothing is asked, and the job ends by itself."""
    config = bench.config("http://127.0.0.1:1", "images", "gpt-image-2")
    reservation = bench.ledger.reserve("watched", ProbeKind.SUBMIT, 0.25, 1000)
    assert reservation is not None
    bench.ledger.remember_job(reservation, "one", "images")
    assert await clean_up(config, bench.ledger, bench.clients, bench.clock.now()) == 0
    assert bench.ledger.unfinished_jobs() == []
