"""Running a probe: lock, budget, result; and a vendor that is known by configuration alone."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from support.faults.server import Behaviour, Connection, answer, fixed, serve
from support.probing import Bench, SimulatedProvider

from sora_exporter.budget.storage import StorageError
from sora_exporter.config import Config, load_config
from sora_exporter.config.apis import builtin_apis
from sora_exporter.probes.cleanup import CleanUp
from sora_exporter.probes.runner import HEADER_CHARACTERS, Runner
from sora_exporter.result import Depth, ErrorClass, ProbeKind, ProbeResult
from sora_exporter.simulator.assets import GOOD

E = ErrorClass

VENDOR = """
providers:
  odd: {base_url: "%s", headers: {X-Api-Token: secret-token}}
budget_usd_per_day: 5
apis:
  odd-films:
    models: {path: null, list: /catalogue}
    create:
      path: /films/order
      body: {engine: "{model}", text: {positive: "{prompt}"}, length: 3}
      billed_seconds: [length]
    canary:
      replace: {text: {positive: ""}}
      refusal: [positive]
      proves: {maker: routed, relay: authenticated}
    job:
      id: [result.film.number]
      status: [result.state]
      error: [result.trouble]
      queued: [IN_LINE]
      running: [SHOOTING]
      done: [WRAPPED]
      failed: [BINNED]
      poll: {method: POST, path: "/films/{job_id}/state"}
      poll_interval_seconds: 1
      delete: {method: PUT, path: "/films/{job_id}/burn"}
    asset:
      kinds: [video]
      url: [result.reels.0.address]
services:
  - id: odd-one
    product: film
    access: official
    provider: odd
    model: epic-9
    api: odd-films
    price_usd: {per_second: 0.1}
    probes: {catalog: {interval: 1h}, canary: {interval: 1h}, submit: {interval: 1h}, generate: {interval: 1h}}
"""


class OddVendor:
    """A vendor with its own shapes: nested ids, words in capitals, PUT for delete, the asset in a list."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.states: dict[int, list[str]] = {}

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/catalogue", self.catalogue),
                Route("/films/order", self.order, methods=["POST"]),
                Route("/films/{number:int}/state", self.state, methods=["POST"]),
                Route("/films/{number:int}/burn", self.burn, methods=["PUT"]),
                Route("/reels/{name}", self.reel),
            ]
        )

    async def catalogue(self, _request: Request) -> Response:
        self.asked.append("catalogue")
        return JSONResponse({"models": [{"name": "epic-9"}]})

    async def order(self, request: Request) -> Response:
        body = await request.json()
        assert request.headers["x-api-token"] == "secret-token"
        assert (body["engine"], body["length"]) == ("epic-9", 3)
        if not body["text"]["positive"]:
            return JSONResponse({"error": {"message": "text.positive must not be empty"}}, 400)
        self.asked.append("order")
        number = 41 + len(self.states)
        self.states[number] = ["WRAPPED", "SHOOTING", "IN_LINE"]
        return JSONResponse({"result": {"film": {"number": number}}})

    async def state(self, request: Request) -> Response:
        states = self.states[request.path_params["number"]]
        word = states.pop() if len(states) > 1 else states[0]
        self.asked.append(word)
        reels = [{"address": f"{request.base_url}reels/1.mp4"}] if word == "WRAPPED" else []
        return JSONResponse({"result": {"state": word, "reels": reels}})

    async def burn(self, request: Request) -> Response:
        self.asked.append("burn")
        del self.states[request.path_params["number"]]
        return JSONResponse({"result": {"state": "BURNT"}})

    async def reel(self, _request: Request) -> Response:
        self.asked.append("reel")
        return Response(GOOD["mp4"].content, media_type="video/mp4")


@asynccontextmanager
async def listening(app: Starlette) -> AsyncIterator[str]:
    """Serve an app on a loopback port in a thread of its own and give its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await asyncio.to_thread(thread.join, 10)
        listener.close()


async def test_a_vendor_is_added_by_configuration_alone(bench: Bench, tmp_path: Path) -> None:
    """An API described in YAML is taken through catalog, canary, submit, poll, asset and delete."""
    vendor = OddVendor()
    async with listening(vendor.app()) as url:
        file = tmp_path / "sora.yml"
        file.write_text(VENDOR % url)
        config = load_config(file)
        runner = bench.runner(config)
        results = [await runner.run(config.services[0], probe) for probe in ProbeKind]
    assert [result and result.error_class for result in results] == [E.NONE] * 4, results
    assert vendor.asked == [
        *["catalogue", "order", "burn", "order"],
        *["IN_LINE", "SHOOTING", "WRAPPED", "reel", "burn"],
    ]
    assert [round(result.cost_usd, 6) for result in results if result] == [0.0, 0.0, 0.3, 0.3]
    assert (vendor.states, bench.ledger.unfinished_jobs()) == ({}, [])
    assert yaml.safe_load(VENDOR)["apis"].keys() == {"odd-films"}


async def test_a_probe_under_way_is_not_begun_again(simulator: SimulatedProvider, bench: Bench) -> None:
    """While a probe of a service runs, the same one is not run beside it."""
    config = bench.config(simulator.base_url("videos"), "videos", "MiniMax-H3")
    runner, service = bench.runner(config), config.services[0]
    results = await asyncio.gather(*(runner.run(service, ProbeKind.SUBMIT) for _ in range(3)))
    assert (sum(result is None for result in results), simulator.created()) == (2, 1)


async def test_what_another_process_has_just_paid_for_is_not_paid_again(
    simulator: SimulatedProvider, bench: Bench
) -> None:
    """Within the spacing of a paid probe only one of two exporters orders; without one both do."""
    config = bench.config(simulator.base_url("videos"), "videos", "MiniMax-H3")
    runners = [bench.runner(config), bench.runner(config, spacing=3600.0), bench.runner(config)]
    results = [await runner.run(config.services[0], ProbeKind.SUBMIT) for runner in runners]
    assert [result is None for result in results] == [False, True, False]
    assert simulator.created() == 2


async def test_a_canary_waits_for_that_of_another_process(simulator: SimulatedProvider, bench: Bench) -> None:
    """Two exporters that send a canary at once take turns, and both have their result; a free probe needs no turn."""
    config = bench.config(simulator.base_url("videos"), "videos", "MiniMax-H3")
    service, runner = config.services[0], bench.runner(config)
    results = await asyncio.gather(*(runner.run(service, ProbeKind.CANARY) for _ in range(2)))
    assert [result and result.error_class for result in results] == [E.NONE, E.NONE]


async def test_a_canary_that_another_process_met_accepted_is_not_sent(bench: Bench) -> None:
    """A running exporter learns from the ledger that the provider accepts the canary, before it sends its own."""
    async with serve(ACCEPTS) as server:
        config = bench.config(server.url, "films", "sora-2", document=ONE_CANARY)
        one, other = (bench.runner(config, spacing=60.0) for _ in range(2))
        results = [await runner.run(config.services[0], ProbeKind.CANARY) for runner in (one, other)]
    rules = [result.rule for result in results if result is not None]
    assert rules[1] == "ruled-out"
    assert len(server.requests) == 2
    assert other.is_barred(config.services[0], ProbeKind.CANARY)


async def test_an_answer_later_than_slow_after_is_slow(simulator: SimulatedProvider, bench: Bench) -> None:
    """A good answer that takes longer than ``slow_after`` is slow, and a success all the same."""
    simulator.behave("MiniMax-H3", "slow", delay_seconds=0.05)
    result = await bench.run(ProbeKind.CANARY, simulator.base_url("videos"), "videos", "MiniMax-H3", slow_after="20ms")
    assert (result.error_class, result.is_success) == (E.SLOW, True)
    assert result.response_seconds is not None
    assert result.response_seconds > 0.05


def test_a_provider_without_canaries_gets_none(simulator: SimulatedProvider) -> None:
    """``canary: false`` removes the probe from each service of the provider, from configured ones too."""
    document = {
        "providers": {
            "careful": {"base_url": simulator.base_url("videos"), "canary": False},
            "other": {"base_url": simulator.base_url("videos")},
        },
        "services": [
            {"id": name, "product": "p", "access": "reverse", "provider": name, "model": "m"}
            for name in ("careful", "other")
        ],
    }
    careful, other = Config.model_validate(document).services
    assert (list(careful.probes), list(other.probes)) == ([ProbeKind.CATALOG], [ProbeKind.CATALOG, ProbeKind.CANARY])


async def test_an_impossible_end_is_ignored_with_one_line(
    simulator: SimulatedProvider, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """A Sunset header in the year 9999 announces nothing, and the log names it."""
    simulator.behave("MiniMax-H3", "operational", sunset="9999-12-31")
    result = await bench.run(ProbeKind.SUBMIT, simulator.base_url("videos"), "videos", "MiniMax-H3")
    assert result.sunset_at is None
    assert [record.msg for record in caplog.records if "9999" in str(vars(record))] == ["end of life ignored"]


async def test_an_announced_end_reaches_the_result(simulator: SimulatedProvider, bench: Bench) -> None:
    """The Sunset header of a good answer becomes the result's end of life."""
    simulator.behave("MiniMax-H3", "operational", sunset="2026-12-31")
    result = await bench.run(ProbeKind.SUBMIT, simulator.base_url("videos"), "videos", "MiniMax-H3")
    assert result.sunset_at == 1798675200.0


async def test_the_key_is_in_no_result(bench: Bench) -> None:
    """An answer that echoes the key comes out without it."""
    body = b'{"error":{"message":"Incorrect API key provided: sk-of-the-probes","code":"invalid_api_key"}}'
    async with serve(fixed(answer(body, "401 Unauthorized"))) as server:
        result = await bench.run(ProbeKind.CATALOG, server.url, "videos", "sora-2")
    assert result.error_class is E.AUTHENTICATION
    assert "sk-of-the-probes" not in repr(result)


def disk_is_full(*_: Any, **__: Any) -> None:
    raise StorageError("ledger.sqlite3: has no space left: free space on its disk")


@pytest.mark.parametrize("method", ["note_job_id", "forget_job", "settle"])
async def test_a_full_disk_in_mid_attempt_leaves_no_job_behind(
    simulator: SimulatedProvider, bench: Bench, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """A ledger that fails after the create call changes nothing of the result, and the job is deleted."""
    monkeypatch.setattr(bench.ledger, method, disk_is_full)
    result = await bench.run(ProbeKind.GENERATE, simulator.base_url("videos"), "videos", "MiniMax-H3")
    assert (result.error_class, simulator.jobs_left(), bench.ledger.spent_usd()) == (E.NONE, [], 0.25)


@pytest.mark.parametrize("method", ["attempt_lock", "reserve"])
async def test_a_full_disk_before_an_attempt_keeps_it_from_costing(
    simulator: SimulatedProvider, bench: Bench, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Without a lock or a ledger no paid probe sends anything, and free ones go on."""
    monkeypatch.setattr(bench.ledger, method, disk_is_full)
    base_url = simulator.base_url("videos")
    paid = await bench.run(ProbeKind.SUBMIT, base_url, "videos", "MiniMax-H3")
    free = await bench.run(ProbeKind.CATALOG, base_url, "videos", "MiniMax-H3")
    assert (paid.error_class, free.error_class) == (E.BUDGET_EXHAUSTED, E.NONE)
    assert simulator.actions() == ["models"]


ONE_CANARY = {
    "apis": {
        "films": {
            **builtin_apis()["videos"].model_dump(mode="json", exclude={"canary"}),
            "canary": {
                "replace": {"prompt": ""},
                "refusal": "prompt",
                "proves": {"maker": "routed", "relay": "authenticated"},
            },
        }
    }
}
ACCEPTS = fixed(answer(b'{"id":"video_1","status":"queued"}'))


async def sent_twice(runner: Runner, config: Config) -> list[ProbeResult]:
    """Return the attempts of both canaries of the api ``videos``, of which each takes one."""
    results = [await runner.run(config.services[0], ProbeKind.CANARY) for _ in range(2)]
    return [result for result in results if result is not None]


async def test_an_accepted_canary_is_charged_and_barred_for_good(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Each price counts, and no later process sends one to the same target; to another target they go out."""
    async with serve(ACCEPTS) as server:
        config = bench.config(server.url, "videos", "sora-2")
        results = await sent_twice(bench.runner(config), config)
    assert [(result.error_class, result.cost_usd, result.depth) for result in results] == [
        (E.NONE, 0.25, Depth.ACCEPTED)
    ] * 2
    assert bench.ledger.spent_usd() == 0.5
    warned, _ = (vars(record) for record in caplog.records if record.levelname == "ERROR")
    assert (warned["service_id"], warned["probe"], warned["cost_usd"]) == ("watched", "canary", 0.25)
    same, other = (bench.config(server.url, "videos", model) for model in ("sora-2", "sora-2-pro"))
    later = bench.runner(same)
    assert [probe for probe in ProbeKind if later.is_barred(same.services[0], probe)] == [ProbeKind.CANARY]
    later.configure(other)
    assert not later.is_barred(other.services[0], ProbeKind.CANARY)


async def test_of_two_canaries_only_the_accepted_one_is_barred(bench: Bench) -> None:
    """The one that the provider accepted is not sent again; the other goes out in its place, and is refused."""
    refusal = answer(b'{"error":{"message":"prompt is required","type":"invalid_request_error"}}', "400 Bad Request")
    answers = [answer(b'{"id":"video_1","status":"queued"}'), answer(b"{}"), refusal]
    async with serve(fixed_in_turn(answers)) as server:
        config = bench.config(server.url, "videos", "sora-2")
        runner = bench.runner(config)
        accepted, refused = await sent_twice(runner, config)
    assert (accepted.cost_usd, refused.cost_usd, refused.rule) == (0.25, 0.0, "canary:refused")
    assert not runner.is_barred(config.services[0], ProbeKind.CANARY)


async def test_a_canary_that_is_accepted_late_is_barred_too(bench: Bench) -> None:
    """An acceptance slower than slow_after is reported as slow, and still counts as an acceptance."""
    async with serve(ACCEPTS) as server:
        config = bench.config(server.url, "videos", "sora-2", slow_after="1ms")
        runner = bench.runner(config)
        result, _ = await sent_twice(runner, config)
    assert (result.error_class, runner.is_barred(config.services[0], ProbeKind.CANARY)) == (E.SLOW, True)


async def test_a_canary_is_barred_before_its_job_is_deleted(bench: Bench) -> None:
    """If the process ends while the deletion hangs, the next process does not send the canary again."""
    is_deleting = asyncio.Event()

    async def behave(connection: Connection) -> None:
        if connection.head.startswith(b"DELETE"):
            is_deleting.set()
            await connection.hold()
        else:
            await connection.send(answer(b'{"id":"video_1","status":"queued"}'))

    async with serve(behave) as server:
        config = bench.config(server.url, "films", "sora-2", document=ONE_CANARY)
        attempt = asyncio.create_task(bench.runner(config).run(config.services[0], ProbeKind.CANARY))
        await is_deleting.wait()
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
    assert bench.runner(config).is_barred(config.services[0], ProbeKind.CANARY)
    assert [job.job_id for job in bench.ledger.unfinished_jobs()] == ["video_1"]


async def test_a_canary_that_is_refused_again_is_no_longer_barred(bench: Bench) -> None:
    """A refusal, seen by any process, ends it for all that read the ledger again; a fault in between does not."""
    refusal = answer(b'{"error":{"message":"prompt is required","type":"invalid_request_error"}}', "400 Bad Request")
    answers = [answer(b'{"id":"video_1","status":"queued"}'), answer(b"{}"), answer(b"", "503 No"), refusal]
    async with serve(fixed_in_turn(answers)) as server:
        config = bench.config(server.url, "films", "sora-2", document=ONE_CANARY)
        (service,) = config.services
        exporter, check = bench.runner(config), bench.runner(config)
        await exporter.run(service, ProbeKind.CANARY)
        await check.run(service, ProbeKind.CANARY)
        exporter.configure(config)
        assert exporter.is_barred(service, ProbeKind.CANARY)
        check.configure(config)
        await check.run(service, ProbeKind.CANARY)
        assert not check.is_barred(service, ProbeKind.CANARY)
        exporter.configure(config)
        assert not exporter.is_barred(service, ProbeKind.CANARY)


async def test_a_canarys_job_that_cannot_be_deleted_is_left_to_the_clean_up(bench: Bench) -> None:
    """A provider that refuses the deletion leaves the job in the ledger, whence later rounds delete it."""
    answers = [answer(b'{"id":"video_1","status":"queued"}'), answer(b"{}", "409 Conflict"), answer(b"{}")]
    async with serve(fixed_in_turn(answers)) as server:
        config = bench.config(server.url, "videos", "sora-2")
        await bench.runner(config).run(config.services[0], ProbeKind.CANARY)
        (left,) = bench.ledger.unfinished_jobs()
        assert (left.job_id, left.reservation.probe) == ("video_1", "canary")
        clean_up = CleanUp(config, bench.ledger, bench.clients, bench.clock)
        clean_up.begin_round()
        await clean_up.finish_round()
        assert sum(clean_up.pending.values()) == 0
    assert [head.split()[0] for head in server.requests] == [b"POST", b"DELETE", b"DELETE"]
    assert (bench.ledger.unfinished_jobs(), bench.ledger.spent_usd()) == ([], 0.25)


@pytest.mark.parametrize("method", ["charge", "remember_job", "note_accepted_canary"])
async def test_an_accepted_canary_is_barred_on_a_full_disk_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Without room to write, the process itself remembers the canary, and the job is deleted."""
    monkeypatch.setattr(bench.ledger, method, disk_is_full)
    async with serve(ACCEPTS) as server:
        config = bench.config(server.url, "videos", "sora-2")
        runner = bench.runner(config)
        result, _ = await sent_twice(runner, config)
    assert (result.error_class, runner.is_barred(config.services[0], ProbeKind.CANARY)) == (E.NONE, True)
    assert [head.split()[0] for head in server.requests] == [b"POST", b"DELETE"] * 2


def fixed_in_turn(answers: list[bytes]) -> Behaviour:
    """Return a behaviour that gives one answer after the other."""
    left = iter(answers)

    async def behave(connection: Connection) -> None:
        await connection.send(next(left))

    return behave


async def test_the_evidence_for_a_provider_is_kept(bench: Bench) -> None:
    """Request, model and only the listed headers of the answer are kept: bounded, on one line, without the key."""
    headers = (
        "X-Oneapi-Request-Id: 2026012812345", "CF-Ray: 8ab-SIN", f"Server: {'s' * 5000}", "Set-Cookie: secret=1",
        "X-Request-Id: sk-of-the-probes",
    )  # fmt: skip
    async with serve(fixed(answer(b"{}", "503 Service Unavailable", "application/json", *headers))) as server:
        result = await bench.run(ProbeKind.CANARY, server.url, "videos", "sora-2")
    assert result.request == "POST /videos, model sora-2"
    kept = dict(line.split(": ", 1) for line in result.headers.splitlines())
    assert kept == {
        "x-request-id": "[hidden]", "x-oneapi-request-id": "2026012812345", "cf-ray": "8ab-SIN",
        "server": "s" * HEADER_CHARACTERS,
    }  # fmt: skip
