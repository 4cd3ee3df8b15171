"""A job: the meaning of its status words and conditions, and the calls that end it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from sora_exporter.config.apis.jobs import Cancel, Ending, Job, State

JOB = {"id": "id", "status": "state", "done": ["OK"], "poll": {"path": "/jobs/{job_id}"}}


def test_a_users_words_are_matched_in_any_case_and_may_be_numbers() -> None:
    """A vendor's upper-case words and numeric states work as they are written in its documentation."""
    job = Job.model_validate({**JOB, "running": ["RUNNING"], "queued": ["0"], "failed": "Failed"})
    answers: list[object] = ["ok", "Running", 0, "FAILED", "?", None, []]
    assert [job.word({"state": said}) for said in answers] == [
        "done", "running", "queued", "failed", None, None, None,
    ]  # fmt: skip


def test_conditions_decide_beside_the_status_word() -> None:
    """A failure goes before the status word, ``done_when`` after it, and ``absent`` stands for a missing word."""
    job = Job.model_validate(
        {"id": "name", "poll": {"path": "/{+job_id}"}, "absent": "running"}
        | {"failed_when": {"error": "present"}, "done_when": {"done": True}}
    )
    answers: list[object] = [{}, {"done": False}, {"done": True}, {"done": True, "error": {"code": 3}}]
    assert [job.word(answer) for answer in answers] == ["running", "running", "done", "failed"]


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_an_empty_member_is_not_present(empty: object) -> None:
    """A condition on presence needs a value: null, empty text, an empty list and an empty mapping are none."""
    job = Job.model_validate({**JOB, "failed_when": {"error": "present"}})
    assert job.word({"state": "ok", "error": empty}) == "done"
    assert job.word({"state": "ok", "error": False}) == "failed"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"poll": {"path": "/jobs"}}, "names no {job_id}"),
        ({"delete": {"path": "/jobs/{id}"}}, "delete is filled from the answer to a poll"),
        ({"cancel": {"path": "/jobs/cancel"}}, "names no {job_id}: put it where the vendor expects it"),
        (
            {"poll": {"path": "{status_url}"}, "delete": {"path": "/jobs/{job_id}", "when": ["done"]}},
            "after a restart only the job's id is known",
        ),
        ({"failed": ["ok"]}, "the status word 'ok' is listed twice"),
        ({"done": []}, "nothing shows that the job is done"),
        ({"poll_interval_seconds": 0}, "greater than 0"),
    ],
)
def test_a_job_that_cannot_be_followed_is_refused(members: dict[str, Any], expected: str) -> None:
    """A job that could never end, be polled or be removed is refused when the configuration is read."""
    with pytest.raises(ValidationError) as caught:
        Job.model_validate({**JOB, **members})
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("when", "state", "fits"),
    [((), "done", True), ((), None, True), (("done",), "done", True), (("done",), None, False)],
)
def test_an_ending_fits_its_states(when: tuple[State, ...], state: State | None, fits: bool) -> None:
    """A call without states fits every job, also one in an unknown state; another fits only a job in its states."""
    assert Ending(path="/jobs/{job_id}", when=when).fits(state) is fits


def test_deleting_goes_before_cancelling() -> None:
    """The endings come in the order in which they are tried, and a job is cancelled only before its end."""
    path = {"path": "/jobs/{job_id}"}
    job = Job.model_validate({**JOB, "cancel": path, "delete": path})
    assert [type(ending) for ending in job.endings] == [Ending, Cancel]
    assert [job.endings[1].fits(state) for state in ("queued", "running", "done", "failed")] == [
        True,
        True,
        False,
        False,
    ]
