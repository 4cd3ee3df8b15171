"""The answers that are the jobs themselves: event streams still being read, and images that came at once."""

from __future__ import annotations

from uuid import uuid4

from sora_exporter.fallback.outcome import VideoJob
from sora_exporter.fallback.submit import Submission, drop

MOST_ENDED = 100
"""The number of finished answers that are kept for later calls; each has at most 1 MiB."""


class OpenAnswers:
    """Submissions by the ``answer_id`` of their job."""

    def __init__(self) -> None:
        self._submissions: dict[str, Submission] = {}

    def keep(self, submission: Submission) -> str:
        """Return a new id for the submission, and forget the oldest of too many that have ended."""
        ended = [answer_id for answer_id, kept in self._submissions.items() if kept.reading.done()]
        for answer_id in ended[: max(len(ended) - MOST_ENDED + 1, 0)]:
            del self._submissions[answer_id]
        answer_id = uuid4().hex
        self._submissions[answer_id] = submission
        return answer_id

    def of(self, job: VideoJob) -> Submission:
        """Return the job's submission. Raises ValueError for a job made elsewhere or long ago."""
        submission = self._submissions.get(job.answer_id)
        if submission is None:
            raise ValueError(
                f"{job.service_id} gives its jobs no ids: only the client that made this one can wait for it"
            )
        return submission

    async def aclose(self) -> None:
        """Stop reading everything."""
        for submission in self._submissions.values():
            await drop(submission.reading)
        self._submissions.clear()
