"""The shapes of vendors' APIs: the built-in ones against their documentation, and what a user's own may be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sora_exporter.config.apis import Api, Job, builtin_apis, fill, fill_path, first
from sora_exporter.config.apis.spec import Codes
from sora_exporter.result import ErrorClass, Expectation

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


def api(**members: Any) -> dict[str, Any]:
    return {"create": {"path": "/make", "body": {"model": "{model}", "text": "{prompt}"}}, **members}


PROVES = {"maker": "routed", "relay": "authenticated"}
JOB = {"id": "id", "status": "state", "done": ["OK"], "poll": {"path": "/jobs/{job_id}"}}


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


def test_a_canary_keeps_the_other_members_of_a_mapping() -> None:
    """A canary that breaks a nested member leaves what the service itself set beside it."""
    shape = builtin_apis()["video-generations"]
    body = shape.canary_body(shape.canary[0], MODEL, {"metadata": {"ratio": "16:9", "resolution": "480p"}})
    assert body["metadata"] == {"ratio": "16:9", "resolution": "canary"}


def test_a_canary_removes_a_member_with_null() -> None:
    """A null removes what it stands for, deep inside too, and what stands beside it stays."""
    changes = {"replace": {"input": {"prompt": None}, "tag": None}, "refusal": "prompt", "proves": PROVES}
    body = {"input": {"prompt": "{prompt}", "fps": 24}, "tag": "x"}
    shape = Api.model_validate({"create": {"path": "/make", "body": body}, "canary": changes})
    assert shape.canary_body(shape.canary[0], MODEL, {}) == {"input": {"fps": 24}}


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


@pytest.mark.parametrize(
    ("name", "overrides", "seconds"),
    [
        ("videos", {}, 4.0),
        ("videos", {"seconds": "12"}, 12.0),
        ("video-generations", {"duration": 10}, 10.0),
        ("ark", {}, 4.0),
        ("images", {}, None),
        ("luma", {}, 5.0),
        ("gemini-interactions", {}, 3.0),
        ("vertex-veo", {}, 4.0),
        ("replicate", {}, None),
        *[("videos", {"seconds": bad}, None) for bad in ("", "long", "nan", "inf", "-4", 0, True, None, [4], 10**400)],
    ],
)
def test_the_billed_seconds_are_those_of_the_body(name: str, overrides: dict[str, Any], seconds: float | None) -> None:
    """Texts and numbers count; a value that is not a length of time gives no price."""
    shape = builtin_apis()[name]
    assert shape.billed_seconds(shape.create_body(MODEL, overrides)) == seconds


def test_a_services_own_members_replace_the_shapes() -> None:
    """Members of ``request:`` win, new ones are added, and placeholders are filled in both."""
    body = builtin_apis()["videos"].create_body(MODEL, {"size": "720x1280", "tag": "{model}"}, "Rain.")
    assert body == {"model": MODEL, "prompt": "Rain.", "seconds": "4", "size": "720x1280", "tag": MODEL}


def test_a_filled_in_value_is_not_filled_again() -> None:
    """A model or prompt that looks like a placeholder stays unchanged, and so do unknown placeholders."""
    values = {"model": "{prompt}", "prompt": "{model}"}
    template = {"{model}": ["{model}", {"a": "{prompt}-{other}"}, 5, None]}
    assert fill(template, values) == {"{model}": ["{prompt}", {"a": "{model}-{other}"}, 5, None]}


@given(st.text(min_size=1, max_size=60))
def test_no_job_id_escapes_its_segment(job_id: str) -> None:
    """With any id that a provider makes up, the request goes to that route and no other."""
    path = fill_path("/videos/{job_id}/content", {"job_id": job_id})
    segment = path.removeprefix("/videos/").removesuffix("/content")
    assert not set(segment) & set("/?#\\ %") - {"%"}
    assert segment not in ("", ".", "..")
    assert segment.isascii()
    assert segment.isprintable()


@pytest.mark.parametrize(
    ("job_id", "path"),
    [
        ("../../x", "/jobs/..%2F..%2Fx"),
        ("..", "/jobs/%2E%2E"),
        (".", "/jobs/%2E"),
        ("a?b#c", "/jobs/a%3Fb%23c"),
        ("task:1@x", "/jobs/task:1@x"),
        ("任务", "/jobs/%E4%BB%BB%E5%8A%A1"),
        ("{job_id}", "/jobs/%7Bjob_id%7D"),
    ],
)
def test_hostile_ids_are_percent_encoded(job_id: str, path: str) -> None:
    """Slashes, dot segments, queries and foreign letters become part of one segment."""
    assert fill_path("/jobs/{job_id}", {"job_id": job_id}) == path


@pytest.mark.parametrize(
    ("document", "paths", "found"),
    [
        ({"a": {"b": [{"c": 1}]}}, ("a.b.0.c",), 1),
        ({"a": None, "b": "", "c": 0}, ("a", "b", "c"), 0),
        ({"a": [1]}, ("a.1", "a.-1", "a.x", "a.0.b"), None),
        ([{"id": "x"}], ("0.id",), "x"),
        ("text", ("a",), None),
        (None, ("a",), None),
        ({"a": False}, ("a",), False),
        ({"a": 1}, (), None),
    ],
)
def test_the_first_path_that_finds_something_wins(document: object, paths: tuple[str, ...], found: object) -> None:
    """Null, empty text and absence are passed over; nought and false are findings."""
    assert first(document, paths) == found


def test_a_users_words_are_matched_in_any_case_and_may_be_numbers() -> None:
    """A vendor's upper-case words and numeric states work as they are written in its documentation."""
    job = Job.model_validate({**JOB, "running": ["RUNNING"], "queued": ["0"], "failed": "Failed"})
    answers: list[object] = ["ok", "Running", 0, "FAILED", "?", None, []]
    assert [job.word({"state": said}) for said in answers] == [
        "done", "running", "queued", "failed", None, None, None,
    ]  # fmt: skip


def test_expectations_are_the_described_paths() -> None:
    """A shape without ``present`` is known by its job id; one without either has none; polls go by status."""
    with_job = Api.model_validate(api(job={**JOB, "error": "why", "failed": ["BAD"]}))
    assert with_job.create_expectation == Expectation(("id",), ("why",))
    assert with_job.job_expectation == Expectation(("state",), ("why",), ("state",), ("bad",), ("ok",))
    plain = Api.model_validate(api())
    assert plain.create_expectation is None
    assert plain.job_expectation is None
    assert plain.canary == ()


def test_a_create_path_may_name_the_model() -> None:
    """Vendors that put the model into the path are served, slashes encoded."""
    shape = Api.model_validate({"create": {"path": "/models/{model}:predict", "body": {}}})
    assert fill_path(shape.create.path, {"model": "google/veo-3"}) == "/models/google%2Fveo-3:predict"


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ({"create": {"path": "make", "body": {}}}, "a path begins with one '/'"),
        ({"create": {"path": "//evil.example/x", "body": {}}}, "a path begins with one '/'"),
        ({"create": {"path": "/a b", "body": {}}}, "a path begins with one '/'"),
        (
            {"create": {"path": "/{job_id}", "body": {}}},
            "create has the placeholder {job_id}, but no answer",
        ),
        ({"create": {"path": "/x", "body": {"a": float("nan")}}}, "must be plain JSON"),
        (api(models={"path": "/models"}), "names no {model}"),
        (api(catalog={"path": None, "list": None}), "the catalog is nowhere"),
        (api(job={**JOB, "poll": {"path": "/jobs"}}), "names no {job_id}"),
        (api(job={**JOB, "delete": {"path": "/jobs/{id}"}}), "delete is filled from the answer to a poll"),
        (api(job={**JOB, "cancel": {"path": "/jobs/cancel"}}), "names no {job_id}: put it where the vendor expects it"),
        (
            api(job={**JOB, "poll": {"path": "/jobs/{jobid}"}}),
            "nothing fills {jobid} in job.poll: did you mean {job_id}",
        ),
        (
            {"create": {"path": "/make", "body": {"text": "{promt}"}}},
            "nothing fills {promt} in create: did you mean {prompt}?",
        ),
        (api(job={**JOB, "failed": ["ok"]}), "the status word 'ok' is listed twice"),
        (api(job={**JOB, "done": []}), "nothing shows that the job is done"),
        (api(job={**JOB, "poll_interval_seconds": 0}), "greater than 0"),
        (api(asset={"kinds": ["video"]}), "the asset is nowhere"),
        (api(asset={"kinds": [], "url": "u"}), "at least 1 item"),
        (api(asset={"kinds": ["video"], "link": "https?://["}), "is not a regular expression"),
        (api(asset={"kinds": ["video"], "route": {"path": "/v/{job_id}"}}), "asset.route needs the id of a job"),
        (api(canary={"replace": {}, "refusal": "text", "proves": PROVES}), "at least 1 item"),
        (api(canary=[{"replace": {"text": ""}, "refusal": [], "proves": PROVES}]), "at least 1 item"),
        (api(canary={"replace": {"text": ""}, "refusal": "text"}), "must name the depth that its refusal proves"),
        (
            api(canary={"replace": {"text": ""}, "refusal": "text", "proves": {**PROVES, "relay": "accepted"}}),
            "proves no more than routed",
        ),
        (api(create={"path": "/x", "body": {}, "billed_seconds": [""]}), "at least 1 character"),
        (api(vendor="x"), "Extra inputs are not permitted"),
    ],
)
def test_a_shape_that_cannot_work_is_refused(shape: dict[str, Any], expected: str) -> None:
    """A shape that would fail only at the vendor, or never end, is refused when the configuration is read."""
    with pytest.raises(ValidationError) as caught:
        Api.model_validate(shape)
    assert expected in str(caught.value)


def test_a_name_with_slashes_keeps_them_and_no_dot_segment_passes() -> None:
    """``{+name}`` keeps slashes, encodes queries and dot segments; a path of one placeholder is a whole address."""
    assert fill_path("/{+model}:run", {"model": "fal-ai/ltx"}) == "/fal-ai/ltx:run"
    assert fill_path("/{+model}", {"model": "a/../b?c"}) == "/a/%2E%2E/b%3Fc"
    assert fill_path("{status_url}", {"status_url": "https://x/a?b=1"}) == "https://x/a?b=1"


def test_conditions_and_codes_decide_by_value_and_by_presence() -> None:
    """A failure goes before the status word, done_when after it; codes know success, prefixes and unknown ones."""
    job = Job.model_validate(
        {"id": "name", "poll": {"path": "/{+job_id}"}, "absent": "running"}
        | {"failed_when": {"error": "present"}, "done_when": {"done": True}}
    )
    answers: list[object] = [{}, {"done": False}, {"done": True}, {"done": True, "error": {"code": 3}}]
    assert [job.word(answer) for answer in answers] == ["running", "running", "done", "failed"]
    codes = Codes.model_validate(
        {"value": "code", "success": 0, "classes": {"1008": "quota_exhausted", "SAFETY.": "content_policy"}}
    )
    assert [codes.fault({"code": said}) for said in (0, 7, None)] == [None, "7", None]
    said = [codes.error_class(code) for code in ("1008", "SAFETY.INPUT.TEXT", "7")]
    assert said == [ErrorClass.QUOTA_EXHAUSTED, ErrorClass.CONTENT_POLICY, None]


def test_placeholders_of_the_provider_are_checked_before_any_request() -> None:
    """Placeholders of the first requests, bodies included, must be among the provider's values."""
    shape = Api.model_validate(
        {"headers": {"X-Team": "{team}"}, "catalog": {"path": "/{zone}/models/{model}"}}
        | {"create": {"path": "/make", "body": {"text": "{prompt}", "project": "{project}"}}}
    )
    assert shape.own_blanks == ["project", "team", "zone"]


def test_a_member_of_a_list_is_chosen_by_a_value() -> None:
    """The place of a member in a list need not be fixed."""
    steps = [{"type": "thought"}, {"type": "model_output", "content": [{"type": "video", "uri": "https://x/v"}]}]
    path = "steps.[type=model_output].content.[type=video].uri"
    assert first({"steps": steps}, (path,)) == "https://x/v"
