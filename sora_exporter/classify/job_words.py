"""Job status words by family: the words inside a status word decide, in every case and spelling. Pure.

Sources: API references of OpenAI, Ark, DashScope, Kling, Runway, Luma, MiniMax, fal, Replicate, xAI, Vidu, PixVerse,
Vertex AI, kie.ai, Runware, HeyGen, fireworks; QuantumNous/new-api constant/task.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from importlib import resources

from sora_exporter.classify.phrases import phrases_in
from sora_exporter.documents import shipped


class Family(StrEnum):
    """The meaning of a status word for a job; ``unknown`` is a word without a family and never reads as success."""

    FAILED = "failed"
    EXPIRED = "expired"
    GOING = "going"
    DONE = "done"
    UNKNOWN = "unknown"


_WORD_LIMIT = 60
_TABLE = shipped(resources.files(__package__).joinpath("job_words.yml"))
_BY_FAMILY = tuple((Family(row["family"]), phrases_in("|".join(row["words"]))) for row in _TABLE)

_GRAVITY = {family: number for number, family in enumerate(Family)}


@lru_cache(maxsize=1024)
def family_of(word: str) -> Family:
    """Return the family of one status word."""
    return next((family for family, said in _BY_FAMILY if said(word[:_WORD_LIMIT])), Family.UNKNOWN)


def gravest(words: Iterable[str]) -> Family | None:
    """Return the family that decides among an answer's status words, or None without any.

    A failed part outweighs an envelope that says success; a word without a family counts only alone.
    """
    found = [family_of(word) for word in words]
    return min(found, key=_GRAVITY.__getitem__, default=None) if found else None
