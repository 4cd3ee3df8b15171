"""Bodies of requests: JSON and forms, and what cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

PNG = b"\x89PNG\r\n\x1a\n"


async def test_a_video_can_be_ordered_by_a_multipart_form(start: Any) -> None:
    """OpenAI's own client sends forms: text fields arrive whole, of a file only its name."""
    provider = await start()
    form = {"model": (None, "sora-2"), "prompt": (None, "一只猫"), "input_reference": ("cat.png", PNG, "image/png")}
    answer = await provider.client.post("/v1/videos", files=form)
    assert (answer.status_code, answer.json()["prompt"]) == (200, "一只猫")


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
async def test_an_unreadable_body_is_refused(start: Any, body: bytes) -> None:
    """A body that is not a JSON object is the caller's mistake, 400."""
    answer = await (await start()).client.post("/v1/videos", content=body)
    assert (answer.status_code, "JSON" in answer.text) == (400, True)


async def test_json_sent_as_a_form_is_understood(start: Any) -> None:
    """A bare ``curl -d`` calls its JSON a form; it means JSON all the same."""
    client = (await start()).client
    form = {"content-type": "application/x-www-form-urlencoded"}
    await client.post("/control/models/sora-2", content='{"behaviour": "slow"}', headers=form)
    assert (await client.get("/control")).json()["models"]["sora-2"]["behaviour"] == "slow"
