"""The words of the report: every language has all texts, with the same names filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

import pytest
import yaml

from sora_exporter.report.wording import wording
from sora_exporter.words import FOLDER, languages

OTHERS = sorted({*languages()} - {"en"})


def catalogue(language: str) -> Mapping[str, Any]:
    """Return a language's file."""
    document: Mapping[str, Any] = yaml.safe_load(FOLDER.joinpath(f"{language}.yml").read_text("utf-8"))
    return document


def texts(section: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text with the path of its keys."""
    for key, value in section.items():
        if isinstance(value, str):
            yield f"{path}/{key}", value
        else:
            yield from texts(value, f"{path}/{key}")


def filled(text: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_there_are_three_languages() -> None:
    """English, Indonesian and Chinese are there."""
    assert languages() == ("en", "id", "zh")


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_says_everything(language: str) -> None:
    """A language has the keys of English, no other ones, and in each text the same names to fill in."""
    english, other = dict(texts(catalogue("en"))), dict(texts(catalogue(language)))
    assert other.keys() == english.keys()
    assert {path for path in english if filled(english[path]) != filled(other[path])} == set()
    assert {path for path, text in other.items() if not text.strip()} <= {"/alerts/gap"}


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_untranslated(language: str) -> None:
    """No sentence of another language is the English one."""
    english, other = dict(texts(catalogue("en"))), dict(texts(catalogue(language)))
    assert [
        path
        for path, text in english.items()
        if " " in text.strip("{}") and len(re.sub(r"{\w+}", "", text)) > 20 and other[path] == text
    ] == []


def test_chinese_has_chinese_punctuation() -> None:
    """Between Chinese characters stand no Western commas, colons or semicolons."""
    assert [
        text for _, text in texts(catalogue("zh")) if re.search("[\u4e00-\u9fff][,;:]|[,;:][\u4e00-\u9fff]", text)
    ] == []


@pytest.mark.parametrize("language", languages())
def test_no_name_breaks_a_table(language: str) -> None:
    """Names of statuses and classes stay short enough for a table."""
    words = wording(language)
    names = [one.name for one in (*words.plain.statuses.values(), *words.plain.error_classes.values())]
    assert max(map(len, names)) <= 22


@pytest.mark.parametrize(
    ("language", "text"), [("en", "2 h 5 min"), ("id", "2 jam 5 mnt"), ("zh", "2 小时 5 分")], ids=["en", "id", "zh"]
)
def test_a_length_of_time_has_the_units_of_its_language(language: str, text: str) -> None:
    """Numbers come from ``figures``, units from the language; a length without an end has the sign of no value."""
    words = wording(language)
    assert words.span(7500) == text
    assert words.span(float("inf")) == words.none
