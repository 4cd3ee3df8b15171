"""The samples of one subject, by their families."""

from __future__ import annotations

import math

import pytest

from sora_exporter.evidence.histogram import Distribution
from sora_exporter.metrics.samples import Samples, number


def test_a_value_that_was_not_measured_adds_nothing() -> None:
    """None leaves no sample and no family behind; zero and false are values."""
    samples = Samples()
    samples.add("a", None, {})
    samples.add("b", 0.0, {"x": "1"}, "_total")
    samples.add("b", False, {})
    assert samples.by_family == {"b": [("b_total", {"x": "1"}, 0.0), ("b", {}, 0.0)]}


def test_a_closed_set_is_whole() -> None:
    """Every member has a sample, 1 for the current one; an unknown current member is none of them."""
    samples = Samples()
    samples.add_set("s", "state", ["on", "off"], "off", {"id": "a"})
    samples.add_set("t", "state", ["on", "off"], "odd", {})
    assert [(one.labels["state"], one.value) for one in samples.by_family["s"]] == [("on", 0.0), ("off", 1.0)]
    assert {one.labels["id"] for one in samples.by_family["s"]} == {"a"}
    assert [one.value for one in samples.by_family["t"]] == [0.0, 0.0]


def test_a_histogram_has_cumulative_buckets_count_and_sum() -> None:
    """Buckets grow up to the one without a bound, which equals the count."""
    samples, distribution = Samples(), Distribution((0.5, 1.0))
    for seconds in (0.25, 0.75, 4.0):
        distribution.observe(seconds)
    samples.add_histogram("h", distribution, {})
    found = [(one.name, one.labels.get("le"), one.value) for one in samples.by_family["h"]]
    assert found == [
        ("h_bucket", "0.5", 1.0), ("h_bucket", "1.0", 2.0), ("h_bucket", "+Inf", 3.0), ("h_count", None, 3.0),
        ("h_sum", None, 5.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1.0"), (0.1, "0.1"), (math.inf, "+Inf"), (-math.inf, "-Inf"), (math.nan, "NaN"), (1e300, "1e+300")],
)
def test_numbers_are_written_as_the_client_library_does(value: float, text: str) -> None:
    """Infinity and NaN have the spelling of the exposition format."""
    assert number(value) == text
