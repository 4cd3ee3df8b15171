"""Finished videos and pictures, whole, in ranges, and broken."""

from __future__ import annotations

from typing import Any

import pytest
from support.orders import MODEL, create

VIDEO = {"model": "sora-2", "prompt": "a cat", "seconds": "8"}


async def test_a_download_honours_byte_ranges(start: Any) -> None:
    """The first bytes are enough to see what a file is: ranges are answered 206, impossible ones 416."""
    client = (await start()).client
    part = await client.get("/assets/good/x.mp4", headers={"range": "bytes=4-7"})
    beyond = await client.get("/assets/good/x.mp4", headers={"range": "bytes=999999-"})
    assert (part.status_code, part.content, beyond.status_code) == (206, b"ftyp", 416)
    assert part.headers["content-range"].startswith("bytes 4-7/")


@pytest.mark.parametrize(
    ("behaviour", "status", "media_type"),
    [
        ("operational", 200, "video/mp4"),
        ("asset_truncated", 200, "video/mp4"),
        ("asset_empty", 200, "video/mp4"),
        ("asset_wrong_type", 200, "text/html"),
        ("asset_expired", 403, "application/xml"),
    ],
)
async def test_a_broken_asset_is_broken_at_every_address(
    start: Any, behaviour: str, status: int, media_type: str
) -> None:
    """The content call and the asset's own address answer the same; only the good one holds what its boxes promise."""
    provider = await start(render_seconds=0)
    await provider.behave(MODEL, behaviour)
    video = (await create(provider, "videos")).json()["id"]
    task = (await create(provider, "generations")).json()["task_id"]
    url = (await provider.client.get(f"/v1/video/generations/{task}")).json()["url"]
    for address in (f"/v1/videos/{video}/content", url):
        answer = await provider.client.get(address)
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (status, media_type)
        assert (box_sizes(answer.content) == len(answer.content) > 0) is (behaviour == "operational")


def box_sizes(content: bytes) -> int:
    """The length an MP4 file has by the sizes its boxes state."""
    total = 0
    while total < len(content):
        total += int.from_bytes(content[total : total + 4], "big") or len(content) + 1
    return total


async def test_downloads_without_a_key_stand_in_the_journal_too(start: Any) -> None:
    """Fetching an asset's own address is a content request of its job."""
    provider = await start(render_seconds=0)
    task = (await provider.client.post("/v1/video/generations", json=VIDEO)).json()["task_id"]
    url = (await provider.client.get(f"/v1/video/generations/{task}")).json()["url"]
    await provider.client.get(url, headers={"authorization": ""})
    last = (await provider.journal())[-1]
    assert (last["action"], last["job_id"], last["http_status"]) == ("content", task, 200)
