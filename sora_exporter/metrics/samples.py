"""The shape of what is told in metrics: subjects, their parts that change together, and the samples of each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from sora_exporter.evidence.histogram import Distribution
from sora_exporter.metrics.families import FAMILIES, PartName

Labels = Mapping[str, str]


class Chunk:
    """The metrics of one part, by family; a collector by itself, so that the client library can render it alone."""

    def __init__(self) -> None:
        self.metrics: dict[str, Metric] = {}

    def add(self, family: str, value: float | None, labels: Labels | None = None, suffix: str = "") -> None:
        """Add one sample; None is not measured and adds nothing."""
        if value is None:
            return
        metric = self.metrics.get(family)
        if metric is None:
            declared = FAMILIES[family]
            metric = self.metrics[family] = Metric(family, declared.help, declared.type)
        metric.add_sample(family + suffix, dict(labels or {}), float(value))

    def add_set(self, family: str, label: str, values: Iterable[str], current: str, labels: Labels) -> None:
        """Add a closed set whole: 1 for the current member, 0 for the others."""
        for value in values:
            self.add(family, float(value == current), {**labels, label: value})

    def add_histogram(self, family: str, distribution: Distribution, labels: Labels) -> None:
        """Add a histogram's buckets, count and sum."""
        for bound, count in distribution.cumulative():
            self.add(family, count, {**labels, "le": _bound(bound)}, "_bucket")
        self.add(family, distribution.count, labels, "_count")
        self.add(family, distribution.sum, labels, "_sum")

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics, in the order they were added."""
        yield from self.metrics.values()


def _bound(value: float) -> str:
    return str(floatToGoString(value))  # type: ignore[no-untyped-call]


class Part(NamedTuple):
    """What is told of one subject and changes together; ``make`` tells the same as long as ``version`` is equal."""

    name: PartName
    subject: Hashable
    version: object
    make: Callable[[], Chunk]


class Subject(NamedTuple):
    """A service, an official page or the exporter; none of its ``parts`` changes as long as ``version`` is equal."""

    name: str
    version: object
    parts: Callable[[], Iterable[Part]]


class Source(Protocol):
    """Whoever knows what there is to tell at this moment."""

    def subjects(self) -> Iterable[Subject]:
        """Return all there is to tell of, in a fixed order."""

    def subject(self, service_id: str) -> Subject | None:
        """Return what there is to tell of one service; None of one that is not configured."""

    def listen(self, listener: Callable[[str], None]) -> None:
        """Call ``listener`` with a service's id after each attempt that was recorded of it."""


class SoraCollector(Collector):
    """The parts of a moment merged into whole families: the plain way to tell them all, made anew each time."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def collect(self) -> Iterator[Metric]:
        """Yield each family once, in the order of FAMILIES; a family nobody tells is left out."""
        merged: dict[str, Metric] = {}
        for part in (part for subject in self._source.subjects() for part in subject.parts()):
            for family, metric in part.make().metrics.items():
                merged.setdefault(family, Metric(family, metric.documentation, metric.type)).samples += metric.samples
        yield from (merged[family] for family in FAMILIES if family in merged)
