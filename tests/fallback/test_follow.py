"""Waiting for a job and fetching its video, at the route that took it."""

from __future__ import annotations

import asyncio
import json
import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from support.clock import HandClock
from support.faults.server import Connection, answer, fixed, serve
from support.probing import API_OF_MODEL, SimulatedProvider
from support.shop import OFFICIAL, REVERSE, Shop, config_of, service, until

from sora_exporter.fallback import AsyncFallbackClient, GenerationFailed, VideoJob
from sora_exporter.result import ErrorClass

E = ErrorClass


@pytest.mark.parametrize(("model", "api"), API_OF_MODEL.items())
async def test_every_api_gives_a_whole_asset(
    shop: Shop, simulator: SimulatedProvider, tmp_path: Path, model: str, api: str
) -> None:
    """Each built-in API is followed to the end: jobs, streams and images; the file holds what was returned."""
    client = shop.client(config_of(simulator.base_url(api), service("one", model=model, api=api)))
    job = await client.create_video("A paper boat", seconds=4)
    content = await client.download(job, tmp_path / "asset")
    assert (tmp_path / "asset").read_bytes() == content
    assert len(content) > 64
    assert simulator.created() == 1


async def test_wait_and_download_go_back_to_the_route_that_took_the_job(shop: Shop) -> None:
    """After a fallback no request about the job goes to the first route, in any state of it."""
    shop.behave(REVERSE, "suspended")
    client = shop.client()
    job = await client.create_video("A paper boat", prefer="reverse")
    shop.behave(REVERSE, "operational")
    video = await client.wait(job)
    assert video.job is job
    assert await client.download(video) == await client.download(job)
    assert (job.service_id, shop.tried()) == (OFFICIAL, [REVERSE, OFFICIAL])


@pytest.mark.parametrize("passed_on", ["pickle", "json", "two words"])
async def test_a_job_is_handed_to_another_process(shop: Shop, passed_on: str) -> None:
    """Pickled, as JSON, or as service and id alone: another client waits for it and gets the video."""
    job = await shop.client().create_video("A paper boat")
    ways: dict[str, Any] = {
        "pickle": lambda: pickle.loads(pickle.dumps(job)),
        "json": lambda: VideoJob(**{**json.loads(json.dumps(asdict(job))), "attempts": ()}),
        "two words": lambda: VideoJob(job.service_id, job.job_id),
    }
    other = shop.client()
    assert len(await other.download(ways[passed_on]())) > 64
    assert passed_on != "pickle" or ways[passed_on]() == job


@pytest.mark.parametrize(
    ("service_id", "behaviour", "error_class"),
    [
        (OFFICIAL, "generation_failed", E.GENERATION_FAILED),
        (OFFICIAL, "moderation_in_job", E.CONTENT_POLICY),
        (OFFICIAL, "asset_truncated", E.INVALID_RESPONSE),
        (OFFICIAL, "asset_empty", E.INVALID_RESPONSE),
        (OFFICIAL, "asset_wrong_type", E.INVALID_RESPONSE),
        (OFFICIAL, "asset_expired", E.INVALID_RESPONSE),
        (REVERSE, "asset_truncated", E.INVALID_RESPONSE),
        (REVERSE, "asset_expired", E.INVALID_RESPONSE),
        (REVERSE, "job_lost", E.INVALID_RESPONSE),
    ],
)
async def test_a_job_that_gives_no_video_says_why(
    shop: Shop, service_id: str, behaviour: str, error_class: ErrorClass
) -> None:
    """A failed job and an asset that is not whole raise with every attempt; no other route gets the job."""
    shop.behave(service_id, behaviour)
    shop.simulator.simulation.render_seconds = 0.05
    client = shop.client()
    job = await client.create_video("A paper boat", prefer=[service_id, OFFICIAL])
    with pytest.raises(GenerationFailed) as failed:
        await client.download(job, timeout=5)
    assert [attempt.error_class for attempt in failed.value.attempts] == [E.NONE, error_class]
    assert failed.value.attempts[-1].message
    assert shop.tried() == [service_id]
    assert str(pickle.loads(pickle.dumps(failed.value))) == str(failed.value)


@pytest.mark.parametrize(
    ("behaviour", "words"), [("generation_timeout", "not done in time"), ("job_lost", "the last poll")]
)
async def test_polling_backs_off_and_ends_at_its_deadline(
    shop: Shop, clock: HandClock, behaviour: str, words: str
) -> None:
    """A job that is never done is polled with growing pauses, a last time just before its end, and then given up."""
    shop.behave(OFFICIAL, behaviour)
    client = shop.client(clock=clock)
    job = await client.create_video("A paper boat")
    waiting = asyncio.create_task(client.wait(job, timeout=100))
    while not waiting.done():
        await until(lambda: bool(clock._sleepers) or waiting.done())
        await clock.advance(clock._sleepers[0][0] - clock.monotonic() if clock._sleepers else 0.0)
    with pytest.raises(GenerationFailed, match=words) as failed:
        await waiting
    assert failed.value.attempts[-1].error_class is E.GENERATION_TIMEOUT
    assert shop.simulator.actions().count("poll") == 8
    assert clock.monotonic() == 1098.0


async def test_a_wait_that_ran_out_may_be_repeated(shop: Shop) -> None:
    """Running out of time, or of patience, loses nothing: the same job, and the same stream, give their video later."""
    shop.simulator.simulation.render_seconds = 0.6
    client = shop.client()
    for prefer in ("official", "reverse"):
        job = await client.create_video("A paper boat", prefer=prefer)
        with pytest.raises(GenerationFailed, match="generation_timeout"):
            await client.wait(job, timeout=0.05)
        waiting = asyncio.create_task(client.wait(job))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert len(await client.download(job)) > 64
    assert shop.simulator.created() == 2


async def test_waiting_and_fetching_share_one_deadline(shop: Shop, clock: HandClock) -> None:
    """A download that waited for its job first has only the rest of its time for the video."""
    words = ["queued", "completed"]

    async def behave(connection: Connection) -> None:
        if b"/content" in connection.head:
            await connection.hold()
        await connection.send(answer(json.dumps({"id": "video_1", "status": words.pop(0)}).encode()))

    async with serve(behave) as server, asyncio.timeout(5):
        client = shop.client(config_of(server.url, service(OFFICIAL)), clock=clock)
        fetching = asyncio.create_task(client.download(VideoJob(OFFICIAL, "video_1"), timeout=2.0))
        await until(lambda: bool(clock._sleepers))
        await clock.advance(1.9)
        with pytest.raises(GenerationFailed, match=r"timed out after 0\.(1|09\d+) s"):
            await fetching


async def test_no_secret_of_a_failed_job_is_shown(shop: Shop) -> None:
    """A key that a failed job's error echoes is hidden as everywhere else."""
    error = {"message": "upstream refused sk-of-the-application"}
    body = json.dumps({"id": "video_1", "status": "failed", "error": error}).encode()
    async with serve(fixed(answer(body))) as server:
        with pytest.raises(GenerationFailed, match="upstream refused") as failed:
            await shop.client(config_of(server.url, service(OFFICIAL))).wait(VideoJob(OFFICIAL, "video_1"))
    assert "sk-of-the-application" not in f"{failed.value} {failed.value.attempts}"


async def test_polls_that_fail_decide_nothing(shop: Shop) -> None:
    """A route that fails while the job is made is polled on, and its video fetched."""
    client = shop.client()
    job = await client.create_video("A paper boat")
    shop.behave(OFFICIAL, "poll_error")
    waiting = asyncio.create_task(client.wait(job))
    await until(lambda: shop.simulator.actions().count("poll") >= 3)
    shop.behave(OFFICIAL, "operational")
    assert len(await client.download(await waiting)) > 64


async def test_a_stream_is_taken_at_its_first_words(shop: Shop) -> None:
    """A stream that would go on for an hour is accepted at once; closing the client ends it."""
    shop.simulator.simulation.render_seconds = 3600.0
    client = shop.client()
    async with asyncio.timeout(3):
        job = await client.create_video("A paper boat", prefer="reverse")
    assert (job.service_id, job.job_id) == (REVERSE, "")
    await client.aclose()


async def test_a_stream_that_only_reports_progress_is_taken_and_proves_no_acceptance(shop: Shop) -> None:
    """Enough progress keeps the client from ordering twice, but it proves no more than that our key was accepted."""
    progress = b'data: {"choices":[{"index":0,"delta":{"reasoning_content":"Progress\\n"}}]}\n\n'

    async def behave(connection: Connection) -> None:
        head = answer(b"x" * 10_000, content_type="text/event-stream").partition(b"\r\n\r\n")[0]
        await connection.send(head + b"\r\n\r\n", *[progress] * 5)
        await connection.hold()

    async with serve(behave) as server, asyncio.timeout(5):
        client = shop.client(config_of(server.url, service(REVERSE)))
        job = await client.create_video("A paper boat")
        await client.aclose()
    assert [(attempt.error_class, attempt.http_status) for attempt in job.attempts] == [(E.NONE, 200)]
    proven = [
        shop.registry.get_sample_value("sora_client_proven_timestamp_seconds", {"service_id": REVERSE, "depth": depth})
        for depth in ("authenticated", "accepted")
    ]
    assert [at is not None for at in proven] == [True, False]


async def test_a_stream_that_fails_later_is_not_made_again(shop: Shop) -> None:
    """An error after the stream's first words is the job's, and no other route is tried."""
    words = b'data: {"choices":[{"index":0,"delta":{"content":"Queued\\n"}}]}\n\n'
    fault = b'data: {"error":{"message":"video generation failed","type":"server_error"}}\n\ndata: [DONE]\n\n'
    more = asyncio.Event()

    async def behave(connection: Connection) -> None:
        head = answer(words + fault, content_type="text/event-stream").partition(b"\r\n\r\n")[0]
        await connection.send(head + b"\r\n\r\n", words)
        await more.wait()
        await connection.send(fault)

    async with serve(behave) as server:
        client = shop.client(config_of(server.url, service(REVERSE)))
        job = await client.create_video("A paper boat")
        more.set()
        with pytest.raises(GenerationFailed) as failed:
            await client.wait(job, timeout=5)
    assert len(server.requests) == 1
    assert failed.value.attempts[-1].error_class is E.GENERATION_FAILED


async def test_after_the_end_every_call_says_so(shop: Shop) -> None:
    """A closed client refuses in plain words, and closing it again is fine."""
    client: AsyncFallbackClient = shop.client()
    async with client:
        job = await client.create_video("A paper boat")
    await client.aclose()
    for call in (client.create_video("Another"), client.wait(job), client.download(job)):
        with pytest.raises(RuntimeError, match="the fallback client is closed: make a new one"):
            await call
