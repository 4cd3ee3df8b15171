"""The sentences of the pages, the feed and the badges in one language, from the files in ``words/``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sora_exporter.documents import shipped
from sora_exporter.plain_words import FOLDER, PlainWords, languages, plain_words


@dataclass(frozen=True, slots=True)
class Wording:
    """One language (a BCP 47 tag): the texts by their key in the file, and the words of statuses and classes."""

    language: str
    texts: Mapping[str, str]
    plain: PlainWords

    def __call__(self, key: str, **names: object) -> str:
        """Return a text with its names filled in."""
        return self.texts[key].format_map(names)

    def optional(self, key: str) -> str:
        """Return a text without names; empty for an empty key."""
        return self.texts[key] if key else ""


@cache
def wording(language: str) -> Wording:
    """Return the words of one of ``languages()``."""
    section = shipped(FOLDER.joinpath(f"{language}.yml"))["page"]
    return Wording(language, section, plain_words(language))


DEFAULT = "en"


def wanted(accept_language: str, asked: str | None = None) -> str:
    """Return the language of ``languages()`` that a reader gets: the one asked for, else the most preferred one.

    ``accept_language`` is the header of that name; a regional tag such as ``zh-TW`` stands for its language.
    """
    known = languages()
    if asked in known:
        return asked
    preferred = [(_quality(parameters), tag.strip().partition("-")[0].lower())
                 for tag, _, parameters in (part.partition(";") for part in accept_language.split(","))]  # fmt: skip
    preferred.sort(key=lambda one: one[0], reverse=True)
    return next((tag for quality, tag in preferred if quality and tag in known), DEFAULT)


def _quality(parameters: str) -> float:
    said = re.fullmatch(r"\s*q=([01](?:\.[0-9]{0,3})?)\s*", parameters) if parameters else None
    return float(said[1]) if said else float(not parameters)
