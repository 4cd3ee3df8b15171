"""The catalogue: every language says everything, with the same things filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

import pytest
import yaml

from sora_exporter.plain_words import FOLDER, languages
from sora_exporter.report.wording import dollars, moment, percent, percent_at_least, seconds_text, share, wording

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
    assert all(text.strip() for text in other.values())


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_untranslated(language: str) -> None:
    """No sentence of another language is the English one."""
    english, other = dict(texts(catalogue("en"))), dict(texts(catalogue(language)))
    assert [
        path for path, text in english.items() if " " in text.strip("{}") and len(text) > 30 and other[path] == text
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
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (3605, "1 h"), (3660, "1 h 1 min"), (90000, "1 d 1 h"),
     (86460, "1 d"), (2586.6, "43 min 7 s"), (359.99, "6 min")],
)  # fmt: skip
def test_spans_have_two_units_at_most(seconds: float, text: str) -> None:
    """A length of time is told in its largest unit and the next one below."""
    assert wording("en").span(seconds) == text


def test_percentages_never_promise_too_much() -> None:
    """What failed once is not 100 %, and what missed an objective does not look as if it had reached it."""
    assert [percent(ratio) for ratio in (1, 0.999999, 0.9984, 0)] == ["100.00 %", "99.99 %", "99.84 %", "0.00 %"]
    assert [percent_at_least(ratio) for ratio in (0.9984, 0.9989999, 1)] == ["99.840 %", "99.899 %", "100.000 %"]
    assert [share(ratio) for ratio in (0.999, 0.5, 0.02)] == ["99.9 %", "50 %", "2 %"]


def test_money_and_moments_are_told_exactly() -> None:
    """Cents are never dropped, small amounts keep their digits, and moments are in UTC to the minute."""
    assert [dollars(usd) for usd in (0, 0.1, 0.141, 0.000012, 2.4, 1234.5)] == [
        "$0.00", "$0.10", "$0.141", "$0.000012", "$2.40", "$1234.50",
    ]  # fmt: skip
    assert moment(1793491200) == "2026-11-01 00:00"
    assert [seconds_text(value, "–") for value in (None, 0.25, 3.04)] == ["–", "0.25 s", "3.0 s"]
