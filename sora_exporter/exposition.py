"""The text of /metrics: each part is rendered by the client library when it has changed, and kept until it does again.

Rendering a sample costs far more than copying its text, and most of what a scrape tells is what the last one told.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder

from sora_exporter.families import FAMILIES, PartName
from sora_exporter.parts import Part, SoraCollector, Source, Subject

Encode = Callable[[Any], bytes]
OPENMETRICS: Final = "application/openmetrics-text"
PLAIN: Final = "text/plain"
HEADER: Final = b"# HELP "
END: Final = b"# EOF\n"
CHEAPEST: Final = "; version=1.0.0; escaping=allow-utf-8"
"""The way to encode that looks at names least; none of ours needs escaping, so that the text is the same in all."""
IDLE_SCRAPES: Final = 100
"""A format nobody asked for during this many scrapes in another one is kept up to date no longer."""

FAMILIES_OF: Final[dict[PartName, list[str]]] = {
    part: [name for name, family in FAMILIES.items() if family.part == part]
    for part in dict.fromkeys(family.part for family in FAMILIES.values())
}


Key = tuple[PartName, Hashable]


class Known(NamedTuple):
    """How a subject was when it was last rendered."""

    version: object
    parts: list[Key]


class Text:
    """Everything there is to tell, in one format."""

    def __init__(self, encode: Encode) -> None:
        self.encode = encode
        self._subjects: dict[str, Known] = {}
        self._versions: dict[Key, object] = {}
        self._headers: dict[str, bytes] = {}
        self._lines: dict[str, dict[Hashable, bytes]] = {family: {} for family in FAMILIES}
        self._is_arranged = True
        self.unasked_scrapes = 0

    def render(self, subjects: Iterable[Subject]) -> None:
        """Render those parts of the subjects that have changed."""
        for subject in subjects:
            known = self._subjects.get(subject.name)
            if known is not None and known.version == subject.version:
                continue
            parts = [self._rendered(part) for part in subject.parts()]
            self._is_arranged = self._is_arranged and known is not None and known.parts == parts
            self._subjects[subject.name] = Known(subject.version, parts)

    def render_all(self, subjects: Iterable[Subject]) -> None:
        """Render what changed of these, which are all there are and in their order; drop everything else."""
        current = list(subjects)
        self.render(current)
        names = [subject.name for subject in current]
        if not self._is_arranged or names != list(self._subjects):
            self._arrange(names)

    def pieces(self) -> Iterator[bytes]:
        """Yield the pieces of the text: of each family its HELP and TYPE lines, then its samples."""
        for family, lines in self._lines.items():
            if any(lines.values()):
                yield self._headers[family]
                yield from lines.values()

    def _rendered(self, part: Part) -> Key:
        key = part.name, part.subject
        if key not in self._versions or self._versions[key] != part.version:
            self._render(part)
            self._versions[key] = part.version
        return key

    def _render(self, part: Part) -> None:
        chunk = part.make()
        texts = dict(zip(chunk.metrics, _split(self.encode(chunk)), strict=True))
        for family in FAMILIES_OF[part.name]:
            header, lines = texts.get(family, (b"", b""))
            if header:
                self._headers[family] = header
            # Also where there is nothing to tell now, so that the order never depends on what came first.
            self._lines[family][part.subject] = lines

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
    """Renders a source's parts and the process's own metrics in whatever format a scraper accepts.

    ``registry`` tells the same in the client library's plain way, at its plain cost.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._texts: dict[str, Text] = {}
        self.registry = CollectorRegistry()
        self.registry.register(SoraCollector(source))
        self._own = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._own)
            collector(registry=self.registry)
        # What scrapers ask for is ready before the first scrape, and changes are rendered as they happen:
        # a scrape must not hold up the probes that are being timed meanwhile.
        self._text(OPENMETRICS).render_all(source.subjects())
        source.listen(self._changed)

    def render(self, accept: str) -> tuple[bytes, str]:
        """Return the exposition and its content type for an Accept header."""
        media = accepted(accept)
        _, content_type = choose_encoder(media)
        text = self._text(media)
        self._note_scrape(text)
        text.render_all(self._source.subjects())
        return b"".join((*text.pieces(), text.encode(self._own))), content_type

    def _text(self, media: str) -> Text:
        known = self._texts.get(media)
        if known is None:
            known = self._texts[media] = Text(choose_encoder(media + CHEAPEST)[0])
        return known

    def _changed(self, service_id: str) -> None:
        subject = self._source.subject(service_id)
        if subject is not None:
            for text in self._texts.values():
                text.render([subject])

    def _note_scrape(self, asked: Text) -> None:
        for text in self._texts.values():
            text.unasked_scrapes += 1
        asked.unasked_scrapes = 0
        self._texts = {media: text for media, text in self._texts.items() if text.unasked_scrapes < IDLE_SCRAPES}


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


def _split(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    for family in text.removesuffix(END).split(b"\n" + HEADER):
        if family:
            text_of_help, type_line, samples = family.removeprefix(HEADER).split(b"\n", 2)
            yield HEADER + text_of_help + b"\n" + type_line + b"\n", samples.rstrip(b"\n") + b"\n"
