"""Counting durations in buckets, for the histograms of /metrics."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator

FREE_PROBE_BUCKETS = (0.1, 0.5, 2.5, 10.0)
PAID_PROBE_BUCKETS = (0.1, 0.5, 2.5, 10.0, 20.0, 60.0, 300.0)
GENERATION_BUCKETS = (5.0, 10.0, 20.0, 30.0, 60.0, 90.0, 120.0, 180.0, 240.0, 300.0, 600.0, 900.0, 1800.0)
"""Upper bounds in seconds."""


class Distribution:
    """A histogram's counts: one per bucket (the last is +Inf), their number and the sum of the values."""

    __slots__ = ("bounds", "count", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.count = 0
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.count += 1
        self.sum += value

    def cumulative(self) -> Iterator[tuple[float, int]]:
        """Yield (upper bound, count of all values up to it), the way histograms are exposed."""
        total = 0
        for bound, count in zip((*self.bounds, math.inf), self.counts, strict=True):
            total += count
            yield bound, total
