"""Answers that are still open: jobs without an id belong to the client that keeps their stream."""

from __future__ import annotations

import pickle

import pytest
from support.shop import REVERSE, Shop

from sora_exporter.fallback import VideoJob
from sora_exporter.fallback.open_answers import MOST_ENDED


async def test_a_job_without_an_id_belongs_to_its_client(shop: Shop) -> None:
    """A stream can be waited for again and again by the client that opened it, and by no other."""
    client = shop.client()
    job = await client.create_video("A paper boat", prefer="reverse")
    assert (job.job_id, await client.download(job)) == ("", await client.download(job))
    with pytest.raises(ValueError, match="only the client that made this one can wait for it"):
        await shop.client().wait(pickle.loads(pickle.dumps(job)))
    with pytest.raises(ValueError, match="'elsewhere' is not configured"):
        await client.wait(VideoJob("elsewhere", "video_1"))
    with pytest.raises(ValueError, match="gives no job ids"):
        await client.wait(VideoJob(REVERSE, "video_1"))


async def test_streams_that_ended_are_not_kept_for_ever(shop: Shop) -> None:
    """Of the jobs without an id only the latest that ended are remembered."""
    client = shop.client()
    jobs = [await client.create_video("A paper boat", prefer="reverse") for _ in range(3)]
    for job in jobs:
        await client.wait(job)
    first = client._answers._submissions[jobs[0].answer_id]
    for _ in range(MOST_ENDED):
        client._answers.keep(first)
    with pytest.raises(ValueError, match="only the client"):
        await client.wait(jobs[0])
    assert len(client._answers._submissions) <= MOST_ENDED
