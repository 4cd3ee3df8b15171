"""The progress of a job while its caller waits."""

from __future__ import annotations

import io
import json

import pytest
from support.faults.server import Connection, answer, serve
from support.shop import OFFICIAL, REVERSE, Shop, config_of, service

from sora_exporter.fallback import ConsoleLine, GenerationFailed, Progress, VideoJob
from sora_exporter.probes.job import percent_done

JOB = VideoJob(OFFICIAL, "video_1")


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


async def test_a_caller_sees_each_state_of_the_job(shop: Shop) -> None:
    """Every poll gives the state and the percentage, if the vendor gives one; the last one says that it is done."""
    answers = [
        {"status": "queued"}, {"status": "in_progress", "progress": 45}, {"status": "weird"},
        {"status": "completed", "progress": "100%"},
    ]  # fmt: skip

    async def behave(connection: Connection) -> None:
        await connection.send(answer(json.dumps({"id": "video_1", **answers.pop(0)}).encode()))

    seen: list[Progress] = []
    async with serve(behave) as server:
        client = shop.client(config_of(server.url, service(OFFICIAL)))
        await client.wait(JOB, progress=seen.append)
    assert [(one.state, one.percent) for one in seen] == [("queued", None), ("running", 45), ("done", 100)]
    assert [one.job for one in seen] == [JOB] * 3
    assert [one.seconds for one in seen] == sorted(one.seconds for one in seen)


async def test_a_stream_is_running_and_then_done(shop: Shop) -> None:
    """A job that is the answer itself has no polls: it runs, and then it is over."""
    seen: list[Progress] = []
    client = shop.client()
    job = await client.create_video("A boat", prefer="reverse")
    assert len(await client.download(job, progress=seen.append)) > 64
    assert [(one.job.service_id, one.state) for one in seen] == [(REVERSE, "running"), (REVERSE, "done")]


async def test_a_failed_job_is_shown_as_failed(shop: Shop) -> None:
    """The last state of a job without a video is failed."""
    shop.behave(OFFICIAL, "generation_failed")
    shop.simulator.simulation.render_seconds = 0.05
    client, seen = shop.client(), list[Progress]()
    job = await client.create_video("A boat")
    with pytest.raises(GenerationFailed):
        await client.wait(job, progress=seen.append)
    assert seen[-1].state == "failed"


async def test_a_fault_of_the_callback_is_the_callers(shop: Shop) -> None:
    """An error in the caller's own function reaches the caller, and the job can be waited for again."""

    def broken(_progress: Progress) -> None:
        raise ZeroDivisionError

    client = shop.client()
    job = await client.create_video("A boat")
    with pytest.raises(ZeroDivisionError):
        await client.wait(job, progress=broken)
    assert len(await client.download(job)) > 64


def shown(stream: io.StringIO) -> str:
    """Return what a console line writes about a job that waits, runs twice and is done."""
    line = ConsoleLine(stream)
    for progress in (
        Progress(JOB, "queued", None, 5),
        Progress(JOB, "running", 5, 70),
        Progress(JOB, "running", 45, 80),
        Progress(JOB, "done", 100, 90),
    ):
        line(progress)
    return stream.getvalue()


def test_a_terminal_has_one_line() -> None:
    """In a terminal each state replaces the one before it, however long that was; the last one ends the line."""
    assert shown(Terminal()).split("\r") == [
        "",
        "sora-2-official: queued, 5 s",
        "sora-2-official: running 5 %, 1 min 10 s",
        "sora-2-official: running 45 %, 1 min 20 s",
        "sora-2-official: done 100 %, 1 min 30 s  \n",
    ]


def test_a_file_gets_a_line_for_each_state() -> None:
    """Elsewhere, as in a log of a build, each state is one line."""
    assert [line.split(": ")[1] for line in shown(io.StringIO()).splitlines()] == [
        "queued, 5 s", "running 5 %, 1 min 10 s", "done 100 %, 1 min 30 s"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "percent"),
    [
        (40, 40),
        ("40%", 40),
        ("0.5", 0.5),
        (None, None),
        ("half", None),
        (101, None),
        (-1, None),
        ([], None),
        ("nan", None),
    ],
)
def test_a_percentage_is_a_number_up_to_100(said: object, percent: float | None) -> None:
    """Numbers and texts with or without a sign count; anything else is not a percentage."""
    assert percent_done(said) == percent
