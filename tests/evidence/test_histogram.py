"""Counting values in buckets."""

from __future__ import annotations

from sora_exporter.evidence.histogram import Distribution


def test_distribution() -> None:
    """A value on a bucket's bound counts into that bucket, one beyond the last into +Inf only."""
    distribution = Distribution((1.0, 2.0))
    for value in (1.0, 1.5, 99.0):
        distribution.observe(value)
    assert list(distribution.cumulative()) == [(1.0, 1), (2.0, 2), (float("inf"), 3)]
    assert (distribution.count, distribution.sum) == (3, 101.5)
