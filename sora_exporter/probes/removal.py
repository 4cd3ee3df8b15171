"""Removing a job from its provider: cancelled or deleted, as its state and the vendor permit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from sora_exporter.config.apis import Api
from sora_exporter.config.apis.spec import Call, Ending, Job, State
from sora_exporter.documents import decoded, first
from sora_exporter.http.reply import Reply, Request
from sora_exporter.probes.attempt import JOB_ENDPOINT, Client
from sora_exporter.probes.requests import Known, Unfilled
from sora_exporter.probes.states import state_and_word, state_in
from sora_exporter.result import is_success

CALL_SECONDS = 5.0
LEAST_SECONDS = 0.1
NOT_FOUND, METHOD_NOT_ALLOWED, GONE_FOR_GOOD = 404, 405, 410


class Removed(Enum):
    """The outcome of one try to remove a job."""

    GONE = "the job is deleted, cancelled, or was not there any more"
    LATER = "the job cannot be removed now: try again"
    LEFT = "the provider has no call that removes the job: it stays there"


@dataclass(frozen=True, slots=True)
class Removal:
    """The way to one provider's jobs; ``seconds_left`` returns how long all calls together may still take.

    ``known`` has the values for the calls so far.
    """

    client: Client
    api: Api
    access: str
    seconds_left: Callable[[], float]
    known: Known

    async def remove(self, job_id: str, state: State | None = None) -> Removed:
        """Remove a job last seen in this state; poll it first if the state matters and is not known."""
        job = self.api.job
        if job is None or not job.endings:
            return Removed.LEFT
        ending, polled = ending_for(job, state), None
        if ending is None and state is None:
            reply = await self._call(job.poll, job_id)
            if reply is None:
                return Removed.LATER
            if is_not_found(reply):
                return Removed.GONE
            polled = decoded(reply.answer.body)
            state, word = state_and_word(job, polled, reply.answer.http_status)
            # In a state whose word only the vendor knows, it decides itself whether the job can be cancelled.
            ending = ending_for(job, "running" if word else state)
        if ending is not None:
            return await self._end(ending, job, job_id, polled)
        return Removed.LEFT if state in ("done", "failed") else Removed.LATER

    async def _end(self, ending: Ending, job: Job, job_id: str, polled: object) -> Removed:
        reply = await self._call(ending, job_id, polled)
        if reply is None:
            return Removed.LATER
        http_status = reply.answer.http_status
        if http_status == METHOD_NOT_ALLOWED:
            return Removed.LEFT
        if http_status == NOT_FOUND:
            return await self._meaning_of_not_found(job, job_id)
        if http_status == GONE_FOR_GOOD:
            return Removed.GONE
        document = decoded(reply.answer.body)
        is_done = is_success(http_status) and not first(document, ("error",))
        is_fault = self.api.codes is not None and self.api.codes.fault(document) is not None
        return Removed.GONE if is_done and not is_fault else Removed.LATER

    async def _meaning_of_not_found(self, job: Job, job_id: str) -> Removed:
        """Return whether the job or the call itself was not found: a job that can still be polled exists."""
        reply = await self._call(job.poll, job_id)
        if reply is None:
            return Removed.LATER
        if is_not_found(reply):
            return Removed.GONE
        state = state_in(job, decoded(reply.answer.body), reply.answer.http_status)
        return Removed.LEFT if state is not None else Removed.LATER

    async def _call(self, call: Call, job_id: str, polled: object = None) -> Reply | None:
        """Return the answer to a call; None if no answer so far gives what the call needs."""
        try:
            filled = self.known.for_job(job_id, polled).call(self.api, call)
        except Unfilled:
            return None
        request = Request(
            filled.method, filled.path, JOB_ENDPOINT, self._seconds(), filled.body, limit=filled.limit,
            headers=filled.headers,
        )  # fmt: skip
        return await self.client.ask(request, self.access)

    def _seconds(self) -> float:
        return min(max(self.seconds_left(), LEAST_SECONDS), CALL_SECONDS)


def can_be_listed(api: Api) -> bool:
    """Return whether a job without an id can be found in the provider's list, and then be removed."""
    return api.job is not None and bool(api.job.endings) and api.job.find is not None


def ending_for(job: Job, state: State | None) -> Ending | None:
    """Return the call that removes a job in this state, if there is one."""
    return next((ending for ending in job.endings if ending.fits(state)), None)


def is_not_found(reply: Reply) -> bool:
    """Return whether the answer to a poll means that the job does not exist."""
    return reply.answer.http_status in (NOT_FOUND, GONE_FOR_GOOD)
