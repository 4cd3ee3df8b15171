"""Ark's tasks in Ark's words."""

from __future__ import annotations

from typing import Any

TASK = {"model": "doubao-seedance-2-0-260128", "content": [{"type": "text", "text": "a cat"}]}


async def test_an_ark_task_speaks_arks_words(start: Any) -> None:
    """A Seedance task is queued, running (then it cannot be deleted), succeeded with an address, deleted."""
    provider = await start(render_seconds=100)
    client = provider.client
    path = "/api/v3/contents/generations/tasks"
    task = f"{path}/{(await client.post(path, json=TASK)).json()['id']}"
    assert (await client.get(task)).json()["status"] == "queued"
    provider.clock.now += 50
    assert (await client.get(task)).json()["status"] == "running"
    assert (await client.delete(task)).status_code == 409
    provider.clock.now += 50
    done = (await client.get(task)).json()
    assert (done["status"], (await client.get(path)).json()["total"]) == ("succeeded", 1)
    assert (await client.get(done["content"]["video_url"])).content[4:8] == b"ftyp"
    assert (await client.delete(task)).status_code == 200
    assert (await client.get(task)).status_code == 404


async def test_a_queued_ark_task_is_cancelled_and_a_stalled_one_expires(start: Any) -> None:
    """Deleting a queued task cancels it and leaves nothing open; a task that never ends is expired after its hour."""
    provider = await start()
    client, path = provider.client, "/v1/contents/generations/tasks"
    cancelled = (await client.post(path, json=TASK)).json()["id"]
    await client.delete(f"{path}/{cancelled}")
    assert (await client.get(f"{path}/{cancelled}")).json()["status"] == "cancelled"
    assert await provider.open_jobs() == []
    await provider.behave(TASK["model"], "generation_timeout")
    stalled = (await client.post(path, json=TASK)).json()["id"]
    provider.clock.now += 3601
    assert (await client.get(f"{path}/{stalled}")).json()["status"] == "expired"
