"""The simulated vendors refuse what their documents do not describe, and an order is never made by mistake."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from support.desks import ask, create_of, desk_of

from sora_exporter.simulator.vendors import (
    VENDORS,
    UnknownVendor,
    fal,
    find_desk,
    luma_dream_machine,
    runway,
    vertex_veo,
)


async def test_a_trace_id_is_answered_once() -> None:
    """PixVerse answers a request whose id came before with the job of that time."""
    desk = desk_of("pixverse")
    headers = {
        "API-KEY": VENDORS["pixverse"].key,
        "Ai-trace-id": "6f1c9b1e-0000-4000-8000-000000000001",
    }
    order = {"prompt": "A boat", "model": "v6", "duration": 1, "quality": "360p", "aspect_ratio": "16:9"}
    path = create_of(desk).path
    answers = [(await ask(desk, "POST", path, headers=headers, json=order)).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert desk.accepted == 1


async def test_an_order_without_a_prompt_fails_as_a_task() -> None:
    """DashScope takes a wrong order, so a canary there would be a task of its own."""
    desk = desk_of("dashscope")
    headers = {"Authorization": f"Bearer {VENDORS['dashscope'].key}", "X-DashScope-Async": "enable"}
    made = await ask(desk, "POST", create_of(desk).path, headers=headers, json={"model": "wan2.7-t2v", "input": {}})
    task = made.json()["output"]["task_id"]
    desk.queue_seconds = desk.render_seconds = 0.0
    polled = (await ask(desk, "GET", f"/api/v1/tasks/{task}", headers=headers)).json()["output"]
    assert (polled["task_status"], polled["message"]) == ("FAILED", "Field required: input.prompt")


def test_a_vendor_and_its_fault_are_found_by_name() -> None:
    """A name that does not exist is answered with those that do."""
    assert find_desk("kling", "arrears").fault == VENDORS["kling"].faults["arrears"]
    for vendor, fault, words in (("klinge", "", "one of: ark, "), ("kling", "x", "of kling; choose one of: wrong_key")):
        with pytest.raises(UnknownVendor, match=words):
            find_desk(vendor, fault)


def credentials(vendor: str) -> dict[str, str]:
    """Return the headers with which a vendor accepts a request."""
    key = VENDORS[vendor].key or vertex_veo.GRANTED
    special = {
        "runway": {"Authorization": f"Bearer {key}", "X-Runway-Version": runway.VERSION},
        "fal": {"Authorization": f"Key {key}"},
        "gemini-interactions": {"x-goog-api-key": key},
    }
    return special.get(vendor, {"Authorization": f"Bearer {key}"})


RUNWAY = {"model": "gen4.5", "promptText": "A boat", "ratio": "1280:720", "duration": 2}
RAY = {"model": "ray-3.2", "type": "video", "prompt": "A boat", "video": {"resolution": "540p", "duration": "5s"}}
DREAM = {"model": "ray-flash-2", "prompt": "A boat", "resolution": "540p", "duration": "5s"}
GROK = {"model": "grok-imagine-video-1.5-lite", "prompt": "A boat", "duration": 1, "resolution": "480p"}
OMNI = {"model": "gemini-omni-1.2-flash", "input": "A boat", "background": True}
VEO = {"instances": [{"prompt": "A boat"}], "parameters": {"durationSeconds": 4}}
WAN = {"version": "wan-video/wan-2.2-t2v-fast", "input": {"prompt": "A boat"}}
VEO_PATH = "/v1/projects/{}/locations/us-central1/publishers/google/models/veo-3.1-lite-generate-001:{}"


@pytest.mark.parametrize(
    ("vendor", "path", "body", "http_status", "words"),
    [
        ("runway", "/v1/text_to_video", {**RUNWAY, "duration": 11}, 400, "expected number to be <=10"),
        ("runway", "/v1/text_to_video", {**RUNWAY, "promptText": ""}, 400, "promptText"),
        ("runway", "/v1/text_to_video", {**RUNWAY, "prompt": "A boat"}, 400, "unrecognized_keys"),
        ("runway", "/v1/text_to_video", {**RUNWAY, "model": "gen3"}, 400, "gen4.5"),
        ("runway", "/text_to_video", RUNWAY, 404, ""),
        ("luma", "/v1/generations", {**RAY, "video": {"duration": "7s"}}, 400, "video.duration"),
        ("luma", "/v1/generations", {**RAY, "duration": "5s"}, 400, "Extra inputs"),
        ("luma", "/v1/generations/video", RAY, 404, ""),
        ("luma-dream-machine", "/dream-machine/v1/generations/video", {**DREAM, "prompt": "ab"}, 400, "too short"),
        ("luma-dream-machine", "/dream-machine/v1/generations/video", {**DREAM, "model": "ray-3"}, 400, "model"),
        ("fal", "/fal-ai%2Fltx-video", {"prompt": "A boat"}, 404, "Application"),
        ("replicate", "/v1/predictions", {**WAN, "input": {"resolution": "480p"}}, 422, "prompt is required"),
        ("replicate", "/v1/predictions", {**WAN, "version": "wan-video/other"}, 422, "does not exist"),
        ("xai", "/v1/videos/generations", {**GROK, "duration": 16}, 400, "duration"),
        ("xai", "/v1/videos/generations", {**GROK, "seconds": 1}, 422, "unknown field seconds"),
        ("gemini-interactions", "/v1beta/interactions", {**OMNI, "input": []}, 400, "input"),
        ("gemini-interactions", "/v1beta/interactions", {**OMNI, "store": False}, 400, "store"),
        (
            "gemini-interactions",
            "/v1beta/interactions",
            {**OMNI, "response_format": {"duration": "2s"}},
            400,
            "duration",
        ),
        ("vertex-veo", VEO_PATH.format("other", "predictLongRunning"), VEO, 400, "resource field"),
        ("vertex-veo", VEO_PATH.format("simulated-project", "predict"), VEO, 404, ""),
        (
            "vertex-veo",
            VEO_PATH.format("simulated-project", "predictLongRunning"),
            {**VEO, "parameters": {"durationSeconds": 5}},
            400,
            "durationSeconds",
        ),
    ],
)
async def test_a_wrong_order_is_refused_as_documented(
    vendor: str, path: str, body: dict[str, Any], http_status: int, words: str
) -> None:
    """A wrong member, model, length or path makes no job, and the refusal names it if the vendor's does."""
    desk = desk_of(vendor)
    answer = await ask(desk, "POST", path, headers=credentials(vendor), json=body)
    assert (answer.status_code, desk.accepted) == (http_status, 0), answer.text
    assert words in answer.text


@pytest.mark.parametrize(
    ("vendor", "path", "body", "headers", "http_status", "words"),
    [
        ("runway", "/v1/text_to_video", RUNWAY, {"X-Runway-Version": "2024-09-13"}, 400, "X-Runway-Version"),
        ("fal", "/fal-ai/ltx-video", {"prompt": "A boat"}, {"Authorization": f"Bearer {fal.KEY}"}, 401, "required"),
        ("luma", "/v1/generations", RAY, {"Authorization": f"Bearer {luma_dream_machine.KEY}"}, 401, "API key"),
        (
            "gemini-interactions",
            "/v1beta/interactions",
            OMNI,
            {"Authorization": "Bearer x"},
            400,
            "Multiple authentication",
        ),
    ],
)
async def test_a_key_counts_only_at_its_place(
    vendor: str, path: str, body: dict[str, Any], headers: dict[str, str], http_status: int, words: str
) -> None:
    """A key behind another word, of another API, beside another key or without its version is refused."""
    desk = desk_of(vendor)
    answer = await ask(desk, "POST", path, headers={**credentials(vendor), **headers}, json=body)
    assert (answer.status_code, desk.accepted) == (http_status, 0), answer.text
    assert words in answer.text


async def test_a_vendors_lenient_checks_are_simulated() -> None:
    """Replicate takes a blank prompt, fal any input, and Vertex a misspelt parameter: none of them is a canary's."""
    for vendor, path, body in (
        ("replicate", "/v1/predictions", {**WAN, "input": {"prompt": ""}}),
        ("fal", "/fal-ai/ltx-video", {}),
        ("vertex-veo", VEO_PATH.format("simulated-project", "predictLongRunning"), {**VEO, "duration_seconds": 5}),
    ):
        desk = desk_of(vendor)
        assert (await ask(desk, "POST", path, headers=credentials(vendor), json=body)).is_success
        assert desk.accepted == 1


async def test_a_wrong_input_of_fal_is_refused_by_the_result() -> None:
    """fal completes a request without a prompt; its result alone says what is missing."""
    desk = desk_of("fal")
    made = (await ask(desk, "POST", "/fal-ai/ltx-video", headers=credentials("fal"), json={"seed": 1})).json()
    desk.queue_seconds = desk.render_seconds = 0.0
    status = await ask(desk, "GET", urlsplit(made["status_url"]).path)
    result = await ask(desk, "GET", urlsplit(made["response_url"]).path)
    assert (status.json()["status"], result.status_code, result.json()["detail"][0]["msg"]) == (
        "COMPLETED",
        422,
        "Field required",
    )
