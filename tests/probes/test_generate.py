"""The generate probe: a whole video or image comes out, and the job is deleted in every case."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from support.faults.server import EVENTS, Connection, answer, chunk, event, fixed, serve
from support.probing import API_OF_MODEL, Bench, SimulatedProvider

from sora_exporter.result import Depth, ErrorClass, ProbeKind
from sora_exporter.simulator.assets import GOOD

E = ErrorClass


@pytest.mark.parametrize(("model", "api"), API_OF_MODEL.items())
async def test_a_whole_asset_comes_out_of_every_api(
    simulator: SimulatedProvider, bench: Bench, model: str, api: str
) -> None:
    """On each built-in API one job is created, its asset is fetched and checked, and nothing is left behind."""
    result = await bench.run(ProbeKind.GENERATE, simulator.base_url(api), api, model)
    assert (result.error_class, result.cost_usd) == (E.NONE, 0.25), result
    assert result.generation_seconds is not None
    assert result.response_seconds is not None
    assert 0 < result.response_seconds <= result.generation_seconds <= result.duration_seconds
    phases = {"connect", "processing", "transfer", "submit", "download"}
    assert phases | ({"queue", "render"} if api not in ("chat", "images") else set()) <= set(result.phases)
    assert (simulator.created(), simulator.actions().count("content")) == (1, 1)
    assert (bench.ledger.unfinished_jobs(), bench.ledger.spent_usd()) == ([], 0.25)
    assert len(simulator.jobs_left()) == (1 if api == "video-generations" else 0)


async def test_an_image_inside_the_answer_needs_no_download(simulator: SimulatedProvider, bench: Bench) -> None:
    """An image as base64 text is checked where it is."""
    request = {"response_format": "b64_json"}
    result = await bench.run(ProbeKind.GENERATE, simulator.base_url("images"), "images", "gpt-image-2", request=request)
    assert (result.error_class, simulator.actions()) == (E.NONE, ["create"])


@pytest.mark.parametrize("mib", [1, 3])
async def test_a_large_image_inside_the_answer_is_read_whole(bench: Bench, mib: int) -> None:
    """An answer that holds a picture may be larger than other answers: real ones pass 1 MiB."""
    ending = b"\x00\x00\x00\x00IEND\xaeB`\x82"
    picture = b"\x89PNG\r\n\x1a\n" + bytes(mib * 1024 * 1024) + ending
    body = json.dumps({"created": 1, "data": [{"b64_json": base64.b64encode(picture).decode()}]}).encode()
    async with serve(fixed(answer(body))) as server:
        result = await bench.run(ProbeKind.GENERATE, server.url, "images", "gpt-image-2")
    assert (result.error_class, result.detail) == (E.NONE, "")


@pytest.mark.parametrize(
    ("behaviour", "error_class"),
    [
        ("generation_failed", E.GENERATION_FAILED),
        ("moderation_in_job", E.CONTENT_POLICY),
        ("generation_timeout", E.GENERATION_TIMEOUT),
        ("stuck_in_queue", E.GENERATION_TIMEOUT),
        ("poll_error", E.SERVER_ERROR),
        ("asset_truncated", E.INVALID_RESPONSE),
        ("asset_empty", E.INVALID_RESPONSE),
        ("asset_wrong_type", E.INVALID_RESPONSE),
        ("asset_expired", E.INVALID_RESPONSE),
    ],
)
async def test_a_job_without_a_video_is_paid_and_deleted(
    simulator: SimulatedProvider, bench: Bench, behaviour: str, error_class: ErrorClass
) -> None:
    """Failed, stuck, unreadable and broken jobs give their class, count as paid, and are deleted."""
    simulator.behave("MiniMax-H3", behaviour)
    result = await bench.run(ProbeKind.GENERATE, simulator.base_url("videos"), "videos", "MiniMax-H3", timeout=0.4)
    assert (result.error_class, result.cost_usd) == (error_class, 0.25), result
    assert (result.generation_seconds, result.duration_seconds < 0.9) == (None, True)
    assert (simulator.created(), simulator.jobs_left(), bench.ledger.unfinished_jobs()) == (1, [], [])


async def test_the_phase_of_a_stuck_job_is_named(simulator: SimulatedProvider, bench: Bench) -> None:
    """A job that never leaves the queue, and one that stays at 99 %, name the phase that took their time."""
    base_url, rules, phases = simulator.base_url("videos"), [], []
    for behaviour in ("stuck_in_queue", "generation_timeout"):
        simulator.behave("MiniMax-H3", behaviour)
        result = await bench.run(ProbeKind.GENERATE, base_url, "videos", "MiniMax-H3", timeout=0.3)
        rules.append(result.rule)
        phases.append({"queue", "render"} & set(result.phases))
    assert (rules, phases) == (["generate:queue", "generate:render"], [{"queue"}, {"queue", "render"}])


async def test_a_job_without_id_stays_remembered(simulator: SimulatedProvider, bench: Bench) -> None:
    """An accepted job whose answer lacks the id is paid, invalid, and left to the clean-up."""
    simulator.behave("MiniMax-H3", "job_id_missing")
    result = await bench.run(ProbeKind.GENERATE, simulator.base_url("videos"), "videos", "MiniMax-H3")
    assert (result.error_class, result.cost_usd) == (E.INVALID_RESPONSE, 0.25)
    assert [job.job_id for job in bench.ledger.unfinished_jobs()] == [None]


async def test_a_running_job_that_cannot_be_deleted_stays_remembered(
    simulator: SimulatedProvider, bench: Bench
) -> None:
    """A vendor that refuses to delete what runs leaves the job in the ledger, with its id."""
    simulator.behave("doubao-seedance-2-0-260128", "generation_timeout")
    result = await bench.run(
        ProbeKind.GENERATE, simulator.base_url("ark"), "ark", "doubao-seedance-2-0-260128", timeout=0.3
    )
    assert result.error_class is E.GENERATION_TIMEOUT
    assert [job.job_id for job in bench.ledger.unfinished_jobs()] == simulator.jobs_left() != []


@pytest.mark.parametrize("wait", [0.0, 0.002, 0.01, 0.05])
async def test_a_cancelled_attempt_leaves_no_job_unknown(
    simulator: SimulatedProvider, bench: Bench, wait: float
) -> None:
    """Whenever an attempt is cancelled, its job is deleted, or remembered for the clean-up; never paid twice."""
    simulator.behave("MiniMax-H3", "generation_timeout")
    running = asyncio.create_task(bench.run(ProbeKind.GENERATE, simulator.base_url("videos"), "videos", "MiniMax-H3"))
    await asyncio.sleep(wait)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert len(simulator.jobs_left()) <= len(bench.ledger.unfinished_jobs())
    assert simulator.created() <= 1
    assert bench.ledger.spent_usd() >= 0.25 * simulator.created()


def _vendor(**pages: Any) -> Any:
    """Return a provider that answers by method and path, with ``{url}`` for its own address; unknown ones with 404."""

    async def behave(connection: Connection) -> None:
        method, path, *_ = connection.head.decode().split()
        found = pages.get(f"{method} {path}", answer(b"{}", "404 Not Found"))
        await connection.send(found.replace(b"{url}", connection.url.encode()))

    return behave


DONE = b'{"id":"v1","status":"completed"}'
MP4 = GOOD["mp4"].content


async def test_a_redirected_asset_is_checked_and_the_key_does_not_follow(bench: Bench) -> None:
    """The page of a redirect is not part of the asset, and neither key nor own headers go to another host."""
    async with serve(_vendor(**{"GET /v1.mp4": answer(MP4, "200 OK", "video/mp4")})) as storage:
        ports = {"asset_ports": [int(storage.url.rpartition(":")[2])]}
        document = {"provider": {"headers": {"x-own": "secret-of-ours"}, **ports}}
        moved = answer(b"<html>moved</html>" * 9, "302 Found", "text/html", f"Location: {storage.url}/v1.mp4")
        pages = {
            "POST /videos": answer(DONE),
            "GET /videos/v1": answer(DONE),
            "GET /videos/v1/content": moved,
            "DELETE /videos/v1": answer(b"{}"),
        }
        async with serve(_vendor(**pages)) as server:
            result = await bench.run(ProbeKind.GENERATE, server.url, "videos", "sora-2", document=document)
    assert result.error_class is E.NONE, result
    assert b"x-own: secret-of-ours" in server.requests[0].lower()
    assert len(storage.requests) == 1
    assert b"authorization" not in storage.requests[0].lower()
    assert b"secret-of-ours" not in storage.requests[0]


async def test_an_asset_at_a_port_that_nothing_names_is_not_fetched(bench: Bench) -> None:
    """A provider inside our own network leads to no other service of its machine."""
    async with serve(_vendor(**{"GET /v1.mp4": answer(MP4, "200 OK", "video/mp4")})) as storage:
        moved = answer(b"", "302 Found", "text/plain", f"Location: {storage.url}/v1.mp4")
        pages = {"POST /videos": answer(DONE), "GET /videos/v1": answer(DONE), "GET /videos/v1/content": moved}
        async with serve(_vendor(**pages)) as server:
            result = await bench.run(ProbeKind.GENERATE, server.url, "videos", "sora-2")
    assert (result.error_class, storage.requests) == (E.INVALID_RESPONSE, []), result


@pytest.mark.parametrize(
    "location",
    [
        "http://10.255.255.1/v1.mp4",
        "http://169.254.169.254/latest/meta-data",
        "http://2130706433/",
        "file:///etc/passwd",
        "ftp://example.com/v1.mp4",
        "http://[bad/",
        "http://example.com:99999999/",
        "http://" + "a" * 300 + ".example/",
        "",
    ],
)
async def test_an_asset_somewhere_forbidden_is_not_fetched(bench: Bench, location: str) -> None:
    """Private addresses, other schemes and no addresses at all make the asset missing, and raise nothing."""
    moved = answer(b"", "302 Found", "text/plain", f"Location: {location}")
    pages = {"POST /videos": answer(DONE), "GET /videos/v1": answer(DONE), "GET /videos/v1/content": moved}
    async with serve(_vendor(**pages)) as server:
        result = await bench.run(ProbeKind.GENERATE, server.url, "videos", "sora-2", timeout=2.0)
    assert (result.error_class, result.rule) == (E.INVALID_RESPONSE, "asset:faulty"), result
    assert result.duration_seconds < 2.0


@pytest.mark.parametrize("url", ["http://[bad/v.mp4", "file:///etc/passwd", "//x", "", 7, None, {"a": 1}])
async def test_an_invalid_address_makes_the_asset_missing(bench: Bench, url: object) -> None:
    """With anything but an address in a finished job, the asset is missing or faulty."""
    body = json.dumps({"task_id": "t1", "status": "completed", "url": url}).encode()
    pages = {"POST /video/generations": answer(body), "GET /video/generations/t1": answer(body)}
    async with serve(_vendor(**pages)) as server:
        result = await bench.run(ProbeKind.GENERATE, server.url, "video-generations", "wan-3.0", timeout=2.0)
    assert result.error_class is E.INVALID_RESPONSE, result


async def test_an_asset_at_localhost_is_the_relays_own_address(bench: Bench) -> None:
    """A finished job whose asset is on the relay's own machine says so, apart from the faults of an asset."""
    address = "http://localhost:1/v.mp4"
    body = json.dumps({"task_id": "t1", "status": "completed", "url": address}).encode()
    pages = {"POST /video/generations": answer(body), "GET /video/generations/t1": answer(body)}
    async with serve(_vendor(**pages)) as server:
        result = await bench.run(ProbeKind.GENERATE, server.url, "video-generations", "wan-3.0", timeout=2.0)
    assert result.rule == "asset:own-address"
    assert result.detail == f"the relay's own address is wrong: the finished job's asset points to {address}"
    assert result.depth is Depth.ACCEPTED


@pytest.mark.parametrize("location", ["http://localhost:1/v.mp4", "http://[::1]/v1.mp4"])
async def test_a_content_route_that_redirects_to_localhost_is_the_relays_own_address(
    bench: Bench, location: str
) -> None:
    """A download that ends at the relay's own machine after a redirect says so, as a link to there does."""
    moved = answer(b"", "302 Found", "text/plain", f"Location: {location}")
    pages = {"POST /videos": answer(DONE), "GET /videos/v1": answer(DONE), "GET /videos/v1/content": moved}
    async with serve(_vendor(**pages)) as server:
        result = await bench.run(ProbeKind.GENERATE, server.url, "videos", "sora-2", timeout=2.0)
    assert (result.error_class, result.rule) == (E.INVALID_RESPONSE, "asset:own-address")


@pytest.mark.parametrize(("hung", "error_class"), [("/content", E.INVALID_RESPONSE), ("GET ", E.TIMEOUT)])
async def test_a_hung_request_leaves_time_to_delete(bench: Bench, hung: str, error_class: ErrorClass) -> None:
    """An asset that never arrives and a poll that is never answered end in time, and their job is still deleted."""

    async def behave(connection: Connection) -> None:
        if hung.encode() in connection.head.split(b"\r\n")[0]:
            await connection.hold()
        else:
            await connection.send(answer(DONE))

    async with serve(behave) as server:
        result = await bench.run(ProbeKind.GENERATE, server.url, "videos", "sora-2", timeout=0.4)
    assert (result.error_class, result.duration_seconds < 0.9) == (error_class, True)
    assert server.requests[-1].startswith(b"DELETE")
    assert bench.ledger.unfinished_jobs() == []


REFUSAL = b'data: {"error":{"message":"no available channel"}}\n\n'
LINK = event("[done]({url}/v.mp4)\\n").replace(b"{url}", b"http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("stream", "error_class", "cost"),
    [
        (chunk(event("50 %")), E.INVALID_RESPONSE, 0.25),
        (chunk(event("50 %")) + chunk(b""), E.INVALID_RESPONSE, 0.25),
        (chunk(LINK) + chunk(b""), E.INVALID_RESPONSE, 0.25),
        (chunk(REFUSAL) + chunk(b""), E.UNAVAILABLE, 0.0),
        (chunk(event("50 %") + REFUSAL) + chunk(b""), E.UNAVAILABLE, 0.25),
        (chunk(b"data: {not json\n\n") + chunk(b""), E.INVALID_RESPONSE, 0.25),
    ],
    ids=["cut", "no link", "dead link", "refused", "failed after words", "no JSON"],
)
async def test_a_stream_without_a_video_is_no_success(
    bench: Bench, stream: bytes, error_class: ErrorClass, cost: float
) -> None:
    """A stream that is cut, fails, ends without a link, or links to nothing is a failure; only a refusal is free."""

    async def behave(connection: Connection) -> None:
        await connection.send(EVENTS + stream)

    async with serve(behave) as server:
        result = await bench.run(ProbeKind.GENERATE, server.url, "chat", "sora-2", timeout=2.0)
    assert (result.error_class, result.cost_usd) == (error_class, cost), result


async def test_a_stream_that_never_ends_is_a_generation_timeout(bench: Bench) -> None:
    """An accepted stream that goes on beyond the timeout is a job not done in time, and may have cost."""
    async with serve("endless event stream") as server:
        result = await bench.run(ProbeKind.GENERATE, server.url, "chat", "sora-2", timeout=0.4)
    assert (result.error_class, result.cost_usd, result.duration_seconds < 0.9) == (E.GENERATION_TIMEOUT, 0.25, True)
