"""Polling and deleting, step by step against a provider that answers from a list."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from support.clock import HandClock
from support.listed import ListedAnswers

from sora_exporter.classify import classify
from sora_exporter.config import Service
from sora_exporter.config.apis import builtin_apis
from sora_exporter.probes.attempt import Attempt
from sora_exporter.probes.job import ID_CHARACTERS, create_job, delete_job, job_id_in, poll_job
from sora_exporter.probes.removal import Removed
from sora_exporter.result import ErrorClass, Verdict

E = ErrorClass


@dataclass
class Remembered:
    """A job's record that counts how often it was dropped."""

    dropped: int = 0

    def may_be_removed(self) -> bool:
        return True

    def accepted(self, job_id: str) -> None:
        raise AssertionError(f"{job_id} was accepted long ago")

    def gone(self) -> None:
        self.dropped += 1


def attempt(clock: HandClock, *answers: tuple[int | None, Any], api: str = "videos", seconds: float = 100.0) -> Attempt:
    """Return an attempt with so many seconds left, whose provider gives these answers."""
    service = Service.model_validate(
        {"id": "s", "product": "p", "access": "official", "provider": "one", "model": "m", "api": api}
    )
    client = ListedAnswers(list(answers))
    return Attempt(service, builtin_apis()[api], client, classify, clock, clock.monotonic() + seconds,
                   job_record=Remembered())  # fmt: skip


async def run(clock: HandClock, found: Attempt) -> tuple[Verdict, int]:
    """Poll to the end with the clock moved by hand; return the verdict and the number of polls."""
    polling = asyncio.create_task(poll_job(found, "v1"))
    for _ in range(30):
        await clock.advance(10.0)
        if polling.done():
            break
    assert isinstance(found.client, ListedAnswers)
    return await polling, len(found.client.requests)


def status(word: str, **members: Any) -> tuple[int, dict[str, Any]]:
    """Return a poll's answer."""
    return 200, {"id": "v1", "status": word, **members}


async def test_queue_and_render_are_distinguished(clock: HandClock) -> None:
    """The phases hold the time until a job runs, and from there until it is done."""
    found = attempt(clock, status("queued"), status("queued"), status("in_progress"), status("completed"))
    verdict, polls = await run(clock, found)
    assert (verdict.error_class, polls, found.phases) == (E.NONE, 4, {"queue": 20.0, "render": 10.0})


async def test_unknown_words_are_waited_out(clock: HandClock) -> None:
    """An unknown status word is neither success nor failure."""
    verdict, polls = await run(clock, attempt(clock, status("warming_up"), status("completed")))
    assert (verdict.error_class, polls) == (E.NONE, 2)


@pytest.mark.parametrize(
    ("end", "error_class"), [(status("hatching"), E.GENERATION_TIMEOUT), (status("completed"), E.NONE)]
)
async def test_an_unknown_word_is_named(
    clock: HandClock, end: tuple[int | None, Any], error_class: ErrorClass
) -> None:  # fmt: skip
    """A job that was seen in an unknown status names the word in its reason, whether it was done in time or not."""
    found = attempt(clock, status("Hatching"), end)
    verdict, _ = await run(clock, found)
    assert (verdict.error_class, found.unknown_word) == (error_class, "hatching")
    assert "'hatching' is not known" in verdict.message


async def test_a_word_of_success_is_no_reason(clock: HandClock) -> None:
    """An envelope that reports success around a failed job is not its reason: the status word and the class are."""
    found = attempt(clock, status("failed", error={"message": "success"}))
    verdict, _ = await run(clock, found)
    assert verdict.error_class is E.GENERATION_FAILED
    assert "'failed' (generation_failed)" in verdict.message


async def test_a_code_is_the_reason_beside_a_word_of_success(clock: HandClock) -> None:
    """If the vendor's code decides and the envelope reports success, the code and its class are the reason."""
    failed = (200, {"ErrCode": 0, "ErrMsg": "success", "Resp": {"id": 1, "status": 7}})
    verdict, _ = await run(clock, attempt(clock, failed, api="pixverse"))
    assert (verdict.error_class, verdict.message) == (E.CONTENT_POLICY, "code 7 (content_policy)")


@pytest.mark.parametrize("trouble", [(500, {"error": "oops"}), (None, ""), (200, "<html>"), (429, {}), (200, "")])
async def test_a_poll_that_fails_decides_nothing(clock: HandClock, trouble: tuple[int | None, Any]) -> None:
    """After a failed poll the job is polled again, and its end counts."""
    verdict, polls = await run(clock, attempt(clock, trouble, status("completed")))
    assert (verdict.error_class, polls) == (E.NONE, 2)


async def test_the_last_failed_poll_is_the_verdict(clock: HandClock) -> None:
    """When no poll succeeds until time is up, the last failure is the verdict."""
    verdict, polls = await run(clock, attempt(clock, status("queued"), (503, {"error": {"message": "overloaded"}})))
    assert (verdict.error_class, polls) == (E.OVERLOADED, 11)


async def test_a_job_done_in_the_last_pause_is_done(clock: HandClock) -> None:
    """The last poll comes shortly before the attempt's end, not an interval before it."""
    verdict, polls = await run(clock, attempt(clock, *[status("in_progress")] * 10, status("completed")))
    assert (verdict.error_class, polls) == (E.NONE, 11)


async def test_a_network_that_dies_while_a_job_runs_is_noted(clock: HandClock) -> None:
    """When the last polls reach no host, the attempt says so, although the ones before them were answered."""
    found = attempt(clock, status("queued"), status("in_progress"), (None, "unreached"))
    verdict, _ = await run(clock, found)
    assert (verdict.error_class, found.is_reached) == (E.CONNECTION, False)


async def test_a_network_that_comes_back_while_a_job_runs_is_forgotten(clock: HandClock) -> None:
    """A host that was unreachable for a while and reached in the end counts as reached."""
    found = attempt(clock, status("queued"), (None, "unreached"), status("in_progress"))
    verdict, _ = await run(clock, found)
    assert (verdict.error_class, found.is_reached) == (E.GENERATION_TIMEOUT, True)


@pytest.mark.parametrize(
    ("answer", "error_class"),
    [
        (status("failed"), E.GENERATION_FAILED),
        (status("failed", error={"code": "moderation_blocked", "message": "blocked"}), E.CONTENT_POLICY),
        (status("rejected"), E.GENERATION_FAILED),
        ((200, {"data": {"status": "FAILURE", "fail_reason": "no available channel"}}), E.UNAVAILABLE),
    ],
)
async def test_a_failed_job_has_its_reason(clock: HandClock, answer: tuple[int, Any], error_class: ErrorClass) -> None:
    """A job that ended badly gives the class of its own words, at once."""
    verdict, polls = await run(clock, attempt(clock, answer))
    assert (verdict.error_class, polls) == (error_class, 1)


@pytest.mark.parametrize(
    ("status", "api", "removed", "is_forgotten"),
    [
        (200, "videos", Removed.GONE, True),
        (409, "videos", Removed.LATER, False),
        (405, "videos", Removed.LEFT, False),
        (500, "video-generations", Removed.LEFT, True),
    ],
)
async def test_a_job_is_forgotten_once_it_is_gone_or_has_no_call(
    clock: HandClock, status: int, api: str, removed: Removed, is_forgotten: bool
) -> None:
    """A removed job is forgotten, and one that no described call removes; all others are left to the clean-up."""
    found = attempt(clock, (status, {}), api=api)
    assert await delete_job(found, "v1") is removed
    assert found.job_record == Remembered(int(is_forgotten))


@pytest.mark.parametrize("job_id", ["../../models", "a/b?c=d#e", "视频 1", "%2e%2e"])
async def test_an_odd_id_stays_inside_its_path(clock: HandClock, job_id: str) -> None:
    """An id with characters of addresses is one segment of the path."""
    found = attempt(clock, (200, {}))
    await delete_job(found, job_id)
    assert isinstance(found.client, ListedAnswers)
    path = found.client.requests[0].path
    assert (path.count("/"), path.startswith("/videos/"), "?" in path, "#" in path) == (2, True, False, False)


@pytest.mark.parametrize("value", [None, "", True, 1.5, [], {}, "x" * (ID_CHARACTERS + 1)])
def test_other_values_than_ids_are_none(value: object) -> None:
    """Only texts of sane length and whole numbers are ids."""
    api = builtin_apis()["videos"]
    assert (job_id_in(api, {"id": value}), job_id_in(api, {"id": 7}), job_id_in(api, None)) == (None, "7", None)


async def test_the_end_of_the_time_is_kept_free_for_deleting(clock: HandClock) -> None:
    """The create request and the polls may not use up the last seconds; the deletion has them."""
    found = attempt(clock, status("queued"), seconds=100.0)
    found.job_record = None
    await create_job(found)
    polling = asyncio.create_task(poll_job(found, "v1"))
    await clock.advance(95.0)
    await polling
    await delete_job(found, "v1")
    assert isinstance(found.client, ListedAnswers)
    created, *polls, deletion = found.client.requests
    assert (created.timeout_seconds, max(poll.timeout_seconds for poll in polls)) == (95.0, 30.0)
    assert (polls[-1].timeout_seconds, deletion.timeout_seconds) == (2.0, 5.0)
