"""new-api's own video API."""

from __future__ import annotations

from typing import Any


async def test_a_generation_of_new_api_ends_with_an_address(start: Any) -> None:
    """new-api's own video API gives a task id, then the address of the video."""
    provider = await start(render_seconds=10)
    client = provider.client
    created = (await client.post("/v1/video/generations", json={"model": "wan-3.0", "prompt": "a cat"})).json()
    assert (created["status"], created["task_id"][:5]) == ("queued", "task_")
    provider.clock.now += 10
    done = (await client.get(f"/v1/video/generations/{created['task_id']}")).json()
    assert (done["status"], done["error"]) == ("completed", None)
    assert (await client.get(done["url"])).headers["content-type"] == "video/mp4"
