"""The text of /metrics: each part is written once when it has changed, and kept until it does again.

Writing a sample costs far more than copying its text, and most of what a scrape tells is what the last one told. The
formats differ in the lines above a family's samples only; those come from the client library, like the process's own
metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.utils import floatToGoString

from sora_exporter.metrics.families import FAMILIES, PartName
from sora_exporter.metrics.samples import Chunk, Part, SoraCollector, Source, Subject

Encode = Callable[[Any], bytes]
OPENMETRICS: Final = "application/openmetrics-text"
PLAIN: Final = "text/plain"
END: Final = b"# EOF\n"

FAMILIES_OF: Final[dict[PartName, list[str]]] = {
    part: [name for name, family in FAMILIES.items() if family.part == part]
    for part in dict.fromkeys(family.part for family in FAMILIES.values())
}


Key = tuple[PartName, Hashable]


class Known(NamedTuple):
    """How a subject was when it was last written."""

    version: object
    parts: list[Key]


class Samples:
    """The lines of every sample there is to tell."""

    def __init__(self) -> None:
        self._subjects: dict[str, Known] = {}
        self._versions: dict[Key, object] = {}
        self._lines: dict[str, dict[Hashable, bytes]] = {family: {} for family in FAMILIES}
        self._is_arranged = True

    def update(self, subjects: Iterable[Subject]) -> None:
        """Write those parts of the subjects that have changed."""
        for subject in subjects:
            known = self._subjects.get(subject.name)
            if known is not None and known.version == subject.version:
                continue
            parts = [self._written(part) for part in subject.parts()]
            self._is_arranged = self._is_arranged and known is not None and known.parts == parts
            self._subjects[subject.name] = Known(subject.version, parts)

    def update_all(self, subjects: Iterable[Subject]) -> None:
        """Write what changed of these, which are all there are and in their order; drop everything else."""
        current = list(subjects)
        self.update(current)
        names = [subject.name for subject in current]
        if not self._is_arranged or names != list(self._subjects):
            self._arrange(names)

    def pieces(self, headers: Mapping[str, bytes]) -> Iterator[bytes]:
        """Yield the pieces of the text: of each family that has any, its header, then its samples."""
        for family, lines in self._lines.items():
            if any(lines.values()):
                yield headers[family]
                yield from lines.values()

    def _written(self, part: Part) -> Key:
        key = part.name, part.subject
        if key not in self._versions or self._versions[key] != part.version:
            texts = lines_of(part.make())
            for family in FAMILIES_OF[part.name]:
                # Also where there is nothing to tell now, so that the order never depends on what came first.
                self._lines[family][part.subject] = texts.get(family, b"")
            self._versions[key] = part.version
        return key

    def _arrange(self, names: Iterable[str]) -> None:
        """Bring everything into the order of the subjects, and forget what is gone."""
        self._subjects = {name: self._subjects[name] for name in names}
        keys = [key for known in self._subjects.values() for key in known.parts]
        self._versions = {key: self._versions[key] for key in keys}
        for family, declared in FAMILIES.items():
            old = self._lines[family]
            self._lines[family] = {subject: old[subject] for part, subject in keys if part == declared.part}
        self._is_arranged = True


class Exposition:
    """Tells a source's parts and the process's own metrics in whatever format a scraper accepts.

    ``registry`` tells the same in the client library's plain way, at its plain cost.
    """

    def __init__(self, source: Source) -> None:
        self._source, self._samples = source, Samples()
        self._headers: dict[str, Mapping[str, bytes]] = {}
        self.registry = CollectorRegistry()
        self.registry.register(SoraCollector(source))
        self._own = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._own)
            collector(registry=self.registry)
        # Everything is written before the first scrape, and changes are as they happen: a scrape must not hold up the
        # probes that are being timed meanwhile.
        self._samples.update_all(source.subjects())
        source.listen(self._changed)

    def render(self, accept: str) -> tuple[bytes, str]:
        """Return the exposition and its content type for an Accept header."""
        media = accepted(accept)
        encode, content_type = choose_encoder(media)
        if media not in self._headers:
            self._headers[media] = headers_of(encode)
        self._samples.update_all(self._source.subjects())
        return b"".join((*self._samples.pieces(self._headers[media]), encode(self._own))), content_type

    def _changed(self, service_id: str) -> None:
        subject = self._source.subject(service_id)
        if subject is not None:
            self._samples.update([subject])


def lines_of(chunk: Chunk) -> dict[str, bytes]:
    """Return the lines of a chunk's samples by family, as the client library writes them, in a third of its time."""
    return {
        family: "".join(
            [f"{name}{_braced(labels)} {_number(value)}\n" for name, labels, value, *_ in metric.samples]
        ).encode()
        for family, metric in chunk.metrics.items()
    }


def _braced(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join([f'{name}="{_escaped(value)}"' for name, value in sorted(labels.items())]) + "}"


def _number(value: float) -> str:
    return str(floatToGoString(value))  # type: ignore[no-untyped-call]


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def headers_of(encode: Encode) -> dict[str, bytes]:
    """Return the HELP and TYPE lines of every family in a format."""
    return {name: encode(_Alone(Metric(name, one.help, one.type))).removesuffix(END) for name, one in FAMILIES.items()}


class _Alone(NamedTuple):
    """A family without samples, for an encoder."""

    metric: Metric

    def collect(self) -> tuple[Metric]:
        return (self.metric,)


def accepted(accept: str) -> str:
    """Return the one of our two media types that an Accept header prefers; plain text where it does not say.

    Versions and escaping schemes are not negotiated: there is one version of each that everybody reads, and none of
    our names needs escaping.
    """
    offers: dict[str, float] = {}
    for offer in accept.split(","):
        media, *parameters = (word.strip() for word in offer.split(";"))
        if media in (OPENMETRICS, PLAIN):
            offers[media] = max(offers.get(media, 0.0), _quality(parameters))
    wanted = {media: quality for media, quality in offers.items() if quality > 0}
    return max(wanted, key=lambda media: wanted[media], default=PLAIN)


def _quality(parameters: Iterable[str]) -> float:
    said = dict(parameter.partition("=")[::2] for parameter in parameters)
    try:
        return float(said.get("q", "1"))
    except ValueError:
        return 0.0
