"""The sentences of the pages, the feed and the badges in one language, from the files in ``words/``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup

from sora_exporter.documents import shipped
from sora_exporter.figures import seconds_text
from sora_exporter.words import FOLDER, PlainWords, languages, plain_words

LEAST_SPAN = 59.995
"""A measured time from which on it is written in minutes and seconds."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One language (a BCP 47 tag): the texts by their key in the file, and the words of statuses and classes."""

    language: str
    texts: Mapping[str, str]
    plain: PlainWords

    def __call__(self, key: str, **names: object) -> str:
        """Return a text with its names filled in."""
        return self.texts[key].format_map(names)

    def marked(self, key: str, **names: object) -> Markup:
        """Return a text with its names filled in; those with markup keep it, all others are escaped."""
        return Markup(self.texts[key]).format(**names)  # noqa: S704 - our own file

    def ago(self, seconds: float) -> str:
        """Return how long ago something was."""
        return self("ago", span=self.plain.span(seconds))

    def seconds(self, measured: float) -> str:
        """Return a measured time, as ``figures.seconds_text`` does in English."""
        return self.plain.span(measured) if LEAST_SPAN <= measured < math.inf else seconds_text(measured)

    def joined(self, *parts: str) -> str:
        """Return the parts that are not empty as one sentence."""
        return self("comma").join(filter(None, parts))

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
