"""The way of an order to the maker: key, model, validation, fault, acceptance."""

from __future__ import annotations

from typing import Any

import pytest
from support.orders import CREATES, MODEL, create, fitting_statuses

from sora_exporter.simulator.answers import DATA
from sora_exporter.simulator.behaviours import BEHAVIOURS

VIDEO = {"model": "sora-2", "prompt": "a cat", "seconds": "4"}
TASK = {"model": "doubao-seedance-2-0-260128", "content": [{"type": "text", "text": "a cat"}]}
CHAT = {"model": "veo-3.1", "messages": [{"role": "user", "content": [{"type": "text", "text": "a cat"}]}]}
JOB_APIS = ("videos", "generations", "ark")
EARLY = sorted(name for name, b in BEHAVIOURS.items() if b.answer and b.stage in ("key", "channel", "upstream"))
TURNS = 8


@pytest.mark.parametrize(
    ("header", "status"), [("Bearer sk-simulated", 200), ("sk-bare", 200), ("Bearer ", 401), ("", 401)]
)
async def test_a_key_is_needed_with_or_without_bearer(start: Any, header: str, status: int) -> None:
    """Any key does, in both forms that providers take; none is 401."""
    answer = await (await start()).client.get("/v1/models", headers={"authorization": header})
    assert answer.status_code == status


REFUSED = [
    ("/v1/videos", VIDEO | {"prompt": " "}, "prompt"),
    ("/v1/videos", {"prompt": "a cat"}, "model"),
    ("/v1/videos", VIDEO | {"seconds": "10"}, "invalid_value"),
    ("/v1/video/generations", {"model": "wan-3.0"}, "prompt"),
    ("/v1/images/generations", {"model": "gpt-image-2", "prompt": ""}, "prompt"),
    ("/v1/contents/generations/tasks", TASK | {"content": []}, "content"),
    ("/v1/chat/completions", CHAT | {"messages": []}, "essages"),
]


@pytest.mark.parametrize(("path", "body", "named"), REFUSED)
async def test_validation_names_the_parameter_and_costs_nothing(
    start: Any, path: str, body: dict[str, Any], named: str
) -> None:
    """A wrong parameter is refused by every wording in turn, naming it, without a job or a cost."""
    provider = await start()
    for _ in range(3):
        answer = await provider.client.post(path, json=body)
        # One relay wraps its 400 into a 500.
        assert answer.status_code == 400 or '"400: ' in answer.text
        assert named in answer.text or "模型" in answer.text
    assert {entry["cost_usd"] for entry in await provider.journal()} == {0.0}
    assert await provider.open_jobs() == []


async def test_key_comes_before_channel_and_channel_before_validation(start: Any) -> None:
    """The order of new-api: an empty prompt is only refused when key and channel are there."""
    provider = await start("suspended")
    body = {"model": "sora-2", "prompt": ""}
    keyless = await provider.client.post("/v1/videos", json=body, headers={"authorization": ""})
    closed = await provider.client.post("/v1/videos", json=body)
    await provider.behave("sora-2", "content_policy")
    refused = await provider.client.post("/v1/videos", json=body)
    assert (keyless.status_code, closed.status_code, refused.status_code) == (401, 503, 400)
    assert "prompt" in refused.text


async def test_an_unknown_model_is_not_found_everywhere(start: Any) -> None:
    """A model that is not on sale is 404 in the catalog and at the create endpoint."""
    client = (await start()).client
    assert (await client.get("/v1/models/sora-9")).status_code == 404
    assert (await client.post("/v1/videos", json=VIDEO | {"model": "sora-9"})).status_code == 404


@pytest.mark.parametrize("where", CREATES)
@pytest.mark.parametrize("behaviour", EARLY)
async def test_a_fault_before_acceptance_answers_its_bodies_in_turn(start: Any, behaviour: str, where: str) -> None:
    """Every fault answers all its statuses and no other at every endpoint, and neither costs nor leaves a job."""
    provider = await start()
    await provider.behave(MODEL, behaviour, share=1.0)
    answers = [await create(provider, where) for _ in range(TURNS)]
    error_class = BEHAVIOURS[behaviour].answer
    assert error_class is not None
    assert {answer.status_code for answer in answers} == fitting_statuses(error_class, where)
    assert {entry["cost_usd"] for entry in await provider.journal()} == {0.0}
    assert await provider.open_jobs() == []


@pytest.mark.parametrize("where", CREATES)
@pytest.mark.parametrize(
    "behaviour", ["generation_failed", "moderation_in_job", "generation_timeout", "stuck_in_queue"]
)
async def test_a_fault_inside_the_job_shows_only_after_acceptance(start: Any, behaviour: str, where: str) -> None:
    """A job API accepts the order and ends in the fault's state; a synchronous one answers the fault itself."""
    provider = await start(render_seconds=10)
    await provider.behave(MODEL, behaviour)
    answer = await create(provider, where)
    if where not in JOB_APIS:
        error_class = BEHAVIOURS[behaviour].answer
        assert error_class is not None
        assert answer.status_code in fitting_statuses(error_class, where)
        return
    identity = answer.json().get("id") or answer.json()["task_id"]
    provider.clock.now += 600
    job = (await provider.client.get(f"{CREATES[where][0]}/{identity}")).json()
    stuck = {"generation_timeout": {"in_progress", "running"}, "stuck_in_queue": {"queued"}}
    assert job["status"] in stuck.get(behaviour, {"failed"})
    if job["status"] == "failed":
        assert job["error"]["code"] in {error["code"] for error in DATA["job_errors"][BEHAVIOURS[behaviour].answer]}
    if where == "videos" and behaviour == "generation_timeout":
        assert job["progress"] == 99


@pytest.mark.parametrize("where", CREATES)
async def test_a_missing_job_id_or_link_still_looks_like_success(start: Any, where: str) -> None:
    """With job_id_missing the answer is 200 and well-formed, but nothing in it leads to a result."""
    provider = await start()
    await provider.behave(MODEL, "job_id_missing")
    answer = await create(provider, where)
    assert answer.status_code == 200
    assert "http://" not in answer.text
    if where in JOB_APIS:
        assert not answer.json().get("id")
        assert not answer.json().get("task_id")


async def test_a_lost_job_cannot_be_polled_and_stays_open(start: Any) -> None:
    """With job_lost a paid job is unknown to polls and shows among the jobs that were not deleted."""
    provider = await start()
    await provider.behave(MODEL, "job_lost")
    identity = (await create(provider, "videos")).json()["id"]
    assert (await provider.client.get(f"/v1/videos/{identity}")).status_code == 404
    assert await provider.open_jobs() == [identity]


async def test_polls_alone_can_fail(start: Any) -> None:
    """With poll_error creating and deleting work and polling does not."""
    provider = await start()
    await provider.behave(MODEL, "poll_error")
    path = f"/v1/videos/{(await create(provider, 'videos')).json()['id']}"
    polled, deleted = await provider.client.get(path), await provider.client.delete(path)
    assert (polled.status_code, deleted.status_code) == (500, 200)


async def test_a_slow_model_answers_well_but_late(start: Any) -> None:
    """A slow model waits for its delay and then accepts the job."""
    provider = await start()
    await provider.behave(MODEL, "slow", delay_seconds=30)
    assert (await create(provider, "videos")).status_code == 200
    assert provider.clock.slept == [30]


async def test_a_dropped_connection_promises_more_than_it_sends(start: Any) -> None:
    """The body ends before its stated length, which a server can only turn into a closed connection."""
    provider = await start()
    await provider.behave(MODEL, "connection")
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"authorization", b"sk-simulated")]
    scope = {"type": "http", "method": "GET", "path": f"/v1/models/{MODEL}", "query_string": b"", "headers": headers}
    await provider.client._transport.app(scope, None, send)
    assert sent[0]["headers"] == [(b"content-length", b"1048576")]
    assert sent[-1]["more_body"] is True


async def test_an_announced_end_is_in_the_headers_of_good_answers(start: Any) -> None:
    """Deprecation and Sunset stand on good answers about the dying model and on no other model's."""
    provider = await start()
    await provider.behave(MODEL, "sunset_announced", sunset="2026-09-24")
    dying, living = await create(provider, "videos"), await provider.client.get("/v1/models/wan-3.0")
    assert dying.headers["sunset"] == "Thu, 24 Sep 2026 00:00:00 GMT"
    assert dying.headers["deprecation"].startswith("@17")
    assert "sunset" not in living.headers
