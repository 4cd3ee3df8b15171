"""Chat completions as reverse channels sell video."""

from __future__ import annotations

from typing import Any

CHAT = {"model": "veo-3.1", "messages": [{"role": "user", "content": [{"type": "text", "text": "a cat"}]}]}


async def test_a_streamed_chat_reports_progress_and_at_last_a_link(start: Any) -> None:
    """A reverse channel's stream takes the job's time, ends with [DONE], and its link can be downloaded."""
    provider = await start(render_seconds=120)
    answer = await provider.client.post("/v1/chat/completions", json=CHAT | {"stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert (sum(provider.clock.slept), answer.text.count("进度")) == (120, 4)
    assert answer.text.endswith("data: [DONE]\n\n")
    url = answer.text.rpartition("](")[2].partition(")")[0]
    assert (await provider.client.get(url)).content[4:8] == b"ftyp"


async def test_a_chat_that_is_not_streamed_answers_one_completion(start: Any) -> None:
    """Without ``stream`` the answer is one chat.completion; an image model's link is a picture."""
    client = (await start()).client
    video = (await client.post("/v1/chat/completions", json=CHAT)).json()
    image = (await client.post("/v1/chat/completions", json=CHAT | {"model": "sora_image"})).json()
    assert (video["object"], ".mp4" in video["choices"][0]["message"]["content"]) == ("chat.completion", True)
    assert ".png" in image["choices"][0]["message"]["content"]
