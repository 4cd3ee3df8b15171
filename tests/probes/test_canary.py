"""The canary probe: refused for what it breaks, free, and stopped where it is accepted."""

from __future__ import annotations

import time

import pytest
from support.faults.server import CHUNKED, EVENTS, Connection, answer, chunk, event, fixed, serve
from support.probing import API_OF_MODEL, Bench, SimulatedProvider

from sora_exporter.probes.canary import ACCEPTED, REFUSED
from sora_exporter.probes.stream import Opening
from sora_exporter.result import Depth, ErrorClass, ProbeKind

E = ErrorClass


@pytest.mark.parametrize(("model", "api"), API_OF_MODEL.items())
async def test_the_intended_refusal_is_a_success_on_every_api(
    simulator: SimulatedProvider, bench: Bench, model: str, api: str
) -> None:
    """On each built-in API the canary is refused for its intended fault, and no job begins."""
    result = await bench.run(ProbeKind.CANARY, simulator.base_url(api), api, model)
    assert (result.error_class, result.rule, result.cost_usd) == (E.NONE, REFUSED, 0.0)
    assert result.response_seconds is not None
    assert (simulator.actions(), simulator.created(), simulator.jobs_left()) == (["create"], 0, [])


@pytest.mark.parametrize(
    ("behaviour", "error_class"),
    [
        ("suspended", E.UNAVAILABLE),
        ("quota", E.QUOTA_EXHAUSTED),
        ("rate_limited", E.RATE_LIMITED),
        ("risk_control", E.RISK_CONTROL),
        ("overloaded", E.OVERLOADED),
        ("authentication", E.AUTHENTICATION),
        ("server_error", E.SERVER_ERROR),
        ("model_retired", E.MODEL_RETIRED),
        ("maintenance", E.MAINTENANCE),
    ],
)
@pytest.mark.parametrize(("model", "api"), API_OF_MODEL.items())
async def test_a_fault_before_validation_has_its_class(
    simulator: SimulatedProvider, bench: Bench, model: str, api: str, behaviour: str, error_class: ErrorClass
) -> None:
    """A fault of key, group or channel has its class on each API, and nothing is created."""
    simulator.behave(model, behaviour)
    result = await bench.run(ProbeKind.CANARY, simulator.base_url(api), api, model)
    assert (result.error_class, result.response_seconds, simulator.created()) == (error_class, None, 0), result


@pytest.mark.parametrize(
    "body", [b'{"id":"video_1","status":"queued"}', b'{"data":{"task_id":"video_1"}}', b'{"status":"queued"}']
)
async def test_an_accepted_canary_says_so_and_deletes_its_job(bench: Bench, body: bytes) -> None:
    """A provider that accepts the broken request gets its job deleted, as far as it named one."""
    async with serve(fixed(answer(body))) as server:
        result = await bench.run(ProbeKind.CANARY, server.url, "videos", "sora-2")
    deletes = [head.split()[1] for head in server.requests if head.startswith(b"DELETE")]
    assert (result.error_class, result.rule) == (E.NONE, ACCEPTED)
    assert deletes == ([b"/videos/video_1"] if b"video_1" in body else [])


SECONDS_PASSED_ON = (
    b'{"code":"fail_to_fetch_task","message":"{\\"error\\":{\\"message\\":\\"Invalid value\\",\\"type\\":'
    b'\\"invalid_request_error\\",\\"param\\":\\"seconds\\"}}","data":null}'
)
SECONDS_REFUSED = b'{"code":"invalid_request","message":"seconds must be between 0 and 3600","data":null}'
SIZE_REFUSED = b'{"code":"invalid_size","message":"size is not supported","data":null}'
PROMPT_REFUSED = b'{"code":"invalid_request","message":"prompt is required","data":null}'


@pytest.mark.parametrize(
    ("answers", "is_relay", "depth"),
    [
        ([SECONDS_PASSED_ON], True, Depth.ROUTED),
        ([SECONDS_REFUSED], True, Depth.AUTHENTICATED),
        ([SECONDS_REFUSED], False, Depth.ROUTED),
        ([SIZE_REFUSED, PROMPT_REFUSED], True, Depth.AUTHENTICATED),
        ([SIZE_REFUSED, PROMPT_REFUSED], False, Depth.ROUTED),
    ],
    ids=["passed on", "by the relay", "by the maker", "second canary", "second canary at a maker"],
)
async def test_a_refusal_proves_as_much_as_its_author_saw(
    bench: Bench, answers: list[bytes], is_relay: bool, depth: Depth
) -> None:
    """At a relay only a refusal that its upstream signed is routed; one of something else sends the next canary."""
    left = iter(answers)

    async def behave(connection: Connection) -> None:
        await connection.send(answer(next(left), "400 Bad Request"))

    async with serve(behave) as server:
        document = {"provider": {"relay": is_relay}}
        result = await bench.run(ProbeKind.CANARY, server.url, "videos", "sora-2", document=document)
    assert (result.error_class, result.rule, result.depth, len(server.requests)) == (
        *(E.NONE, REFUSED, depth, len(answers)),
    )


async def test_a_refusal_of_something_else_is_no_success(bench: Bench) -> None:
    """A parameter error that does not name what was broken is our wrong request, not a working service."""
    body = b'{"error":{"message":"size is not supported","type":"invalid_request_error"}}'
    async with serve(fixed(answer(body, "400 Bad Request"))) as server:
        result = await bench.run(ProbeKind.CANARY, server.url, "videos", "sora-2")
    assert result.error_class is E.INVALID_REQUEST


ERROR = b'data: {"error":{"message":"API request failed: 403 unusual activity","type":"server_error"}}\n\n'
OPENING = b'data: {"choices":[{"delta":{"role":"assistant","content":null,"reasoning_content":"begins"}}]}\n\n'


@pytest.mark.parametrize(
    ("pieces", "error_class"),
    [
        ([ERROR], E.RISK_CONTROL),
        ([OPENING, ERROR], E.RISK_CONTROL),
        ([b": ping\n\n", OPENING, ERROR.replace(b"\n", b"\r\n")], E.RISK_CONTROL),
        ([event("\\u274c 429 too many requests"), b"data: [DONE]\n\n"], E.RATE_LIMITED),
        ([event("progress 1 %")], E.NONE),
        ([OPENING] * 3, E.NONE),
        ([b"data: [DONE]\n\n"], E.INVALID_RESPONSE),
    ],
    ids=["error", "second event", "comment", "as text", "text", "progress", "nothing"],
)
async def test_a_stream_is_judged_by_its_first_decisive_event(
    bench: Bench, pieces: list[bytes], error_class: ErrorClass
) -> None:
    """An error inside a stream with HTTP 200 counts, also after an opening event, without waiting for the end."""

    async with serve(fixed(EVENTS + b"".join(map(chunk, pieces))), is_kept=True) as server:
        result = await bench.run(ProbeKind.CANARY, server.url, "chat", "sora-2", timeout=2.0)
    assert result.error_class is error_class, result


async def test_a_paid_stream_that_only_reports_progress_says_so(bench: Bench) -> None:
    """Progress up to the end of the stream is a bad answer, named as such, and proves no acceptance."""
    pieces = [*[OPENING] * 3, b"data: [DONE]\n\n"]
    async with serve(fixed(EVENTS + b"".join(map(chunk, pieces)) + chunk(b""))) as server:
        result = await bench.run(ProbeKind.SUBMIT, server.url, "chat", "sora-2", timeout=2.0)
    assert (result.error_class, result.rule) == (E.INVALID_RESPONSE, "stream:progress")
    assert result.depth is Depth.REACHABLE


async def test_a_plain_chat_answer_with_an_error_inside_200_is_no_success(bench: Bench) -> None:
    """An error inside a 200 without any stream has its own class."""
    body = b'{"error":{"message":"no available channel for model sora-2"}}'
    async with serve(fixed(CHUNKED + chunk(body) + chunk(b""))) as server:
        result = await bench.run(ProbeKind.CANARY, server.url, "chat", "sora-2")
    assert result.error_class is E.UNAVAILABLE


def test_a_stream_is_read_once_however_small_its_pieces() -> None:
    """A stream that says nothing, byte by byte, costs each byte once; events are found across the pieces."""
    opening, received = Opening(), bytearray()
    silence = b": ping\n\ndata:{}\r\n\r\n" * 4000
    started = time.process_time()
    for byte in silence:
        received.append(byte)
        assert not opening.says_enough(received)
    assert time.process_time() - started < 5
    for byte in b'data: {"error":{"message":"no"}}\n':
        received.append(byte)
        assert not opening.says_enough(received)
    received += b"\n"
    assert opening.says_enough(received)


@pytest.mark.parametrize("api", ["minimax", "pixverse", "kling"])
async def test_an_unnamed_parameter_proves_nothing(bench: Bench, api: str) -> None:
    """A refusal that names neither fault of the canary, such as one of an unknown model, is not the intended one."""
    body = b'{"base_resp":{"status_code":2013,"status_msg":"invalid params, model not support"},"task_id":""}'
    async with serve(fixed(answer(body))) as server:
        result = await bench.run(ProbeKind.CANARY, server.url, api, "no-such-model")
    assert result.error_class is E.MODEL_NOT_FOUND
