"""A history as the time series that the exporter would have exported, minute by minute."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from sora_exporter.demo.history import ServiceHistory, is_available, is_evidence
from sora_exporter.evidence.histogram import FREE_PROBE_BUCKETS
from sora_exporter.result import ErrorClass, ProbeKind, Status

SPARSE_SECONDS = 300
"""Series that hardly change have a sample this often: an instant query looks back exactly so far."""

PROBES: Mapping[ProbeKind, tuple[int, frozenset[ErrorClass]]] = {
    ProbeKind.CATALOG: (1, frozenset({ErrorClass.CONNECTION, ErrorClass.DNS, ErrorClass.TLS})),
    ProbeKind.CANARY: (1, frozenset(ErrorClass) - {ErrorClass.NONE, ErrorClass.SLOW}),
}
"""The probes of the history: minutes between two attempts, and the error classes that make an attempt fail."""


@dataclass(frozen=True, slots=True)
class Series:
    """One time series: name, labels, and samples as Unix seconds with their values, oldest first."""

    name: str
    labels: Mapping[str, str]
    times: Sequence[int] = field(repr=False)
    values: Sequence[float] = field(repr=False)

    def write(self, write: Callable[[str], object], start: int, end: int) -> None:
        """Write the samples with ``start <= time < end`` as lines of OpenMetrics text."""
        pairs = ",".join(f'{name}="{value}"' for name, value in self.labels.items())
        prefix = f"{self.name}{{{pairs}}} "
        chosen = slice(bisect_left(self.times, start), bisect_left(self.times, end))
        samples = zip(self.values[chosen], self.times[chosen], strict=True)
        write("".join([f"{prefix}{value} {time}\n" for value, time in samples]))


def raw_series(history: ServiceHistory, target: Mapping[str, str]) -> Iterator[Series]:
    """Yield the exporter's own series of one service, with the labels of the scrape ``target``."""
    minutes, labels = history.minutes, {"service_id": history.service.id, **target}
    yield from evidence_series(history, target)
    for status in Status:
        holds = [int(error_class.status is status) for error_class in minutes]
        yield Series("sora_service_status", {**labels, "status": status}, history.times, holds)
    yield at("sora_service_up", labels, history, [int(is_available(c)) if is_evidence(c) else None for c in minutes])
    yield at("sora_service_response_time_seconds", labels, history, answered(history))
    yield from _configured(history, labels)
    for probe in PROBES:
        yield from _probe_series(history, probe, {**labels, "probe": probe})


def evidence_series(history: ServiceHistory, target: Mapping[str, str]) -> Iterator[Series]:
    """Yield what each of several exporters finds by itself: class, its beginning, attempts and failures."""
    minutes, labels = history.minutes, {"service_id": history.service.id, **target}
    for present in sorted(set(minutes)):
        one = [1 if error_class is present else None for error_class in minutes]
        yield at("sora_service_error", {**labels, "error_class": present}, history, one)
    yield at("sora_service_status_since_timestamp_seconds", labels, history, _status_since(history))
    chosen = sparse(history)
    times = [history.times[index] for index in chosen]
    for probe, (step, failing) in PROBES.items():
        own = {**labels, "probe": probe}
        yield Series("sora_probe_interval_seconds", own, times, [60 * step] * len(times))
        yield Series("sora_probe_last_attempt_timestamp_seconds", own, times, times)
        yield Series("sora_probe_success", own, times, [int(minutes[index] not in failing) for index in chosen])
        yield from _counts(history, probe, own)


def _counts(history: ServiceHistory, probe: ProbeKind, labels: Mapping[str, str]) -> Iterator[Series]:
    """Yield the attempts of a probe and their failures, a sample every five minutes."""
    (step, failing), minutes, chosen = PROBES[probe], history.minutes, sparse(history)
    times = [history.times[index] for index in chosen]
    attempts = [int(index % step == 0) for index in range(len(minutes))]
    total = list(accumulate(attempts))
    yield Series("sora_probe_attempts_total", labels, times, [total[index] for index in chosen])
    for present in sorted(failing & set(minutes)):
        failed = list(accumulate(tried * (c is present) for tried, c in zip(attempts, minutes, strict=True)))
        own = {**labels, "error_class": present}
        yield Series("sora_probe_failures_total", own, times, [failed[index] for index in chosen])


def at(name: str, labels: Mapping[str, str], history: ServiceHistory, values: Sequence[float | None]) -> Series:
    """Return a series with a sample in each minute whose value is not None."""
    samples = [(time, value) for time, value in zip(history.times, values, strict=True) if value is not None]
    return Series(name, labels, [time for time, _ in samples], [value for _, value in samples])


def answered(history: ServiceHistory) -> list[float | None]:
    """Return the response time in seconds of each minute, None where no answer came."""
    return [
        seconds if is_available(error_class) else None
        for error_class, seconds in zip(history.minutes, history.responses, strict=True)
    ]


def sparse(history: ServiceHistory) -> range:
    """Return the indices of the minutes in which a series that hardly changes has a sample."""
    step = SPARSE_SECONDS // 60
    return range((len(history.minutes) - 1) % step, len(history.minutes), step)


def _status_since(history: ServiceHistory) -> list[float | None]:
    since: list[float | None] = []
    for time, before, error_class in zip(history.times, [None, *history.minutes], history.minutes, strict=False):
        changed = before is None or before.status is not error_class.status
        since.append(time if changed else since[-1])
    return since


def _configured(history: ServiceHistory, labels: Mapping[str, str]) -> Iterator[Series]:
    """Yield the series of the configuration, which do not change."""
    service = history.service
    times = [history.times[index] for index in sparse(history)]
    constants: list[tuple[str, Mapping[str, str], float | None]] = [
        ("sora_service_info", service.labels, 1),
        ("sora_service_objective_ratio", {}, service.objective),
        ("sora_service_price_usd", {"unit": service.price_unit}, service.price_usd or None),
        ("sora_service_sunset_timestamp_seconds", {}, service.sunset),
    ]
    for name, extra, value in constants:
        if value is not None:
            yield Series(name, {**labels, **extra}, times, [value] * len(times))


def _probe_series(history: ServiceHistory, probe: ProbeKind, labels: Mapping[str, str]) -> Iterator[Series]:
    """Yield the durations of one probe, a sample every five minutes."""
    step, _ = PROBES[probe]
    chosen = sparse(history)
    times = [history.times[index] for index in chosen]

    def at_times(name: str, values: Sequence[float], **extra: str) -> Series:
        return Series(name, {**labels, **extra}, times, [values[index] for index in chosen])

    attempts = [int(index % step == 0) for index in range(len(history.minutes))]
    total = list(accumulate(attempts))
    durations = [tried * seconds for tried, seconds in zip(attempts, history.responses, strict=True)]
    yield at_times("sora_probe_duration_seconds_sum", [round(value, 2) for value in accumulate(durations)])
    yield at_times("sora_probe_duration_seconds_count", total)
    for bound in FREE_PROBE_BUCKETS:
        within = accumulate(map(bound.__ge__, history.responses))
        yield at_times("sora_probe_duration_seconds_bucket", list(within), le=str(bound))
    yield at_times("sora_probe_duration_seconds_bucket", total, le="+Inf")
