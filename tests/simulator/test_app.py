"""Prefixes, pages and paths of the whole app."""

from __future__ import annotations

from typing import Any

import pytest

TASK = {"model": "doubao-seedance-2-0-260128", "content": [{"type": "text", "text": "a cat"}]}


@pytest.mark.parametrize("prefix", ["/v1", "/api/v3", "/seedance/api/v3", "/relay/v1"])
async def test_every_api_answers_below_every_prefix(start: Any, prefix: str) -> None:
    """A base URL may end in /v1 or /api/v3, with or without a vendor in front."""
    client = (await start()).client
    assert (await client.get(prefix + "/models/sora-2")).json()["id"] == "sora-2"
    assert "id" in (await client.post(prefix + "/contents/generations/tasks", json=TASK)).json()


async def test_a_base_url_without_its_version_gets_the_web_page(start: Any) -> None:
    """Outside the API's prefixes a relay answers 200 with its web page; inside, 404 that names the path."""
    client = (await start()).client
    page, lost = await client.get("/models"), await client.get("/v1/nothing")
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")
    assert (lost.status_code, lost.json()["error"]["message"]) == (404, "Invalid URL (GET /v1/nothing)")
