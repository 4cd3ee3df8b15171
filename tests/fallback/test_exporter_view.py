"""The exporter's view in the fallback client: read once in a while, and never waited for."""

from __future__ import annotations

import asyncio
import json

import pytest
from support.clock import HandClock
from support.exporter_document import answer_of, status
from support.faults.server import Connection, answer, fixed, serve
from support.shop import OFFICIAL, REVERSE, Shop

from sora_exporter.fallback.exporter_view import CACHED_SECONDS

GARBAGE: list[object] = [None, [], "x", {}, {"services": 1}, {"services": [1], "products": []}]


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[" * 100_000, b"\xff\xfe", json.dumps(status("exploded", "operational")).encode()]
    + [json.dumps(document).encode() for document in GARBAGE],
)
async def test_an_exporter_that_talks_nonsense_changes_nothing(shop: Shop, body: bytes) -> None:
    """With any answer of the exporter, the first route is tried as if there were no exporter."""
    async with serve(fixed(answer(body))) as exporter:
        job = await shop.client(exporter_url=exporter.url).create_video("A paper boat")
    assert (job.service_id, len(job.attempts)) == (OFFICIAL, 1)


@pytest.mark.parametrize(
    "fault", ["silence", "reset at once", "body byte by byte", "header byte by byte", "no listener"]
)
async def test_an_exporter_that_is_slow_or_gone_holds_up_no_call(shop: Shop, fault: str) -> None:
    """The calls go on without an answer of the exporter, and the next ones do not send it a request at once."""
    async with serve("silence" if fault == "no listener" else fault) as exporter:
        url = "http://127.0.0.1:9" if fault == "no listener" else exporter.url
        client = shop.client(exporter_url=url)
        async with asyncio.timeout(60):
            await asyncio.gather(*(client.create_video(f"Boat {number}") for number in range(5)))
            await client.create_video("Another")
        assert exporter.connections == (0 if fault == "no listener" else 1)
    assert shop.tried() == [OFFICIAL] * 6


async def test_the_exporter_is_read_once_in_a_few_seconds(shop: Shop, clock: HandClock) -> None:
    """Many callers share one answer until it is too old; then a new one counts."""
    answers = [answer_of(status("suspended", "operational")), answer_of(status("operational", "operational"))]

    async def behave(connection: Connection) -> None:
        await connection.send(answers.pop(0))

    async with serve(behave) as exporter:
        client = shop.client(exporter_url=exporter.url, clock=clock)
        jobs = await asyncio.gather(*(client.create_video(f"Boat {number}") for number in range(10)))
        assert (len(exporter.requests), {job.service_id for job in jobs}) == (1, {REVERSE})
        await clock.advance(CACHED_SECONDS + 0.1)
        assert (await client.create_video("Another")).service_id == OFFICIAL
        assert len(exporter.requests) == 2


async def test_an_exporter_may_require_a_password(shop: Shop) -> None:
    """User and password in the exporter's address are sent as basic authentication."""
    async with serve(fixed(answer_of(status("suspended", "operational")))) as exporter:
        url = exporter.url.replace("://", "://watcher:secret@")
        job = await shop.client(exporter_url=url).create_video("A paper boat")
    assert b"authorization: basic d2f0y2hlcjpzzwnyzxq=" in exporter.requests[0].lower()
    assert job.service_id == REVERSE
