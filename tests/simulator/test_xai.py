"""xAI's video API, as sub2api's pools sell it."""

from __future__ import annotations

from typing import Any

import pytest

ORDER = {"model": "grok-imagine-video", "prompt": "a cat", "duration": 1}
CREATE = "/v1/videos/generations"


async def test_a_job_is_pending_with_202_and_then_done(start: Any) -> None:
    """A job answers 202 until its video has an address."""
    provider = await start(gateway="sub2api", render_seconds=10)
    path = f"/v1/videos/{(await provider.client.post(CREATE, json=ORDER)).json()['request_id']}"
    pending = await provider.client.get(path)
    provider.clock.now += 10
    done = (await provider.client.get(path)).json()
    assert (pending.status_code, pending.json()["status"], done["status"]) == (202, "pending", "done")
    assert (await provider.client.get(done["video"]["url"])).content[4:8] == b"ftyp"


@pytest.mark.parametrize("duration", [0, 16, True, "8"])
async def test_a_length_that_is_not_sold_is_refused(start: Any, duration: Any) -> None:
    """Only whole seconds from 1 to 15 are sold; a refused order leaves no job."""
    provider = await start(gateway="sub2api")
    answer = await provider.client.post(CREATE, json={**ORDER, "duration": duration})
    assert (answer.status_code, await provider.open_jobs()) == (400, [])
