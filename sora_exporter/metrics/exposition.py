"""The text of /metrics: each part of a subject is written once after a change, and kept until the next change.

Writing a sample costs far more than copying its text, and most samples are the same from scrape to scrape. The formats
differ only in the lines above a family's samples; those come from the client library, as do the process's own metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric

from sora_exporter.metrics.families import FAMILIES
from sora_exporter.metrics.samples import Sample, Samples, Source, Subject, number

Encode = Callable[[Any], bytes]
OPENMETRICS: Final = "application/openmetrics-text"
PLAIN: Final = "text/plain"
END: Final = b"# EOF\n"


Texts = Mapping[str, bytes]
"""The lines of samples by their family."""


class Kept(NamedTuple):
    """A subject as it was at a version: its parts, each with its version and its texts, and the texts of FAMILIES.

    A family of one part only, which most are, shares its text with that part.
    """

    version: object
    parts: tuple[tuple[object, Texts], ...]
    texts: tuple[bytes, ...]


class Exposition:
    """The samples of a source and, by default, the process's own metrics, in the format that a scraper prefers."""

    def __init__(self, source: Source, *, process_metrics: bool = True) -> None:
        self._source = source
        self._headers: dict[str, list[bytes]] = {}
        self._process = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector) if process_metrics else ():
            collector(registry=self._process)
        # Texts are written at the start and after each attempt: a scrape that wrote all of them would delay the probes
        # that are being timed meanwhile.
        self._kept: dict[str, Kept] = {}
        self._update()
        source.listen(self._changed)

    def render(self, accept: str) -> tuple[bytes, str]:
        """Return the exposition and its content type for an Accept header."""
        media = accepted(accept)
        encode, content_type = choose_encoder(media)
        if media not in self._headers:
            self._headers[media] = headers_of(encode)
        self._update()
        return b"".join((*self._pieces(self._headers[media]), encode(self._process))), content_type

    def _pieces(self, headers: list[bytes]) -> Iterator[bytes]:
        """Yield the header and the texts of each family that has samples."""
        columns = zip(*(kept.texts for kept in self._kept.values()), strict=True)
        for header, texts in zip(headers, columns, strict=False):
            if any(texts):
                yield header
                yield from texts

    def _update(self) -> None:
        """Write the subjects that changed, and drop those that are gone."""
        self._kept = {subject.name: self._current(subject) for subject in self._source.subjects()}

    def _changed(self, service_id: str) -> None:
        subject = self._source.subject(service_id)
        if subject is not None:
            self._kept[subject.name] = self._current(subject)

    def _current(self, subject: Subject) -> Kept:
        kept = self._kept.get(subject.name)
        if kept is not None and kept.version == subject.version:
            return kept
        before = kept.parts if kept is not None else ()
        parts = [
            old if old is not None and old[0] == part.version else (part.version, texts_of(part.make()))
            for part, old in zip_longest(subject.parts(), before)
            if part is not None
        ]
        texts = dict.fromkeys(FAMILIES, b"")
        for _, of_part in parts:
            for family, text in of_part.items():
                texts[family] += text
        return Kept(subject.version, tuple(parts), tuple(texts.values()))


def texts_of(samples: Samples) -> Texts:
    """Return the samples' lines exactly as the client library writes them, but much faster."""
    return {family: _lines(found).encode() for family, found in samples.by_family.items()}


def _lines(samples: Iterable[Sample]) -> str:
    lines = []
    for name, labels, value in samples:
        braced = "{" + ",".join([_label(label, labels[label]) for label in sorted(labels)]) + "}" if labels else ""
        lines.append(f"{name}{braced} {number(value)}\n")
    return "".join(lines)


@lru_cache(maxsize=8192)
def _label(name: str, value: str) -> str:
    escaped = value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
    return f'{name}="{escaped}"'


def headers_of(encode: Encode) -> list[bytes]:
    """Return the HELP and TYPE lines of each of FAMILIES in a format."""
    return [encode(_Alone(Metric(name, one.help, one.type))).removesuffix(END) for name, one in FAMILIES.items()]


class _Alone(NamedTuple):
    """A family without samples, for an encoder."""

    metric: Metric

    def collect(self) -> tuple[Metric]:
        return (self.metric,)


def accepted(accept: str) -> str:
    """Return the one of our two media types that an Accept header prefers; plain text if it names neither.

    Versions and escaping schemes are not negotiated: every scraper reads the one version of each that we write, and
    none of our names needs escaping.
    """
    offers: dict[str, float] = {}
    for offer in accept.split(","):
        media, *parameters = (word.strip() for word in offer.split(";"))
        if media in (OPENMETRICS, PLAIN):
            offers[media] = max(offers.get(media, 0.0), _quality(parameters))
    wanted = {media: quality for media, quality in offers.items() if quality > 0}
    return max(wanted, key=lambda media: wanted[media], default=PLAIN)


def _quality(parameters: Iterable[str]) -> float:
    values = dict(parameter.partition("=")[::2] for parameter in parameters)
    try:
        return float(values.get("q", "1"))
    except ValueError:
        return 0.0
