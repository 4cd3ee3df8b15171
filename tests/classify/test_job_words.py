"""Status words of jobs: their family by the words inside, and the one that decides among several."""

from __future__ import annotations

import pytest
from support.answers import answer

from sora_exporter.classify import classify
from sora_exporter.classify.job_words import Family, family_of, gravest


@pytest.mark.parametrize(
    ("word", "family"),
    [
        ("completed", Family.DONE),
        ("SUCCEEDED", Family.DONE),
        ("IN_PROGRESS", Family.GOING),
        ("queued", Family.GOING),
        ("generationFailed", Family.FAILED),
        ("已取消", Family.FAILED),
        ("Verarbeitung", Family.GOING),
        ("procesamiento", Family.GOING),
        ("完成中", Family.GOING),
        ("完成", Family.DONE),
        ("frobnicated", Family.UNKNOWN),
        ("", Family.UNKNOWN),
    ],
)
def test_a_word_has_the_family_of_the_words_inside(word: str, family: Family) -> None:
    """Case and spelling do not matter; a word without a family is unknown and never done."""
    assert family_of(word) is family


@pytest.mark.parametrize(
    ("word", "family"),
    [
        ("未成功", Family.FAILED),
        ("不成功", Family.FAILED),
        ("没有成功", Family.FAILED),
        ("审核未通过", Family.FAILED),
        ("ok_false", Family.FAILED),
        ("successFalse", Family.FAILED),
        ("not_successful", Family.FAILED),
        ("nicht erfolgreich", Family.FAILED),
        ("sin éxito", Family.FAILED),
        ("never_completed", Family.FAILED),
        ("no longer running", Family.FAILED),
        ("未完成", Family.GOING),
        ("尚未完成", Family.GOING),
        ("not completed", Family.GOING),
        ("NOT_READY", Family.GOING),
        ("notReady", Family.GOING),
        ("not yet finished", Family.GOING),
        ("noch nicht fertig", Family.GOING),
        ("не завершено", Family.GOING),
        ("belum selesai", Family.GOING),
        ("notStarted", Family.GOING),
        ("not_running", Family.UNKNOWN),
        ("未运行", Family.UNKNOWN),
    ],
)
def test_a_negation_is_never_a_success(word: str, family: Family) -> None:
    """The negation of a done or a going word has failed, is under way or is unknown, in every language."""
    assert family_of(word) is family


@pytest.mark.parametrize(
    ("words", "family"),
    [
        (["success", "failed"], Family.FAILED),
        (["done", "running"], Family.GOING),
        (["frobnicated", "done"], Family.DONE),
        (["frobnicated"], Family.UNKNOWN),
        ([], None),
    ],
)
def test_the_gravest_word_decides(words: list[str], family: Family | None) -> None:
    """A failed part outweighs a success around it, and an unknown word counts only alone."""
    assert gravest(words) is family


@pytest.mark.parametrize(
    ("word", "error_class"),
    [
        ("VIDEO_GENERATION_FAILED", "generation_failed"),
        ("TERMINATED", "generation_failed"),
        ("completed_with_errors", "generation_failed"),
        ("任务已取消", "generation_failed"),
        ("NSFW_DETECTED", "content_policy"),
        ("ContentBlocked", "content_policy"),
        ("insufficient_credits", "quota_exhausted"),
        ("TASK_STATUS_EXPIRED", "generation_timeout"),
        ("zorp", "invalid_response"),
        (7, "invalid_response"),
        ("notStarted", "none"),
        ("moderation_pending", "none"),
        ("生成中", "none"),
        ("SUCCEEDED", "none"),
    ],
)
def test_a_status_word_is_read_by_the_words_inside_it(word: str | int, error_class: str) -> None:
    """Family by family, in every spelling; a word of no family never reads as success."""
    assert classify(answer(200, {"id": "job_1", "status": word}, "video_job")).error_class == error_class
