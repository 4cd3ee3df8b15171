"""Every API of the simulated provider when nothing is wrong, and what its validation refuses."""

from __future__ import annotations

import base64
from typing import Any

import pytest

PNG = b"\x89PNG\r\n\x1a\n"
VIDEO = {"model": "sora-2", "prompt": "a cat", "seconds": "4"}
TASK = {"model": "doubao-seedance-2-0-260128", "content": [{"type": "text", "text": "a cat"}]}
CHAT = {"model": "veo-3.1", "messages": [{"role": "user", "content": [{"type": "text", "text": "a cat"}]}]}


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


async def test_a_video_can_be_ordered_by_a_multipart_form(start: Any) -> None:
    """OpenAI's own client sends forms: text fields arrive whole, of a file only its name."""
    provider = await start()
    form = {"model": (None, "sora-2"), "prompt": (None, "一只猫"), "input_reference": ("cat.png", PNG, "image/png")}
    answer = await provider.client.post("/v1/videos", files=form)
    assert (answer.status_code, answer.json()["prompt"]) == (200, "一只猫")


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


async def test_a_streamed_chat_tells_progress_and_at_last_a_link(start: Any) -> None:
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


async def test_images_come_as_address_or_as_base64(start: Any) -> None:
    """An image model answers an address by default and the picture itself on request."""
    client, wish = (await start()).client, {"model": "gpt-image-2", "prompt": "a cat"}
    linked = (await client.post("/v1/images/generations", json=wish)).json()
    inline = (await client.post("/v1/images/generations", json=wish | {"response_format": "b64_json"})).json()
    assert (await client.get(linked["data"][0]["url"])).content.startswith(PNG)
    assert base64.b64decode(inline["data"][0]["b64_json"]).startswith(PNG)


async def test_a_download_honours_byte_ranges(start: Any) -> None:
    """The first bytes are enough to see what a file is: ranges are answered 206, impossible ones 416."""
    client = (await start()).client
    part = await client.get("/assets/good/x.mp4", headers={"range": "bytes=4-7"})
    beyond = await client.get("/assets/good/x.mp4", headers={"range": "bytes=999999-"})
    assert (part.status_code, part.content, beyond.status_code) == (206, b"ftyp", 416)
    assert part.headers["content-range"].startswith("bytes 4-7/")


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


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
async def test_an_unreadable_body_is_refused(start: Any, body: bytes) -> None:
    """A body that is no JSON object is the caller's mistake, 400."""
    answer = await (await start()).client.post("/v1/videos", content=body)
    assert (answer.status_code, "JSON" in answer.text) == (400, True)


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
    """A model nobody sells is 404 in the catalogue and at the create endpoint."""
    client = (await start()).client
    assert (await client.get("/v1/models/sora-9")).status_code == 404
    assert (await client.post("/v1/videos", json=VIDEO | {"model": "sora-9"})).status_code == 404
