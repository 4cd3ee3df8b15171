"""The consequence of each answer of the first route; nothing is submitted twice unless allowed."""

from __future__ import annotations

import asyncio
from itertools import cycle, product
from typing import Literal

import pytest
from support.choice import Choice
from support.faults.server import answer, fixed, serve
from support.shop import OFFICIAL, REVERSE, Shop, config_of, service

from sora_exporter.fallback import AllRoutesFailed, AmbiguousSubmit, RequestRefused, VideoJob
from sora_exporter.result import ErrorClass

E = ErrorClass
NEXT = (
    *("rate_limited", "risk_control", "captcha", "overloaded", "unavailable", "model_not_found", "maintenance"),
    *("model_retired", "authentication", "permission", "quota_exhausted"),
)
STOP = ("content_policy", "invalid_request")
UNSURE = ("timeout", "invalid_response", "server_error", "generation_failed", "generation_timeout")
FIRST = [("official", OFFICIAL, REVERSE), ("reverse", REVERSE, OFFICIAL)]


@pytest.fixture
def bodies(short_or_long: Choice) -> range:
    """The numbers of the bodies to try: the first two, or at least all that an error class has."""
    return range(short_or_long(2, 6))


@pytest.mark.parametrize(("prefer", "first", "second"), FIRST)
@pytest.mark.parametrize("behaviour", NEXT)
async def test_a_definite_refusal_leads_to_the_next_route(
    shop: Shop, bodies: range, behaviour: str, prefer: str, first: str, second: str
) -> None:
    """With any body of a refusal, the next route takes the job, once, and the job lists both answers."""
    for number in bodies:
        shop.simulator.simulation.journal.clear()
        shop.behave(first, behaviour, body=number)
        job = await shop.client().create_video("A paper boat", prefer=prefer)
        outcomes = [(attempt.service_id, attempt.error_class) for attempt in job.attempts]
        assert outcomes == [(first, E(behaviour)), (second, E.NONE)]
        assert (job.service_id, shop.tried(), shop.simulator.created()) == (second, [first, second], 1)


@pytest.mark.parametrize(("prefer", "first", "second"), FIRST)
@pytest.mark.parametrize("behaviour", STOP)
async def test_a_refused_request_is_tried_nowhere_else(
    shop: Shop, bodies: range, behaviour: str, prefer: str, first: str, second: str
) -> None:
    """Moderation and wrong parameters end the call at once, also where everything is allowed."""
    for number in bodies:
        shop.simulator.simulation.journal.clear()
        shop.behave(first, behaviour, body=number)
        client = shop.client(on_ambiguous="next", retry_after_seconds=3600)
        with pytest.raises(RequestRefused) as refused:
            await client.create_video("A paper boat", prefer=prefer)
        assert [attempt.error_class for attempt in refused.value.attempts] == [E(behaviour)]
        assert (shop.tried(), second in str(refused.value)) == ([first], False)


@pytest.mark.parametrize("allowed", ["raise", "next"])
@pytest.mark.parametrize(("prefer", "first", "second"), FIRST)
@pytest.mark.parametrize("behaviour", UNSURE)
async def test_an_open_outcome_is_the_callers_to_decide(
    shop: Shop, bodies: range, behaviour: str, prefer: str, first: str, second: str, allowed: Literal["raise", "next"]
) -> None:
    """After a bare 5xx, a success without a job and a job that failed or ran late, only the caller may go on."""
    for number in bodies:
        shop.simulator.simulation.journal.clear()
        shop.behave(first, behaviour, body=number, **({"stage": "upstream"} if "generation" in behaviour else {}))
        calling = shop.client().create_video("A paper boat", prefer=prefer, on_ambiguous=allowed)
        if allowed == "raise":
            with pytest.raises(AmbiguousSubmit) as unsure:
                await calling
            (said,) = unsure.value.attempts
        else:
            said = (await calling).attempts[0]
        assert (said.error_class, said.is_ambiguous) == (E(behaviour), True)
        assert shop.tried() == ([first] if allowed == "raise" else [first, second])


@pytest.mark.parametrize(
    ("http_status", "is_unsure"),
    [(code, False) for code in (402, 403, 429, 503)]
    + [(code, True) for code in (408, 500, 502, 504, *range(520, 528))],
)
async def test_a_bare_status_settles_the_outcome_or_leaves_it_open(
    shop: Shop, http_status: int, is_unsure: bool
) -> None:  # fmt: skip
    """A refusal leads on; a server or gateway that failed after the request came in leaves the outcome open."""
    async with serve(fixed(answer(b"", f"{http_status} Some Words", "text/html"))) as server:
        client = shop.client(config_of(server.url, service(OFFICIAL)))
        with pytest.raises(AmbiguousSubmit if is_unsure else AllRoutesFailed) as failed:
            await client.create_video("A paper boat")
    assert [attempt.http_status for attempt in failed.value.attempts] == [http_status]


@pytest.mark.parametrize(("prefer", "first", "second"), FIRST)
@pytest.mark.parametrize("behaviour", ["hang", "answer_lost", "connection"])
async def test_a_request_that_went_out_without_an_answer_stays_alone(
    shop: Shop, behaviour: str, prefer: str, first: str, second: str
) -> None:
    """Silence and a broken connection raise by default; with leave to go on, each route is tried once."""
    shop.behave(first, behaviour)
    with pytest.raises(AmbiguousSubmit):
        await shop.client(submit_seconds=0.3).create_video("A paper boat", prefer=prefer)
    job = await shop.client(submit_seconds=0.3, on_ambiguous="next").create_video("A paper boat", prefer=prefer)
    assert job.service_id == second
    if behaviour == "hang":
        await shop.until_created(3)
    assert sorted(shop.tried()) == sorted([first, first, second])


@pytest.mark.parametrize("api", ["videos", "chat"])
@pytest.mark.parametrize("fault", ["broken handshake", "plain text on a TLS port"])
async def test_a_request_that_never_went_out_leads_to_the_next_route(shop: Shop, api: str, fault: str) -> None:
    """Without a connection nothing can have been accepted, so the next route is tried at once."""
    async with serve(fault, scheme="https") as server:
        relay = {"base_url": shop.simulator.base_url("videos"), "api_key_env": "SHOP_KEY"}
        dead = {"base_url": server.url, "api_key_env": "SHOP_KEY"}
        services = (service("dead", provider="dead", api=api), service(REVERSE))
        config = config_of("", *services, providers={"relay": relay, "dead": dead})
        job = await shop.client(config, submit_seconds=2.0).create_video("A paper boat")
    assert (job.service_id, job.attempts[0].is_ambiguous, shop.tried()) == (REVERSE, False, [REVERSE])


@pytest.mark.parametrize("api", ["videos", "chat"])
async def test_a_connection_that_does_not_come_about_in_time_is_no_open_outcome(shop: Shop, api: str) -> None:
    """A server that never finishes the handshake got no request, of a stream neither."""
    async with serve("silence", scheme="https") as server:
        relay = {"base_url": shop.simulator.base_url("videos"), "api_key_env": "SHOP_KEY"}
        dead = {"base_url": server.url, "api_key_env": "SHOP_KEY"}
        config = config_of(
            "", service("dead", provider="dead", api=api), service(REVERSE), providers={"relay": relay, "dead": dead}
        )
        job = await shop.client(config, submit_seconds=0.3).create_video("A paper boat")
    assert (job.service_id, job.attempts[0].error_class, job.attempts[0].is_ambiguous) == (REVERSE, E.TIMEOUT, False)


ENDS = {"works": E.NONE, **{name: E(name) for name in ("unavailable", "overloaded", "content_policy", "timeout")}}


@pytest.mark.parametrize(("first", "second"), list(product(ENDS, repeat=2)))
async def test_every_pair_of_answers_ends_as_it_must(shop: Shop, first: str, second: str) -> None:
    """For two routes the first answer that is not a definite refusal decides; otherwise all attempts are listed."""
    for service_id, behaviour in ((OFFICIAL, first), (REVERSE, second)):
        shop.behave(service_id, "operational" if behaviour == "works" else behaviour)
    deciding = first if first not in ("unavailable", "overloaded") else second
    expected = {"works": None, "content_policy": RequestRefused, "timeout": AmbiguousSubmit}
    error = expected.get(deciding, AllRoutesFailed)
    routes = [OFFICIAL] if deciding is first and first not in ("unavailable", "overloaded") else [OFFICIAL, REVERSE]
    if error is None:
        attempts = (await shop.client().create_video("A paper boat")).attempts
    else:
        with pytest.raises(error) as failed:
            await shop.client().create_video("A paper boat")
        attempts = failed.value.attempts
    assert [attempt.error_class for attempt in attempts] == [ENDS[first], ENDS[second]][: len(routes)]
    assert (shop.tried(), shop.simulator.created()) == (routes, int(error is None))


@pytest.mark.parametrize(
    ("said", "allowed", "requests"),
    [
        ("5", 10.0, 2),
        ("0", 0.0, 2),
        ("15", 10.0, 1),
        ("5", 0.0, 1),
        ("999999999999999999999999", 3600.0, 1),
        ("9" * 400, 3600.0, 1),
        ("-5", 10.0, 1),
        ("nan", 10.0, 1),
        ("inf", 10.0, 1),
        ("soon", 10.0, 1),
        ("", 10.0, 1),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 10.0, 2),
        ("Wed, 21 Oct 9999 07:28:00 GMT", 3600.0, 1),
        ("Wed, 99 Oct 2015 07:28:00 GMT", 10.0, 1),
    ],
)
async def test_retry_after_is_waited_for_only_if_allowed(
    shop: Shop, said: str, allowed: float, requests: int
) -> None:  # fmt: skip
    """Seconds and dates within what the caller allows lead to one more request to the same route, others to none."""
    body = b'{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}'
    refusal = answer(body, "429 Too Many Requests", "application/json", f"Retry-After: {said}")
    async with serve(fixed(refusal)) as server:
        client = shop.client(config_of(server.url, service(OFFICIAL)), retry_after_seconds=allowed)
        with pytest.raises(AllRoutesFailed) as failed:
            await client.create_video("A paper boat")
    assert [attempt.error_class for attempt in failed.value.attempts] == [E.RATE_LIMITED] * requests
    assert len(server.requests) == requests


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        ("504 Gateway Timeout", b"", AllRoutesFailed),
        ("400 Bad Request", b'{"error":{"message":"Unknown parameter","code":"unknown_parameter"}}', RequestRefused),
        ("400 Bad Request", b'{"error":{"message":"blocked","code":"moderation_blocked"}}', RequestRefused),
    ],
)
async def test_retry_after_never_repeats_an_open_or_refused_request(
    shop: Shop, status: str, body: bytes, error: type[Exception]
) -> None:
    """A gateway's timeout and a refused request are not sent again, however long a pause is permitted."""
    async with serve(fixed(answer(body, status, "application/json", "Retry-After: 0"))) as server:
        client = shop.client(config_of(server.url, service(OFFICIAL)), retry_after_seconds=10, on_ambiguous="next")
        with pytest.raises(error):
            await client.create_video("A paper boat")
    assert len(server.requests) == 1


async def test_an_accepted_answer_without_an_id_is_open(shop: Shop) -> None:
    """A create answer that a user's own API calls good but that names no job does not count as a job."""
    videos = shop.config.api(shop.config.services[0]).model_dump(exclude_none=True)
    api = {**videos, "create": {**videos["create"], "present": ["status"]}}
    config = config_of(shop.simulator.base_url("videos"), service(OFFICIAL, api="own"), apis={"own": api})
    shop.behave(OFFICIAL, "job_id_missing")
    with pytest.raises(AmbiguousSubmit):
        await shop.client(config).create_video("A paper boat")


async def test_a_cancelled_call_leaves_nothing_and_tries_no_other_route(shop: Shop) -> None:
    """Cancelling a call that waits for an answer closes its connection; no other route gets the job."""
    for prefer, first, _ in FIRST:
        shop.behave(first, "hang")
        client = shop.client()
        call = asyncio.create_task(client.create_video("A paper boat", prefer=prefer))
        await shop.until_met(first)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    await shop.until_created(2)
    assert len(set(shop.tried())) == len(shop.tried())


async def test_a_flip_of_states_under_100_callers(shop: Shop) -> None:
    """While the first route goes down, loses answers and comes back, each caller orders once, never twice.

    A caller without a job gets an error that says there may be one, so the provider took one job for each caller.
    """
    client = shop.client()
    is_over = asyncio.Event()

    async def flip() -> None:
        for number, behaviour in enumerate(cycle(("answer_lost", "overloaded", "operational", "risk_control")), 1):
            await shop.until_met(OFFICIAL, 10 * number, is_over)
            if is_over.is_set():
                return
            shop.behave(OFFICIAL, behaviour)

    flipping = asyncio.create_task(flip())
    calls = [client.create_video(f"Boat {number}") for number in range(100)]
    ends = await asyncio.gather(*calls, return_exceptions=True)
    is_over.set()
    await flipping
    jobs = [end for end in ends if isinstance(end, VideoJob)]
    assert {type(end) for end in ends} <= {VideoJob, AmbiguousSubmit}
    assert shop.simulator.created() == 100
    assert len({job.job_id or job.answer_id for job in jobs}) == len(jobs) > 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"prompt": " "}, "the prompt is empty"),
        ({"seconds": 0}, "seconds=0 is not the length"),
        ({"product": "veo"}, "configured are sora-2"),
        ({"prefer": "best"}, "prefer='best' is not known"),
        ({"prefer": []}, "an empty list names no service"),
        ({"prefer": ["sora"]}, "'sora' names no service of 'sora-2': use sora-2-official, sora-2-reverse"),
        ({"model": "sora-3"}, "the route decides the model"),
        ({"on_ambiguous": "Next"}, "on_ambiguous='Next' is not known"),
    ],
)
async def test_a_wrong_call_is_refused_before_any_request(
    shop: Shop, call: dict[str, object], words: str
) -> None:  # fmt: skip
    """A caller's mistake is a ValueError that names the correct form, and nothing is sent."""
    with pytest.raises(ValueError, match=words):
        await shop.client().create_video(**{"prompt": "A paper boat", **call})  # type: ignore[arg-type]
    assert shop.tried() == []


async def test_the_order_reaches_the_provider(shop: Shop) -> None:
    """Prompt, seconds and the vendor's own members are in the create request, braces included."""
    job = await shop.client().create_video("A {model} boat", seconds=12, size="1280x720")
    request = shop.simulator.simulation.jobs[job.job_id].request
    assert (request["prompt"], request["seconds"], request["size"]) == ("A {model} boat", "12", "1280x720")


async def test_not_found_after_the_end_of_life_is_retired(shop: Shop) -> None:
    """A model that is gone after its configured end counts as retired, and the next route is tried."""
    shop.behave(OFFICIAL, "model_not_found")
    config = config_of(shop.simulator.base_url("videos"), service(OFFICIAL, sunset="2020-01-01"), service(REVERSE))
    job = await shop.client(config).create_video("A paper boat")
    assert [attempt.error_class for attempt in job.attempts] == [E.MODEL_RETIRED, E.NONE]


async def test_no_secret_is_shown(shop: Shop) -> None:
    """A key that an answer echoes is neither in the attempts nor in the error's text."""
    body = b'{"error":{"message":"no channel for key sk-of-the-application","code":"model_not_found"}}'
    async with serve(fixed(answer(body, "503 Service Unavailable"))) as server:
        with pytest.raises(AllRoutesFailed) as failed:
            await shop.client(config_of(server.url, service(OFFICIAL))).create_video("A paper boat")
    assert "sk-of-the-application" not in f"{failed.value} {failed.value.attempts}"
