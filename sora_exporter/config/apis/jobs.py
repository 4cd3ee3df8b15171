"""The job that a create request starts: its id and state in answers, and the calls that follow and end it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sora_exporter.config.apis.calls import ALWAYS, Call, CallPath, Method, Paths, Words
from sora_exporter.config.section import Count, Section
from sora_exporter.documents import at, first, text_of

State = Literal["queued", "running", "done", "failed"]
"""The meaning of a job's status word."""
Conditions = Mapping[Annotated[str, Field(min_length=1)], Words]


class Find(Section):
    """How to list jobs, to find one whose id was lost."""

    path: CallPath
    """The call for the list of jobs."""
    most: Annotated[Count, Field(ge=1, le=10_000)] = 100
    """How many jobs the list holds at most: a longer one may be cut off and proves no absence."""
    items: Paths = Field(min_length=1)
    """Paths to the list."""
    prompt: Paths = Field(min_length=1)
    """Paths in each item to its prompt, which holds the marker of the job."""


class Ending(Call):
    """A call that ends or deletes a job."""

    method: Method = "DELETE"
    """The HTTP method."""
    when: tuple[State, ...] = ()
    """The states of the job in which the vendor permits the call; none given: every state."""

    def fits(self, state: State | None) -> bool:
        """Return whether a job in this state can be removed so; None is an unknown state."""
        return not self.when or state in self.when


class Cancel(Ending):
    """A call that stops a job which has not ended: before it runs or, unless ``when`` says otherwise, while it runs."""

    when: tuple[State, ...] = Field(default=("queued", "running"), min_length=1)
    """The states of the job in which the vendor permits the call."""


class Job(Section):
    """The places of a job's id, status word and error, the meaning of the words, and the calls that follow and end it.

    A failure by ``failed_when`` takes precedence over the status word, and the status word over ``done_when``. A word
    that is not listed keeps the job polling.
    """

    id: Paths = Field(min_length=1)
    """Paths to the job's id in the answer to the create request."""
    status: Paths = ()
    """Paths to the status word in the answer to a poll."""
    error: Paths = ()
    """Paths to the reason of a failure."""
    progress: Paths = ()
    """Paths to the percentage that is done, such as 40 or ``"40%"``."""
    queued: Words = ()
    """Words for a job that waits."""
    running: Words = ()
    """Words for a job at work."""
    done: Words = ()
    """Words for a finished job."""
    failed: Words = ()
    """Words for a job that ended without a video."""
    failed_when: Conditions = Field(default_factory=dict)
    """Paths with the values, or ``present``, that make the job failed, with any status word."""
    done_when: Conditions = Field(default_factory=dict)
    """Paths with the values, or ``present``, that make the job done where no status word decides."""
    absent: State | None = None
    """The state of an answer without any status word."""
    poll: Call
    """The call that reads the job's state."""
    poll_interval_seconds: float = Field(default=5.0, gt=0, le=3600)
    """Seconds between two polls."""
    cancel: Cancel | None = None
    """The call that stops a job; none if the vendor has no such call."""
    delete: Ending | None = None
    """The call that deletes a job; none if the vendor has no such call."""
    find: Find | None = None
    """The list of jobs, if the vendor has one that holds their prompts."""

    @property
    def meanings(self) -> dict[str, State]:
        """The meaning of each status word, most final meaning first."""
        by_meaning: dict[State, tuple[str, ...]] = {
            "done": self.done,
            "failed": self.failed,
            "running": self.running,
            "queued": self.queued,
        }
        return {word: meaning for meaning, words in by_meaning.items() for word in words}

    def status_word(self, answer: object) -> str:
        """Return the status word of an answer in lower case; empty text without one."""
        return (text_of(first(answer, self.status)) or "").lower()

    def word(self, answer: object) -> State | None:
        """Return the state of the job in an answer by the configured words and conditions; None for another word."""
        if _holds(self.failed_when, answer):
            return "failed"
        word = self.status_word(answer)
        if (state := self.meanings.get(word)) is not None:
            return state
        if _holds(self.done_when, answer):
            return "done"
        return self.absent if not word else None

    @property
    def endings(self) -> tuple[Ending, ...]:
        """The calls that remove a job, deleting before cancelling; empty for a vendor that has none."""
        return tuple(ending for ending in (self.delete, self.cancel) if ending is not None)

    @model_validator(mode="after")
    def _can_be_followed(self) -> Self:
        if not (self.status and self.done) and not self.done_when:
            raise ValueError("nothing shows that the job is done: add done with the words of status, or done_when")
        if not self.poll.blanks - ALWAYS:
            raise ValueError(f"the poll {self.poll.path!r} names no {{job_id}}: put it where the vendor expects it")
        for name, ending in (("cancel", self.cancel), ("delete", self.delete)):
            if ending is not None and not ending.blanks - ALWAYS:
                raise ValueError(f"{name} {ending.path!r} names no {{job_id}}: put it where the vendor expects it")
            if ending is not None and "job_id" not in ending.blanks and not ending.when:
                raise ValueError(f"{name} is filled from the answer to a poll: say in which states, with when")
        if any(ending.when for ending in self.endings) and "job_id" not in self.poll.blanks:
            raise ValueError("after a restart only the job's id is known: put {job_id} into poll, or drop when")
        return self

    @model_validator(mode="after")
    def _one_meaning_each(self) -> Self:
        words = [*self.queued, *self.running, *self.done, *self.failed]
        twice = sorted({word for word in words if words.count(word) > 1})
        if twice:
            raise ValueError(f"the status word {twice[0]!r} is listed twice in the status words: keep one")
        return self


def _holds(conditions: Mapping[str, tuple[str, ...]], answer: object) -> bool:
    return any(_has(at(answer, path), wanted) for path, wanted in conditions.items())


def _has(said: object, wanted: tuple[str, ...]) -> bool:
    if "present" in wanted:
        return said is not None and said not in ("", [], {})
    return (text_of(said) or "").lower() in wanted
