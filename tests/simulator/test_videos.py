"""OpenAI's videos API: from the queue to the download and the deletion, its list, its forms."""

from __future__ import annotations

from typing import Any

VIDEO = {"model": "sora-2", "prompt": "a cat", "seconds": "4"}
PNG = b"\x89PNG\r\n\x1a\n"


async def test_a_video_goes_from_queue_to_download_to_deletion(start: Any) -> None:
    """An OpenAI video job passes every state as the clock moves, is downloadable only when completed, then is gone."""
    provider = await start(render_seconds=100)
    client = provider.client
    path = f"/v1/videos/{(await client.post('/v1/videos', json=VIDEO)).json()['id']}"
    seen = []
    for _ in range(6):
        job = (await client.get(path)).json()
        seen.append((job["status"], job["progress"], (await client.get(path + "/content")).status_code))
        provider.clock.now += 20
    assert seen == [
        ("queued", 0, 404),
        ("queued", 0, 404),
        ("in_progress", 40, 404),
        ("in_progress", 60, 404),
        ("in_progress", 80, 404),
        ("completed", 100, 200),
    ]
    assert (await client.get(path + "/content")).content[4:8] == b"ftyp"
    assert (await client.get(path + "/content?variant=thumbnail")).content.startswith(PNG)
    assert (await client.delete(path)).json() == {
        "id": path.rpartition("/")[2],
        "deleted": True,
        "object": "video.deleted",
    }
    assert (await client.get(path)).status_code == 404
    assert await provider.open_jobs() == []


async def test_the_list_shows_the_newest_jobs_up_to_the_limit(start: Any) -> None:
    """GET /v1/videos answers the newest job first, says that there are more, and can go on or turn round."""
    provider = await start()
    ids = [(await provider.client.post("/v1/videos", json=VIDEO)).json()["id"] for _ in range(3)]
    listed = (await provider.client.get("/v1/videos?limit=2")).json()
    assert ([job["id"] for job in listed["data"]], listed["has_more"]) == ([ids[2], ids[1]], True)
    rest = (await provider.client.get(f"/v1/videos?after={listed['last_id']}")).json()
    assert ([job["id"] for job in rest["data"]], rest["has_more"]) == ([ids[0]], False)
    oldest_first = (await provider.client.get("/v1/videos?order=asc")).json()["data"]
    assert [job["id"] for job in oldest_first] == ids
