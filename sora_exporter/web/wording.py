"""The sentences of the pages, the feed and the badges in one language, from the files in ``words/``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import yaml

from sora_exporter.plain_words import FOLDER, PlainWords, plain_words


@dataclass(frozen=True, slots=True)
class Wording:
    """One language (a BCP 47 tag): the texts by their key in the file, and the words of statuses and classes."""

    language: str
    texts: Mapping[str, str]
    plain: PlainWords

    def __call__(self, key: str, **names: object) -> str:
        """Return a text with its names filled in."""
        return self.texts[key].format_map(names)


@cache
def wording(language: str) -> Wording:
    """Return the words of one of ``languages()``."""
    section = yaml.safe_load(FOLDER.joinpath(f"{language}.yml").read_text("utf-8"))["page"]
    return Wording(language, section, plain_words(language))
