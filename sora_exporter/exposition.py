"""The text of /metrics: each chunk is rendered once by the client library and then kept until it changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder

from sora_exporter.metrics import FAMILIES, Chunk, SoraCollector, Source

Encode = Callable[[Any], bytes]
HEADER = b"# HELP "
END = b"# EOF\n"


class ChunkMemory:
    """Keeps chunks for as long as what they were made of stays the same."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[object, Chunk]] = {}

    def get(self, name: Hashable, made_of: object, make: Callable[[], Chunk]) -> Chunk:
        """Return the chunk of that name, made anew when ``made_of`` differs from last time."""
        known = self._kept.get(name)
        if known is not None and known[0] == made_of:
            return known[1]
        chunk = make()
        self._kept[name] = made_of, chunk
        return chunk

    def forget_others(self, names: set[Hashable]) -> None:
        """Drop the chunks of everything not named."""
        for name in self._kept.keys() - names:
            del self._kept[name]


class Exposition:
    """Renders a source's chunks and the process's own metrics in whatever format a scraper accepts."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.registry = CollectorRegistry()
        self.registry.register(SoraCollector(source))
        self._own = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._own)
            collector(registry=self.registry)

    def render(self, accept: str) -> tuple[bytes, str]:
        """Return the exposition and its content type for an Accept header."""
        encode, content_type = choose_encoder(accept)
        families: dict[str, tuple[bytes, list[bytes]]] = {}
        for chunk in self._source.chunks():
            for family, (header, lines) in _rendered(chunk, encode, content_type).items():
                if family not in families:
                    families[family] = header, []
                families[family][1].append(lines)
        pieces: list[bytes] = []
        for family in FAMILIES:
            if family in families:
                header, bodies = families[family]
                pieces.append(header)
                pieces.extend(bodies)
        pieces.append(encode(self._own))
        return b"".join(pieces), content_type


def _rendered(chunk: Chunk, encode: Encode, content_type: str) -> Mapping[str, tuple[bytes, bytes]]:
    """Return the chunk's text by family as (HELP and TYPE lines, sample lines), rendered at most once per format."""
    known = chunk.rendered.get(content_type)
    if known is None:
        texts = _split(encode(chunk))
        known = chunk.rendered[content_type] = dict(zip(chunk.metrics, texts, strict=True))
    return known


def _split(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    for family in text.removesuffix(END).split(HEADER)[1:]:
        text_of_help, type_line, samples = family.split(b"\n", 2)
        yield HEADER + text_of_help + b"\n" + type_line + b"\n", samples
