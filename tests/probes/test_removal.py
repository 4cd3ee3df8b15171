"""Removing one job: which call is made in which state, and what its answer means."""

from __future__ import annotations

from typing import Any

import pytest
from support.listed import ListedAnswers
from support.watched import config, service

from sora_exporter.config.apis import Api, builtin_apis
from sora_exporter.config.apis.spec import State
from sora_exporter.probes.removal import Removal, Removed
from sora_exporter.probes.requests import known_to

KNOWN = known_to(config(service()).services[0].model, {}, lambda: 1_769_572_800.0)
CANCEL_ONLY = Api.model_validate(
    {
        "create": {"path": "/tasks", "body": {}},
        "job": {
            "id": "id", "status": "status", "queued": "PENDING", "running": "RUNNING", "done": "DONE",
            "poll": {"path": "/tasks/{job_id}"},
            "cancel": {
                "method": "POST", "path": "/tasks/{job_id}/cancel", "body": {"id": "{job_id}"}, "when": ["queued"]
            },
        },
    }
)  # fmt: skip


async def remove(
    api: Api, *answers: tuple[int | None, Any], state: State | None = None
) -> tuple[Removed, list[str]]:  # fmt: skip
    """Return how removing the job ended, and the methods of the requests."""
    client = ListedAnswers(list(answers))
    removed = await Removal(client, api, "reverse", lambda: 10.0, KNOWN).remove("v1", state)
    return removed, [request.method for request in client.requests]


@pytest.mark.parametrize(
    ("answers", "removed", "methods"),
    [
        ([(200, {"deleted": True})], Removed.GONE, ["DELETE"]),
        ([(204, "")], Removed.GONE, ["DELETE"]),
        ([(410, "")], Removed.GONE, ["DELETE"]),
        ([(200, {"error": {"message": "still running"}})], Removed.LATER, ["DELETE"]),
        ([(409, {})], Removed.LATER, ["DELETE"]),
        ([(500, {})], Removed.LATER, ["DELETE"]),
        ([(None, "")], Removed.LATER, ["DELETE"]),
        ([(405, {"detail": "Method Not Allowed"})], Removed.LEFT, ["DELETE"]),
        ([(404, {"error": "unknown"}), (404, {"error": "unknown"})], Removed.GONE, ["DELETE", "GET"]),
        ([(404, "404 page not found"), (200, {"id": "v1", "status": "completed"})], Removed.LEFT, ["DELETE", "GET"]),
        ([(404, "404 page not found"), (502, "")], Removed.LATER, ["DELETE", "GET"]),
        ([(404, "404 page not found"), (200, {"error": "busy"})], Removed.LATER, ["DELETE", "GET"]),
    ],
)
async def test_the_answer_to_the_deletion_decides(
    answers: list[tuple[int | None, Any]], removed: Removed, methods: list[str]
) -> None:
    """A 404 means a missing job only if the job cannot be polled either; else it is the call that is missing."""
    assert await remove(builtin_apis()["videos"], *answers) == (removed, methods)


@pytest.mark.parametrize(
    ("state", "removed", "methods"),
    [
        ("queued", Removed.GONE, ["DELETE"]),
        ("running", Removed.LATER, []),
        ("done", Removed.GONE, ["DELETE"]),
        ("failed", Removed.GONE, ["DELETE"]),
    ],
)
async def test_the_state_decides_whether_a_call_is_made(state: State, removed: Removed, methods: list[str]) -> None:
    """Ark's jobs are cancelled while queued and deleted once they ended; a running one waits without any request."""
    assert await remove(builtin_apis()["ark"], (200, {}), state=state) == (removed, methods)


@pytest.mark.parametrize(
    ("polled", "removed", "methods"),
    [
        ((200, {"status": "queued"}), Removed.GONE, ["GET", "DELETE"]),
        ((200, {"status": "running"}), Removed.LATER, ["GET"]),
        ((200, {"status": "thinking"}), Removed.LATER, ["GET"]),
        ((404, {"error": {"code": "ResourceNotFound"}}), Removed.GONE, ["GET"]),
        ((500, {}), Removed.LATER, ["GET"]),
    ],
)
async def test_an_unknown_state_is_polled_first(
    polled: tuple[int, Any], removed: Removed, methods: list[str]
) -> None:  # fmt: skip
    """If the state decides and is not known, the job is polled; an unreadable answer removes nothing."""
    assert await remove(builtin_apis()["ark"], polled, (200, {})) == (removed, methods)


@pytest.mark.parametrize(
    ("word", "removed", "methods"),
    [
        ("PENDING", Removed.GONE, ["GET", "POST"]),
        ("RUNNING", Removed.LATER, ["GET"]),
        ("DONE", Removed.LEFT, ["GET"]),
    ],
)
async def test_a_finished_job_that_can_only_be_cancelled_is_left(
    word: str, removed: Removed, methods: list[str]
) -> None:  # fmt: skip
    """A vendor that cancels queued jobs and deletes none keeps the finished ones."""
    assert await remove(CANCEL_ONLY, (200, {"status": word}), (200, {})) == (removed, methods)


async def test_a_job_in_an_unknown_state_is_cancelled_like_a_running_one() -> None:
    """In a state whose word is not known, the vendor decides whether a job can be cancelled, again and again."""
    api, polled = builtin_apis()["replicate"], (200, {"status": "hatching"})
    assert await remove(api, polled, (200, {})) == (Removed.GONE, ["GET", "POST"])
    assert await remove(api, polled, (400, {})) == (Removed.LATER, ["GET", "POST"])


async def test_after_a_restart_a_job_is_cancelled_at_an_address_of_its_poll() -> None:
    """fal's jobs are known by their status address alone; the answer there has the address that cancels."""
    status, cancel = (
        "https://queue.fal.run/fal-ai/x/requests/1/status",
        "https://queue.fal.run/fal-ai/x/requests/1/cancel",
    )
    client = ListedAnswers(
        [(202, {"status": "IN_QUEUE", "cancel_url": cancel}), (202, {"status": "CANCELLATION_REQUESTED"})]
    )
    removal = Removal(client, builtin_apis()["fal"], "reverse", lambda: 10.0, KNOWN)
    assert await removal.remove(status) is Removed.GONE
    assert [(request.method, request.path) for request in client.requests] == [("GET", status), ("PUT", cancel)]


async def test_the_body_of_the_call_has_the_id() -> None:
    """A cancel call with a body is sent with the job's id filled in."""
    client = ListedAnswers([(200, {})])
    await Removal(client, CANCEL_ONLY, "reverse", lambda: 10.0, KNOWN).remove("v1", "queued")
    assert [(request.path, request.body) for request in client.requests] == [("/tasks/v1/cancel", {"id": "v1"})]


async def test_an_api_without_such_calls_sends_none() -> None:
    """If an api describes neither cancel nor delete, nothing is sent."""
    assert await remove(builtin_apis()["video-generations"], (500, {})) == (Removed.LEFT, [])
