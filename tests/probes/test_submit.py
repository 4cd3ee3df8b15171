"""The submit probe: one job, accepted, deleted and paid once."""

from __future__ import annotations

import pytest
from support.clock import HandClock
from support.faults.server import answer, fixed, serve
from support.probing import API_OF_MODEL, Bench, SimulatedProvider

from sora_exporter.result import ErrorClass, ProbeKind

E = ErrorClass
API_MODELS = {api: model for model, api in API_OF_MODEL.items()}


@pytest.mark.parametrize(("model", "api"), API_OF_MODEL.items())
async def test_one_job_is_accepted_and_deleted_on_every_api(
    simulator: SimulatedProvider, bench: Bench, model: str, api: str
) -> None:
    """On each built-in API exactly one job is created, paid, and left neither at the provider nor in the ledger."""
    result = await bench.run(ProbeKind.SUBMIT, simulator.base_url(api), api, model)
    assert (result.error_class, result.http_status, result.cost_usd) == (E.NONE, 200, 0.25)
    assert result.response_seconds is not None
    assert {"connect", "processing", "transfer", "submit"} <= set(result.phases)
    assert (simulator.created(), bench.ledger.unfinished_jobs(), bench.ledger.spent_usd()) == (1, [], 0.25)
    # new-api has no call that deletes a job.
    assert len(simulator.jobs_left()) == (1 if api == "video-generations" else 0)


async def test_loading_the_sdk_takes_none_of_the_attempts_time(
    simulator: SimulatedProvider, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An SDK that loads for an hour, longer than the probe's timeout, does not fail the first attempt."""
    passed, hours = bench.clock.monotonic, []

    async def slow() -> None:
        hours.append(3600.0)

    monkeypatch.setattr("sora_exporter.probes.runner.loaded_sdk", slow)
    monkeypatch.setattr(bench.clock, "monotonic", lambda: passed() + sum(hours))
    result = await bench.run(ProbeKind.SUBMIT, simulator.base_url("videos"), "videos", "MiniMax-H3")
    assert (result.error_class, hours) == (E.NONE, [3600.0])


async def test_a_stream_is_closed_as_soon_as_it_decides(simulator: SimulatedProvider, bench: Bench) -> None:
    """A streamed job that would render for an hour is accepted at once, by the stream's first words."""
    simulator.simulation.render_seconds = 3600.0
    result = await bench.run(ProbeKind.SUBMIT, simulator.base_url("chat"), "chat", "sora_video2", timeout=5.0)
    assert (result.error_class, result.duration_seconds < 2.0) == (E.NONE, True)
    assert result.response_seconds is not None
    assert result.response_seconds < 2.0


@pytest.mark.parametrize("behaviour", ["suspended", "quota", "rate_limited", "authentication", "content_policy"])
@pytest.mark.parametrize(("model", "api"), [("MiniMax-H3", "videos"), ("gpt-image-2", "images")])
async def test_a_refusal_costs_nothing(
    simulator: SimulatedProvider, bench: Bench, model: str, api: str, behaviour: str
) -> None:
    """A create request that is refused gives its money back and leaves no job to look for."""
    simulator.behave(model, behaviour)
    result = await bench.run(ProbeKind.SUBMIT, simulator.base_url(api), api, model)
    assert result.error_class is not E.NONE
    assert (result.cost_usd, bench.ledger.spent_usd(), bench.ledger.unfinished_jobs()) == (0.0, 0.0, [])


@pytest.mark.parametrize(
    ("fault", "cost", "remembered"),
    [
        ("reset at once", 0.25, 1),
        ("reset in mid-body", 0.25, 1),
        ("silence", 0.25, 1),
        ("body byte by byte", 0.25, 1),
        ("HTML with 200", 0.25, 1),
        ("500", 0.25, 1),
        ("absurd Retry-After", 0.0, 0),
        ("redirect loop", 0.0, 0),
        ("plain text on a TLS port", 0.0, 0),
        ("broken handshake", 0.0, 0),
    ],
)
async def test_an_open_outcome_is_counted_and_its_job_remembered(
    bench: Bench, fault: str, cost: float, remembered: int
) -> None:
    """An outcome that may have begun a job is paid and its job looked for later; the request is sent only once."""
    scheme = "https" if cost == 0.0 and ("TLS" in fault or "handshake" in fault) else "http"
    async with serve(fault, scheme=scheme) as server:
        result = await bench.run(ProbeKind.SUBMIT, server.url, "videos", "sora-2", timeout=0.4)
    assert (result.cost_usd, bench.ledger.spent_usd()) == (cost, cost), result
    assert len(bench.ledger.unfinished_jobs()) == remembered
    assert sum(head.startswith(b"POST") for head in server.requests) <= 1


async def test_a_job_that_failed_at_once_is_deleted_too(bench: Bench) -> None:
    """A create answer that names a job and its failure together leads to a deletion."""
    body = b'{"id":"video_7","status":"failed","error":{"code":"moderation_blocked","message":"blocked"}}'
    async with serve(fixed(answer(body)), is_kept=True) as server:
        result = await bench.run(ProbeKind.SUBMIT, server.url, "videos", "sora-2")
    assert result.error_class is E.CONTENT_POLICY
    assert [head.split()[0] for head in server.requests] == [b"POST", b"DELETE"]


async def test_no_request_is_sent_without_a_price_or_a_budget(simulator: SimulatedProvider, bench: Bench) -> None:
    """A service without a price, and one dearer than the day's limit, get no request."""
    base_url = simulator.base_url("videos")
    without = await bench.run(ProbeKind.SUBMIT, base_url, "videos", "MiniMax-H3", price_usd=None)
    beyond = await bench.run(ProbeKind.SUBMIT, base_url, "videos", "MiniMax-H3", price_usd={"per_request": 1001})
    assert (without.error_class, beyond.error_class) == (E.BUDGET_EXHAUSTED, E.BUDGET_EXHAUSTED)
    assert simulator.actions() == []


@pytest.mark.parametrize("api", ["videos", "video-generations"])
async def test_a_key_given_as_the_jobs_id_is_not_stored(bench: Bench, api: str) -> None:
    """An id that contains our key does not count: no byte of the ledger has it, and the order is still counted."""
    body = b'{"id":"job-sk-of-the-probes","task_id":"job-sk-of-the-probes","status":"queued"}'
    async with serve(fixed(answer(body))) as server:
        result = await bench.run(ProbeKind.SUBMIT, server.url, api, "sora-2")
    assert result.cost_usd == 0.25
    stored = b"".join(file.read_bytes() for file in bench.storage.rglob("*") if file.is_file())
    assert (b"sk-of-the-probes" in stored, b"watched" in stored) == (False, True)


@pytest.mark.parametrize("value", ["42", "video"])
async def test_an_id_may_contain_a_short_headers_value(bench: Bench, value: str) -> None:
    """A configured header's value inside a job's id by chance does not prevent the deletion of the job."""
    async with serve(fixed(answer(b'{"id":"video_1a2b42","status":"queued"}'))) as server:
        document = {"provider": {"headers": {"X-Tenant": value}}}
        await bench.run(ProbeKind.SUBMIT, server.url, "videos", "sora-2", document=document)
    assert server.requests[-1].startswith(b"DELETE /videos/video_1a2b42 ")
    assert bench.ledger.unfinished_jobs() == []


@pytest.mark.parametrize("api", ["videos", "video-generations"])
async def test_a_dead_upstream_costs_at_most_two_prices_in_five_minutes(
    simulator: SimulatedProvider, bench: Bench, api: str
) -> None:
    """With submit every minute against a route that may bill and makes no job, the second attempt waits two."""
    clock = HandClock()
    bench.clock = clock  # type: ignore[assignment]
    model = API_MODELS[api]
    simulator.behave(model, "server_error")
    config = bench.config(simulator.base_url(api), api, model, probes={"submit": {"interval": "1m", "timeout": "10s"}})
    runner, service = bench.runner(config), config.services[0]
    for _ in range(5):
        if not runner.must_wait(service, ProbeKind.SUBMIT):
            await runner.run(service, ProbeKind.SUBMIT)
        clock.step(60.0)
    assert simulator.actions().count("create") == 2
    assert bench.ledger.spent_usd() == 2 * 0.25


async def test_a_refused_job_makes_the_next_attempt_wait(simulator: SimulatedProvider, bench: Bench) -> None:
    """A refusal costs nothing and still doubles the wait; a request that was never sent does not."""
    simulator.behave("MiniMax-H3", "suspended")
    config = bench.config(simulator.base_url("videos"), "videos", "MiniMax-H3")
    runner, service = bench.runner(config), config.services[0]
    refused = await runner.run(service, ProbeKind.SUBMIT)
    assert refused is not None
    assert (refused.error_class, refused.cost_usd) == (E.UNAVAILABLE, 0.0)
    assert (runner.must_wait(service, ProbeKind.SUBMIT), refused.wait_seconds > 0.0) == (True, True)
    unsent = bench.config("http://127.0.0.1:1", "videos", "sora-2", id="unsent")
    other = bench.runner(unsent)
    await other.run(unsent.services[0], ProbeKind.SUBMIT)
    assert not other.must_wait(unsent.services[0], ProbeKind.SUBMIT)


@pytest.mark.parametrize("section", ["provider", "service"])
async def test_a_share_of_the_budget_is_kept(simulator: SimulatedProvider, bench: Bench, section: str) -> None:
    """Once a provider's or a service's share is used up its paid probes stop, though the day's limit has room."""
    document = {"provider": {"budget_share": "0.05%"}} if section == "provider" else {}
    service = {"budget_share": 0.0005} if section == "service" else {}
    config = bench.config(simulator.base_url("videos"), "videos", "MiniMax-H3", document=document, **service)
    runner = bench.runner(config)
    found = [await runner.run(config.services[0], ProbeKind.SUBMIT) for _ in range(3)]
    assert [one.error_class for one in found if one is not None] == [E.NONE, E.NONE, E.BUDGET_EXHAUSTED]


async def test_a_job_whose_cancelling_is_elsewhere_is_no_success(bench: Bench) -> None:
    """A job that can be cancelled only on another origin is paid and an invalid answer that names the origin."""
    body = b'{"request_id":"r","status":"IN_QUEUE","status_url":"/r/status","cancel_url":"https://x.example:8443/r"}'
    async with serve(fixed(answer(body))) as server:
        result = await bench.run(ProbeKind.SUBMIT, server.url, "fal", "fal-ai/ltx")
    assert (result.error_class, result.rule, result.cost_usd) == (E.INVALID_RESPONSE, "address:elsewhere", 0.25)
    assert "on https://x.example:8443," in result.detail
    assert len(server.requests) == 1
