"""The state of a job in an answer: by the api's own words and conditions, then by the families of status words."""

from __future__ import annotations

from collections.abc import Mapping

from sora_exporter.classify.job_words import Family, family_of
from sora_exporter.config.apis.spec import Job, State
from sora_exporter.result import is_success

FAMILIES: Mapping[Family, State] = {
    Family.GOING: "running", Family.DONE: "done", Family.FAILED: "failed", Family.EXPIRED: "failed",
}  # fmt: skip
WORD_CHARACTERS = 60


def state_in(job: Job, document: object, http_status: int | None) -> State | None:
    """Return the state of the job in an answer; None for a refusal, which has no state, and for an unknown word."""
    return state_and_word(job, document, http_status)[0]


def state_and_word(job: Job, document: object, http_status: int | None) -> tuple[State | None, str]:
    """Return the state of the job in an answer, and the status word if it is unknown, else empty text."""
    if not is_success(http_status):
        return None, ""
    state, word = job.word(document), job.status_word(document)
    if state is not None or not word:
        return state, ""
    state = FAMILIES.get(family_of(word))
    return state, "" if state is not None else word[:WORD_CHARACTERS]
