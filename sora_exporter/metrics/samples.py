"""The samples of one subject of /metrics: a service, an official page or the exporter itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol

from prometheus_client.utils import floatToGoString

from sora_exporter.evidence.histogram import Distribution

Labels = Mapping[str, str]


class Sample(NamedTuple):
    """One sample under its whole name, such as ``sora_probe_attempts_total``."""

    name: str
    labels: Labels
    value: float


class Samples:
    """Samples by their families."""

    def __init__(self) -> None:
        self.by_family: dict[str, list[Sample]] = {}

    def add(self, family: str, value: float | None, labels: Labels, suffix: str = "") -> None:
        """Add one sample; None was not measured and adds nothing."""
        if value is not None:
            self.by_family.setdefault(family, []).append(Sample(family + suffix, labels, float(value)))

    def add_set(self, family: str, label: str, values: Iterable[str], current: str, labels: Labels) -> None:
        """Add a closed set whole: 1 for the current member, 0 for the others."""
        for value in values:
            self.add(family, value == current, {**labels, label: value})

    def add_histogram(self, family: str, distribution: Distribution, labels: Labels) -> None:
        """Add a histogram's buckets, count and sum."""
        for bound, count in distribution.cumulative():
            self.add(family, count, {**labels, "le": number(bound)}, "_bucket")
        self.add(family, distribution.count, labels, "_count")
        self.add(family, distribution.sum, labels, "_sum")


@lru_cache(maxsize=8192)
def number(value: float) -> str:
    """Return a number as the client library writes it."""
    return str(floatToGoString(value))  # type: ignore[no-untyped-call]


class Part(NamedTuple):
    """Samples of a subject that change together; equal versions make equal samples."""

    version: object
    make: Callable[[], Samples]


class Subject(NamedTuple):
    """A service, an official page or the exporter; equal versions have equal parts."""

    name: str
    version: object
    parts: Callable[[], tuple[Part, ...]]

    @classmethod
    def whole(cls, name: str, version: object, make: Callable[[], Samples]) -> Subject:
        """Return a subject of one part."""
        return cls(name, version, lambda: (Part(version, make),))


class Source(Protocol):
    """The state that /metrics shows."""

    def subjects(self) -> Iterable[Subject]:
        """Return all subjects, in a fixed order."""

    def subject(self, service_id: str) -> Subject | None:
        """Return the subject of one service, or None if it is not configured."""

    def listen(self, listener: Callable[[str], None]) -> None:
        """Call ``listener`` with the service's id after each recorded attempt."""
