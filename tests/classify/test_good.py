"""Good answers by their meaning: a job, a catalog, an asset, speech, or what an API configures."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from support.answers import answer, chat

from sora_exporter.classify import classify
from sora_exporter.result import Expectation


def test_expectation_has_the_place_of_the_good_object() -> None:
    """With an expectation only its paths make an answer good."""
    expectation = Expectation(present=("payload.ticket",))
    assert classify(answer(200, {"payload": {"ticket": "t"}}, expectation=expectation)).error_class == "none"
    assert classify(answer(200, {"id": "t"}, expectation=expectation)).error_class == "invalid_response"


def test_expectation_has_the_places_of_status_and_error() -> None:
    """A vendor's own status word and error path are read where the expectation points."""
    expectation = Expectation(
        present=("job.key",), error=("job.trouble",), status=("job.phase",), failed_words=("Kaputt",)
    )
    running = {"job": {"phase": "laufend"}}
    assert classify(answer(200, running, "video_job", expectation=expectation)).error_class == "none"
    failed = {"job": {"key": "k", "phase": "kaputt"}}
    assert classify(answer(200, failed, "video_job", expectation=expectation)).error_class == "generation_failed"
    refused = {"job": {"key": "k", "trouble": {"saying": "prompt violates our policy"}}}
    assert classify(answer(200, refused, "video_job", expectation=expectation)).error_class == "content_policy"


@pytest.mark.parametrize("envelope", ["result", "response", "body"])
def test_expectation_is_read_against_the_whole_document(envelope: str) -> None:
    """Configured paths begin at the document's root, also if an envelope contains all of it."""
    expectation = Expectation(
        present=(f"{envelope}.film.number",),
        error=(f"{envelope}.film.trouble",),
        status=(f"{envelope}.film.phase",),
        failed_words=("kaputt",),
    )

    def judged(film: Mapping[str, object]) -> str:
        return classify(answer(200, {envelope: {"film": film}}, "video_job", expectation=expectation)).error_class

    assert judged({"number": 7}) == "none"
    assert judged({"phase": "laufend"}) == "none"
    assert judged({"number": 7, "phase": "kaputt"}) == "generation_failed"
    assert judged({"number": 7, "trouble": "prompt violates our policy"}) == "content_policy"
    assert judged({"name": "x"}) == "invalid_response"


def test_a_job_is_done_only_with_something_to_show() -> None:
    """A finished job without an id or an asset is not a success."""
    assert classify(answer(200, {"status": "completed"}, "video_job")).error_class == "invalid_response"
    assert classify(answer(200, {"status": "completed", "url": "https://x/v"}, "video_job")).error_class == "none"


@pytest.mark.parametrize(
    ("content", "error_class"),
    [
        ("抱歉，当前没有可用账号，请稍后重试。加入QQ群 https://qm.qq.com/abc", "unavailable"),
        ("Insufficient credits. Recharge at https://relay.example/topup", "quota_exhausted"),
        ("账号池维护中，公告 https://t.me/relay", "maintenance"),
        ("视频生成失败：No available tokens https://cdn.example/a.mp4", "unavailable"),
        ("Here is your video: https://cdn.example/error/captcha.mp4", "none"),
        ("生成失败，重试中\n<video src='https://cdn.example/a.mp4' controls></video>", "none"),
        ("第一次失败，已重试 [下载](https://cdn.example/a.mp4)", "none"),
        ("![preview](https://cdn.example/a.webp)", "none"),
        ("Video ready: https://cdn.example/a.mp4 (credits used: 5, remaining: 20)", "none"),
        ("生成完成，如生成失败请重试 https://cdn.example/a.mp4", "none"),
    ],
)
def test_a_link_does_not_hide_an_excuse(content: str, error_class: str) -> None:
    """The words around an address decide, never those in it; a video that is shown is a success."""
    assert classify(answer(200, chat(content), "chat", access="reverse")).error_class == error_class


@pytest.mark.parametrize(
    ("body", "error_class"),
    [
        ({"status": "done", "url": ""}, "invalid_response"),
        ({"status": "done", "video": None}, "invalid_response"),
        ({"status": "done", "assets": []}, "invalid_response"),
        ({"status": "done", "url": "https://cdn.example/a.mp4"}, "none"),
        ({"id": "job_1", "status": "done", "url": ""}, "none"),
        ({"status": "running", "url": ""}, "none"),
        ({"status": "finished", "moderation": "blocked", "assets": []}, "content_policy"),
        ({"id": "job_1", "status": "finished", "moderation": "blocked"}, "content_policy"),
        ({"moderation_result": "rejected: violence"}, "content_policy"),
        ({"id": "job_1", "status": "done", "moderation_status": "审核", "audit_result": "不通过"}, "content_policy"),
        ({"id": "job_1", "status": "done", "moderation": "passed"}, "none"),
        ({"id": "job_1", "status": "done", "moderation_result": "not_flagged"}, "none"),
        ({"id": "job_1", "status": "done", "moderation": "low"}, "none"),
    ],
)
def test_a_finished_job_without_its_asset_is_not_a_success(body: Mapping[str, object], error_class: str) -> None:
    """An empty place for the asset without an id, and a moderator's block, are faults, also with configured words."""
    assert (
        classify(answer(200, body, "video_job", expectation=Expectation(status=("status",)))).error_class == error_class
    )


@pytest.mark.parametrize(
    ("body", "endpoint", "is_good"),
    [
        ({"Result": {"JobId": "j-1", "JobStatus": "WAITING"}}, "videos", True),
        ({"statusText": "排队中", "taskNo": "20261127001"}, "video_job", True),
        ({"jobs": [{"id": "a", "status": "running"}]}, "video_job", True),
        ({"items": [{"modelName": "sora-2"}], "total": 1}, "models", True),
        (["sora-2", "veo-3"], "models", True),
        ({"requestId": "r", "userId": "u", "note": "hello"}, "videos", False),
        ({"ok": True}, "videos", False),
    ],
)
def test_an_answer_is_good_by_what_it_holds(body: object, endpoint: str, is_good: bool) -> None:
    """A job or a catalog is recognised in any envelope and spelling; an id of something else is not a job."""
    assert (classify(answer(200, body, endpoint)).error_class == "none") is is_good
