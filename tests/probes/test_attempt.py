"""An attempt: its deadline, its trail, and the requests that its answers lead to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from support.clock import HandClock
from support.listed import ListedAnswers
from support.over_http import over_http
from support.probing import Bench, HastyClock
from support.watched import config
from support.watched import service as watched_service

from sora_exporter.classify import classify
from sora_exporter.config.apis import Api, builtin_apis
from sora_exporter.http.reply import Request as Sent
from sora_exporter.probes.attempt import EXCERPT_CHARACTERS, MOST_ANSWERS, Attempt, is_event_stream
from sora_exporter.result import Depth, ErrorClass, ProbeKind
from sora_exporter.simulator.assets import GOOD

LINKED = {
    "catalog": None,
    "create": {"path": "/jobs", "body": {"prompt": "{prompt}"}},
    "job": {"id": "id", "status": "status", "done": "ok", "poll": {"path": "{status_url}"}},
    "asset": {"kinds": ["video"], "steps": [{"path": "/files/{file.id}"}], "url": "address"},
}
"""An API whose jobs are polled at an address of the answer, and whose asset is one request further."""


@dataclass
class Linking:
    """A vendor whose answers say where to ask next."""

    created: dict[str, Any] = field(default_factory=lambda: {"id": "1", "status_url": "{base}/states/1?part=all"})
    polled: dict[str, Any] = field(default_factory=lambda: {"status": "ok", "file": {"id": 7}})
    url: str = ""
    asked: list[tuple[str, bool]] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        self.asked.append((path, request.headers.get("authorization") == "Bearer sk-of-the-probes"))
        if path == "/video.mp4":
            return Response(GOOD["mp4"].content, media_type="video/mp4")
        answers = {"/jobs": self.created, "/states/1": self.polled, "/files/7": {"address": f"{self.url}/video.mp4"}}
        said = {name: text.replace("{base}", self.url) if isinstance(text, str) else text for name, text in
                answers.get(path, {}).items()}  # fmt: skip
        return JSONResponse(said, 200 if said else 404)


class LeapingClock(HastyClock):
    """A clock whose sleeps take no real time, yet pass in full."""

    def __init__(self) -> None:
        self._slept = 0.0

    def monotonic(self) -> float:  # type: ignore[override]
        return time.monotonic() + self._slept

    async def sleep(self, seconds: float) -> None:
        self._slept += seconds


@pytest.fixture
def linking() -> Iterator[Linking]:
    """The vendor behind a real address."""
    found = Linking()
    with over_http(Starlette(routes=[Route("/{path:path}", found.answer, methods=["GET", "POST"])])) as found.url:
        yield found


async def generate(bench: Bench, linking: Linking, kind: ProbeKind = ProbeKind.GENERATE) -> tuple[ErrorClass, str, str]:
    """Return class, rule and detail of one paid attempt."""
    document = {"apis": {"linked": LINKED}}
    result = await bench.run(kind, linking.url, "linked", "m", document=document, timeout=5.0)
    return result.error_class, result.rule, result.detail


async def test_an_answer_leads_to_the_asset(bench: Bench, linking: Linking) -> None:
    """The poll goes to the answer's address with its query, the step is filled from the poll; our key goes along."""
    assert (await generate(bench, linking))[0] is ErrorClass.NONE
    assert linking.asked == [(path, True) for path in ("/jobs", "/states/1", "/files/7", "/video.mp4")]


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("https://evil.example/states/1", "on https://evil.example"),
        ("http://127.0.0.1:1/states/1", "on http://127.0.0.1:1,"),
        ("//evil.example/states/1", "on http://evil.example"),
        ("states/1", "without a host"),
    ],
)
@pytest.mark.parametrize("kind", [ProbeKind.SUBMIT, ProbeKind.GENERATE])
async def test_our_key_goes_to_no_other_origin(
    bench: Bench, linking: Linking, kind: ProbeKind, address: str, where: str
) -> None:
    """An address on another origin ends a paid attempt as an invalid answer that names it; nothing is sent there."""
    linking.created["status_url"] = address
    error_class, rule, detail = await generate(bench, linking, kind)
    assert (error_class, rule) == (ErrorClass.INVALID_RESPONSE, "address:elsewhere")
    assert f"names an address {where}" in detail
    assert linking.asked == [("/jobs", True)]


async def test_a_missing_value_is_named(bench: Bench, linking: Linking) -> None:
    """A request that no answer fills ends the attempt as an invalid answer, at once."""
    linking.polled = {"status": "ok"}
    assert await generate(bench, linking) == (
        ErrorClass.INVALID_RESPONSE, "unfilled", "no answer has file.id, which the next request needs",
    )  # fmt: skip


async def test_an_unknown_status_word_counts_once(
    bench: Bench, linking: Linking, caplog: pytest.LogCaptureFixture
) -> None:
    """The word stands in the reason, the attempt counts as one that was not recognised, and one line is logged."""
    linking.polled = {"status": "hatching"}
    document = {"apis": {"linked": LINKED}}
    # The time left for a request stays long enough for any machine, so that both attempts end alike.
    bench.clock = LeapingClock()
    config = bench.config(linking.url, "linked", "m", 33.0, document)
    runner = bench.runner(config)
    for _ in range(2):
        result = await runner.run(config.services[0], ProbeKind.GENERATE)
        assert result is not None
        assert (result.error_class, result.recognised) == (ErrorClass.GENERATION_TIMEOUT, False)
        assert "'hatching' is not known" in result.detail
    assert [record.message for record in caplog.records].count("answer not recognised") == 1


def attempt(clock: HandClock, *answers: tuple[int | None, Any], **members: Any) -> Attempt:
    """Return an attempt with 100 s left, whose provider gives these answers."""
    service = config(watched_service()).services[0]
    deadline = clock.monotonic() + 100.0
    return Attempt(service, members.pop("api", builtin_apis()["videos"]), ListedAnswers(list(answers)), classify, clock,
                   deadline, **members)  # fmt: skip


def sent(found: Attempt) -> list[Sent]:
    """Return the requests of an attempt."""
    assert isinstance(found.client, ListedAnswers)
    return found.client.requests


async def test_a_request_ends_before_the_time_kept_for_deleting(clock: HandClock) -> None:
    """A request has the time that is left without the reserved part, or less if it wants less; past the end, none."""
    found = attempt(clock, (200, {}), kept_free_seconds=10.0)
    await found.ask("GET", "/a", endpoint="models")
    await found.ask("GET", "/b", endpoint="models", most_seconds=5.0)
    await clock.advance(95.0)
    await found.ask("GET", "/c", endpoint="models")
    assert [request.timeout_seconds for request in sent(found)] == [90.0, 5.0, 0.0]


async def test_a_create_request_that_nothing_fills_is_our_mistake(clock: HandClock) -> None:
    """A path with an unknown value ends as an invalid request, and nothing is sent."""
    api = Api.model_validate({"create": {"path": "/{zone}/make", "body": {}}})
    found = attempt(clock, (200, {}), api=api)
    verdict = await found.create(lambda _: {})
    assert (verdict.error_class, verdict.rule) == (ErrorClass.INVALID_REQUEST, "unfilled")
    assert sent(found) == []


async def test_the_trail_is_that_of_the_latest_answer(clock: HandClock) -> None:
    """Request, status, body and excerpt are of the latest answer; the response time is of the first good one."""
    found = attempt(clock, (200, {"id": "1"}), (500, "x" * 5000))
    await found.ask("POST", "/videos", endpoint="videos")
    first = found.response_seconds
    await found.ask("GET", "/videos/1", endpoint="video_job")
    assert (found.http_status, found.document, found.request) == (500, None, "GET /videos/1, model m")
    assert (len(found.body), len(found.excerpt)) == (5000, EXCERPT_CHARACTERS)
    assert found.response_seconds == first == 0.1


async def test_the_answer_to_the_create_request_is_never_forgotten(clock: HandClock) -> None:
    """Of many answers the first and the latest few are kept for later requests."""
    found = attempt(clock, *((200, {"n": number}) for number in range(30)))
    for _ in range(30):
        await found.ask("GET", "/a", endpoint="models")
    assert [answer["n"] for answer in found.known.answers if isinstance(answer, dict)] == [
        0, *range(30 - MOST_ANSWERS, 30)
    ]  # fmt: skip


def test_a_depth_is_never_taken_back(clock: HandClock) -> None:
    """The deepest noted depth stays."""
    found = attempt(clock, (200, {}))
    for depth in (Depth.OFFERED, Depth.ACCEPTED, Depth.REACHABLE):
        found.prove(depth)
    assert found.proved is Depth.ACCEPTED


@pytest.mark.parametrize(
    ("media_type", "is_stream"),
    [
        ("text/event-stream", True),
        ("text/event-stream; charset=utf-8", True),
        ("application/json", False),
        (None, False),
    ],
)
def test_an_event_stream_is_known_by_its_media_type(media_type: str | None, is_stream: bool) -> None:
    """Parameters of the media type do not matter; an answer without one is not a stream."""
    assert is_event_stream({} if media_type is None else {"content-type": media_type}) is is_stream
