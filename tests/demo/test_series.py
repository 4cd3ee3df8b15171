"""A history as the series that the exporter would have exported."""

from __future__ import annotations

from itertools import pairwise

from support.stories import END, story

from sora_exporter.demo.article import ARTICLE
from sora_exporter.demo.history import ServiceHistory, invent_history
from sora_exporter.demo.series import SPARSE_SECONDS, Series, raw_series, sparse
from sora_exporter.demo.tsdb import TARGET
from sora_exporter.result import ErrorClass


def test_silence_leaves_no_availability_behind() -> None:
    """In a silent minute the status is unknown and sora_service_up and the response time have no sample."""
    history = ServiceHistory(ARTICLE[0], END, [ErrorClass.NONE, ErrorClass.QUOTA_EXHAUSTED, ErrorClass.SLOW], [1.0] * 3)
    series = {one.name: one for one in raw_series(history, TARGET)}
    assert list(series["sora_service_up"].times) == [END - 120, END]
    assert list(series["sora_service_up"].values) == [1, 1]
    assert list(series["sora_service_response_time_seconds"].times) == [END - 120, END]


def test_a_series_is_written_as_openmetrics() -> None:
    """Only samples from the start on and before the end are written, with labels, value and time."""
    written: list[str] = []
    Series("up", {"job": "a", "instance": "b"}, [60, 120, 180], [1, 0, 1]).write(written.append, 120, 180)
    assert "".join(written) == 'up{job="a",instance="b"} 0 120\n'


def test_counters_only_grow() -> None:
    """Attempts, failures and buckets of a probe never fall, and no bucket has more than the next one."""
    history = invent_history(story("sora-2-reverse"), END, days=5)
    series = list(raw_series(history, TARGET))
    counters = [one for one in series if one.name.endswith(("_total", "_bucket", "_count"))]
    assert counters
    assert all(list(one.values) == sorted(one.values) for one in counters)
    last = {one.labels["le"]: one.values[-1] for one in series if one.name.endswith("_bucket")
            if one.labels["probe"] == "catalog"}  # fmt: skip
    assert list(last.values()) == sorted(last.values())


def test_each_minute_has_one_status_and_one_class() -> None:
    """The closed set of statuses is whole in every minute, and one error class is 1."""
    history = invent_history(story("sora-2-pro-reverse"), END, days=2)
    series = list(raw_series(history, TARGET))
    statuses = [one.values for one in series if one.name == "sora_service_status"]
    assert {sum(values) for values in zip(*statuses, strict=True)} == {1}
    classes = [time for one in series if one.name == "sora_service_error" for time in one.times]
    assert sorted(classes) == list(history.times)


def test_sparse_series_end_with_the_history() -> None:
    """A series that hardly changes has a sample every five minutes, the last one at the end."""
    history = invent_history(story("sora-image"), END, days=1)
    indices = list(sparse(history))
    assert history.times[indices[-1]] == END
    assert {later - before for before, later in pairwise(indices)} == {SPARSE_SECONDS // 60}
