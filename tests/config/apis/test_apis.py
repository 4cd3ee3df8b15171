"""The shapes of vendors' APIs: the built-in ones against their documentation, and what a user's own may be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sora_exporter.config.apis import builtin_apis, fill_path, first

VENDORS = Path(__file__).parents[2] / "whole" / "vendors.yml"
MODEL = "model-x"
PROMPT = "A paper boat drifts across a calm lake at dawn."

OMNI = {"type": "video", "resolution": "360p", "aspect_ratio": "16:9", "duration": "3s", "delivery": "inline"}

# The documented create request of each built-in shape: method, path, body.
CREATE: dict[str, tuple[str, dict[str, Any]]] = {
    "videos": ("/videos", {"model": MODEL, "prompt": PROMPT, "seconds": "4", "size": "1280x720"}),
    "chat": (
        "/chat/completions",
        {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": PROMPT}]},
    ),
    "images": ("/images/generations", {"model": MODEL, "prompt": PROMPT, "n": 1, "size": "1024x1024"}),
    "video-generations": ("/video/generations", {"model": MODEL, "prompt": PROMPT, "duration": 5}),
    "ark": (
        "/contents/generations/tasks",
        {"model": MODEL, "content": [{"type": "text", "text": PROMPT}], "duration": 4, "resolution": "480p"},
    ),
    "runway": ("/text_to_video", {"model": MODEL, "promptText": PROMPT, "ratio": "1280:720", "duration": 2}),
    "luma": (
        "/generations",
        {"model": MODEL, "type": "video", "prompt": PROMPT, "aspect_ratio": "16:9"}
        | {"video": {"resolution": "540p", "duration": "5s"}},
    ),
    "luma-dream-machine": (
        "/generations/video",
        {"model": MODEL, "prompt": PROMPT, "resolution": "540p", "duration": "5s", "aspect_ratio": "16:9"},
    ),
    "fal": ("/model-x", {"prompt": PROMPT}),
    "replicate": (
        "/predictions",
        {"version": MODEL, "input": {"prompt": PROMPT, "resolution": "480p", "num_frames": 81}},
    ),
    "xai": ("/videos/generations", {"model": MODEL, "prompt": PROMPT, "duration": 1, "resolution": "480p"}),
    "gemini-interactions": (
        "/interactions",
        {"model": MODEL, "input": PROMPT, "background": True, "store": True, "response_format": OMNI},
    ),
    "vertex-veo": (
        "/projects/{project}/locations/{location}/publishers/google/models/model-x:predictLongRunning",
        {
            "instances": [{"prompt": PROMPT}],
            "parameters": {"durationSeconds": 4, "sampleCount": 1, "resolution": "720p", "aspectRatio": "16:9"}
            | {"generateAudio": False},
        },
    ),
}
ROUTED = ("routed", "authenticated")
# The change of each canary, a refusal in the vendor's words, and the depth that it proves at a maker and at a relay.
CANARIES: dict[str, list[tuple[dict[str, Any], str, tuple[str, str]]]] = {
    "videos": [
        ({"seconds": "abc"}, "Invalid value: 'abc'. param: seconds", ("routed", "routed")),
        ({"prompt": ""}, "Missing required parameter: 'prompt'.", ("routed", "authenticated")),
    ],
    "chat": [({"messages": []}, "field messages is required", ("authenticated", "authenticated"))],
    "images": [({"prompt": ""}, "Invalid 'prompt': string too short.", ("routed", "authenticated"))],
    "video-generations": [
        ({"metadata": {"resolution": "canary"}}, "The parameter `resolution` is not valid", ("routed", "routed")),
        ({"prompt": ""}, "prompt is required", ("routed", "authenticated")),
    ],
    "ark": [({"content": [], "resolution": "canary"}, "The parameter `content` is not valid", ("routed", "routed"))],
    "runway": [({"duration": 999}, 'Too big: expected number to be <=10", "path": ["duration"]', ROUTED)],
    "luma": [({"prompt": "", "video": {"resolution": "540p", "duration": "0s"}}, "Prompt is required", ROUTED)],
    "luma-dream-machine": [({"prompt": ""}, "Prompt is required", ROUTED)],
    "fal": [],
    "replicate": [({"input": {"resolution": "480p", "num_frames": 81}}, "- input: prompt is required", ROUTED)],
    "xai": [({"prompt": "", "duration": 0}, "Prompt cannot be empty", ROUTED)],
    "gemini-interactions": [
        ({"input": [], "response_format": {**OMNI, "duration": "0s"}}, "input must not be empty", ROUTED)
    ],
    "vertex-veo": [({"instances": []}, "instances must not be empty", ROUTED)],
}
ANSWERS: dict[str, dict[str, str]] = {
    "videos": {
        "queued": "queued", "submitted": "queued", "in_progress": "running", "completed": "done", "failed": "failed",
        "unknown": "queued", "generating": "running", "success": "done", "fail": "failed", "paused": "",
    },
    "video-generations": {
        "queued": "queued", "unknown": "queued", "in_progress": "running", "completed": "done", "failed": "failed",
        "NOT_START": "queued", "SUBMITTED": "queued", "IN_PROGRESS": "running", "SUCCESS": "done", "FAILURE": "failed",
    },
    "ark": {
        "queued": "queued", "running": "running", "succeeded": "done", "failed": "failed", "expired": "failed",
        "cancelled": "failed",
    },
    "runway": {
        "PENDING": "queued", "THROTTLED": "queued", "RUNNING": "running", "SUCCEEDED": "done", "FAILED": "failed",
        "CANCELLED": "failed",
    },
    "luma": {"queued": "queued", "processing": "running", "completed": "done", "failed": "failed"},
    "luma-dream-machine": {"queued": "queued", "dreaming": "running", "completed": "done", "failed": "failed"},
    "fal": {"IN_QUEUE": "queued", "IN_PROGRESS": "running", "COMPLETED": "done"},
    "replicate": {
        "starting": "queued", "processing": "running", "succeeded": "done", "failed": "failed", "canceled": "failed",
        "aborted": "failed",
    },
    "xai": {"pending": "running", "done": "done", "failed": "failed", "expired": "failed"},
    "gemini-interactions": {
        "queued": "queued", "in_progress": "running", "completed": "done", "failed": "failed", "cancelled": "failed",
        "incomplete": "failed", "budget_exceeded": "failed", "requires_action": "failed",
    },
}  # fmt: skip


def test_every_built_in_shape_is_proven() -> None:
    """Every shape is described here or is taken through all probes at its simulated vendor; no other exists."""
    rows = yaml.safe_load(VENDORS.read_text("utf-8")).values()
    assert set(builtin_apis()) == {*CREATE, *(row["api"] for row in rows)}


@pytest.mark.parametrize("name", sorted(CREATE))
def test_the_create_request_is_the_documented_one(name: str) -> None:
    """Method, path and body are what the vendor's documentation shows, for any model."""
    shape = builtin_apis()[name]
    path, body = CREATE[name]
    assert (shape.create.method, fill_path(shape.create.path, {"model": MODEL}), shape.create_body(MODEL, {})) == (
        "POST",
        path,
        body,
    )
    assert shape.create.encoding == "json"
    assert shape.create.stream is (name == "chat")


@pytest.mark.parametrize("name", sorted(CREATE))
def test_each_canary_breaks_the_request_and_the_refusal_names_it(name: str) -> None:
    """A canary differs from the create request in its members alone, its refusal names one, and proves a depth."""
    shape = builtin_apis()[name]
    assert len(shape.canary) == len(CANARIES[name])
    for canary, (changes, refusal, proves) in zip(shape.canary, CANARIES[name], strict=True):
        assert shape.canary_body(canary, MODEL, {}) == {**CREATE[name][1], **changes}
        assert any(word in refusal.lower() for word in canary.refusal)
        assert (canary.proves.maker, canary.proves.relay) == proves


def test_a_refusal_of_something_else_is_not_the_canarys() -> None:
    """The words of a chat refusal are more than the key every error object has."""
    (canary,) = builtin_apis()["chat"].canary
    assert not any(word in '{"error": {"message": "temperature must be below 2"}}' for word in canary.refusal)


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, words in ANSWERS.items() for word in words])
def test_the_vendors_status_words_are_known(name: str, word: str) -> None:
    """Each documented word, in any case, has its meaning; an unknown one has none."""
    job = builtin_apis()[name].job
    assert job is not None
    assert (job.word({job.status[0]: word}) or "") == ANSWERS[name][word]


@pytest.mark.parametrize(
    ("name", "answer", "state"),
    [
        ("fal", {"status": "COMPLETED", "error": "boom", "error_type": "runner_disconnected"}, "failed"),
        ("xai", None, "running"),
        ("xai", {"status": "done", "video": {"respect_moderation": False}}, "failed"),
        ("vertex-veo", {"name": "operations/1"}, "running"),
        ("vertex-veo", {"name": "operations/1", "done": False}, "running"),
        ("vertex-veo", {"done": True, "response": {"raiMediaFilteredCount": 0, "videos": [{}]}}, "done"),
        ("vertex-veo", {"done": True, "error": {"code": 13}}, "failed"),
        ("vertex-veo", {"done": True, "response": {"raiMediaFilteredReasons": ["no"]}}, "failed"),
    ],
)
def test_the_state_of_a_job_does_not_hang_on_its_word_alone(name: str, answer: object, state: str) -> None:
    """An answer without a word, or whose other members take its good word back, has the documented meaning."""
    job = builtin_apis()[name].job
    assert job is not None
    assert job.word(answer) == state


@pytest.mark.parametrize(
    ("name", "answer", "error_class"),
    [
        ("runway", {"failureCode": "SAFETY.OUTPUT.VIDEO"}, "content_policy"),
        ("runway", {"failureCode": "INPUT_PREPROCESSING.SAFETY.TEXT"}, "content_policy"),
        ("runway", {"failureCode": "INTERNAL"}, "generation_failed"),
        ("luma", {"failure_code": "content_moderated"}, "content_policy"),
        ("luma", {"failure_code": None}, None),
        ("luma-dream-machine", {"failure_reason": "Contains blacklisted words"}, "content_policy"),
        ("fal", {"detail": [{"type": "content_policy_violation"}]}, "content_policy"),
        ("fal", {"status": "COMPLETED", "error_type": "runner_disconnected"}, "server_error"),
        ("replicate", {"title": "Invalid version or not permitted", "status": 422}, "model_not_found"),
        ("xai", {"video": {"respect_moderation": True}}, None),
        ("xai", {"video": {"respect_moderation": False}}, "content_policy"),
        ("vertex-veo", {"response": {"raiMediaFilteredCount": 0}}, None),
        ("vertex-veo", {"response": {"raiMediaFilteredCount": 1}}, "content_policy"),
        ("vertex-veo", {"error": {"code": 14}}, "overloaded"),
    ],
)
def test_the_vendors_codes_have_their_documented_meaning(name: str, answer: object, error_class: str | None) -> None:
    """A code stands for its error class at any described place; an answer without a fault has none."""
    codes = builtin_apis()[name].codes
    assert codes is not None
    code = codes.fault(answer)
    assert (codes.error_class(code) if code is not None else None) == error_class


@pytest.mark.parametrize(
    ("name", "answer", "job_id"),
    [
        ("videos", {"id": "video_68d7", "object": "video", "status": "queued"}, "video_68d7"),
        ("videos", {"task_id": "t1", "status": "submitted"}, "t1"),
        ("video-generations", {"code": "success", "data": {"task_id": "t2", "status": "NOT_START"}}, "t2"),
        ("ark", {"id": "cgt-2025-x"}, "cgt-2025-x"),
        ("runway", {"id": "17f20503"}, "17f20503"),
        ("xai", {"request_id": "f5f35814"}, "f5f35814"),
        ("vertex-veo", {"name": "projects/p/operations/1"}, "projects/p/operations/1"),
    ],
)
def test_the_job_is_found_in_the_create_answer(name: str, answer: dict[str, Any], job_id: str) -> None:
    """The id stands where the shape says, and its place is what a good answer is known by."""
    shape = builtin_apis()[name]
    assert shape.job is not None
    assert first(answer, shape.job.id) == job_id
    assert shape.create_expectation is not None
    assert first(answer, shape.create_expectation.present) == job_id


@pytest.mark.parametrize(
    ("name", "answer", "address"),
    [
        ("ark", {"status": "succeeded", "content": {"video_url": "https://x/v.mp4"}}, "https://x/v.mp4"),
        ("images", {"data": [{"url": "https://x/i.png"}]}, "https://x/i.png"),
        ("video-generations", {"status": "completed", "url": "https://x/v.mp4"}, "https://x/v.mp4"),
        ("video-generations", {"data": {"status": "SUCCESS", "fail_reason": "https://x/v.mp4"}}, "https://x/v.mp4"),
        ("video-generations", {"metadata": {"url": "https://x/v.mp4"}}, "https://x/v.mp4"),
        ("runway", {"status": "SUCCEEDED", "output": ["https://x/v.mp4"]}, "https://x/v.mp4"),
        ("luma", {"state": "completed", "output": [{"type": "video", "url": "https://x/v.mp4"}]}, "https://x/v.mp4"),
        ("luma-dream-machine", {"assets": {"video": "https://x/v.mp4"}}, "https://x/v.mp4"),
        ("fal", {"video": {"url": "https://x/v.mp4"}, "seed": 1}, "https://x/v.mp4"),
        ("replicate", {"output": "https://x/v.mp4"}, "https://x/v.mp4"),
        ("replicate", {"output": ["https://x/v.mp4"]}, "https://x/v.mp4"),
        ("xai", {"status": "done", "video": {"url": "https://x/v.mp4"}}, "https://x/v.mp4"),
    ],
)
def test_the_asset_is_found_in_the_finished_answer(name: str, answer: dict[str, Any], address: str) -> None:
    """The address of the video or image stands where the shape says."""
    asset = builtin_apis()[name].asset
    assert asset is not None
    assert first(answer, asset.url) == address


def test_polling_and_deleting_use_the_documented_routes() -> None:
    """Poll, delete and download are the vendor's own, with the id as one segment."""
    videos, ark, relay = (builtin_apis()[name].job for name in ("videos", "ark", "video-generations"))
    assert videos is not None
    assert ark is not None
    assert relay is not None
    assert videos.delete is not None
    assert ark.delete is not None
    assert (videos.poll.method, fill_path(videos.poll.path, {"job_id": "v 1"})) == ("GET", "/videos/v%201")
    assert (videos.delete.method, videos.delete.path) == ("DELETE", "/videos/{job_id}")
    assert ark.cancel is not None
    assert (ark.delete.method, ark.delete.path) == ("DELETE", "/contents/generations/tasks/{job_id}")
    assert (ark.cancel.path, ark.cancel.when, ark.delete.when) == (ark.delete.path, ("queued",), ("done", "failed"))
    assert fill_path(relay.poll.path, {"job_id": "t"}) == "/video/generations/t"
    assert relay.delete is None
