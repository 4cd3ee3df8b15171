"""The journal, prices and shares of one provider."""

from __future__ import annotations

from typing import Any

import pytest
from support.orders import MODEL, create

VIDEO = {"model": "sora-2", "prompt": "a cat", "seconds": "8"}


async def test_a_share_spreads_the_faults_evenly(start: Any) -> None:
    """A quarter of the requests means every fourth one."""
    provider = await start()
    await provider.behave(MODEL, "server_error", share=0.25, body=0)
    statuses = [(await create(provider, "videos")).status_code for _ in range(8)]
    assert statuses == [200, 200, 200, 500, 200, 200, 200, 500]


async def test_the_journal_holds_every_request_and_its_price_once(start: Any) -> None:
    """Create, poll, content and delete stand in order with time, model and job; only the create costs, once."""
    provider = await start(render_seconds=0)
    client = provider.client
    identity = (await client.post("/v1/videos", json=VIDEO)).json()["id"]
    provider.clock.now += 5
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        await client.request(method, f"/v1/videos/{identity}{path}")
    await client.post("/v1/videos", json=VIDEO | {"prompt": ""})
    entries = await provider.journal()
    assert [(e["action"], e["http_status"], e["job_id"], e["cost_usd"]) for e in entries] == [
        ("create", 200, identity, 0.8),
        ("poll", 200, identity, 0.0),
        ("content", 200, identity, 0.0),
        ("delete", 200, identity, 0.0),
        ("create", 400, None, 0.0),
    ]
    assert {e["model"] for e in entries} == {"sora-2"}
    assert entries[1]["time"] - entries[0]["time"] == 5
    assert (await client.get("/control")).json()["spent_usd"] == 0.8
    await client.delete("/control/journal")
    assert await provider.journal() == []


@pytest.mark.parametrize(
    ("model", "path", "body", "cost"),
    [
        ("veo-3.1", "/v1/chat/completions", {"messages": [{"role": "user", "content": "a cat"}]}, 0.15),
        ("gpt-image-2", "/v1/images/generations", {"prompt": "a cat"}, 0.03),
        ("wan-3.0", "/v1/video/generations", {"prompt": "a cat", "duration": 10}, 1.0),
        ("sora-2-pro", "/v1/videos", {"prompt": "a cat"}, 1.2),
    ],
)
async def test_a_create_has_the_price_of_its_model(
    start: Any, model: str, path: str, body: dict[str, Any], cost: float
) -> None:
    """The journal prices by the request or by the second, as the model is sold."""
    provider = await start()
    assert (await provider.client.post(path, json=body | {"model": model})).status_code == 200
    assert [entry["cost_usd"] for entry in await provider.journal()] == [cost]
