"""The words of notifications: every language has all of them, and every sentence of the rules is known."""

from __future__ import annotations

import re

import pytest
import yaml
from support.generators import generator
from support.notifications import annotations

from sora_exporter.documents import shipped
from sora_exporter.notify.words import alert_words
from sora_exporter.patterns import Pattern
from sora_exporter.result import ErrorClass, Status
from sora_exporter.words import FOLDER, languages

OTHERS = [language for language in languages() if language != "en"]
UNTRANSLATED = re.compile(
    # A service and its class, which are translated as words.
    (
        r" X \(X\): X\.|X \(X\) at X: X → X\."
        # Sentences with a gap, which only a lost record of the rules would leave.
        r"|  began in the last seven days\.|X \(X\) at X was (under risk control|suspended or unreachable|degraded)"
    ).replace("X", r"Veo 3\.1")
)


def names_in(language: str) -> dict[str, list[str]]:
    """Return the names in braces of each text of a language's notifications, by its key."""
    section = shipped(FOLDER.joinpath(f"{language}.yml"))["alerts"]
    texts = {**section.pop("sentences"), **{f"alerts.{key}": text for key, text in section.items()}}
    return {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in texts.items()}


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_texts(language: str) -> None:
    """No text is missing or left over in any language, and each has the same names to fill in."""
    assert names_in(language) == names_in("en")


def test_every_sentence_of_the_rules_is_translated() -> None:
    """Of all annotations that the shipped rules can write, only names and figures stay as they were.

    The sentences that are found are the same for every language.
    """
    replacements = [Pattern(one.pattern) for one in alert_words("zh").replacements]
    left = set()
    for text in annotations():
        for pattern in replacements:
            text = pattern.replaced(text, ())
        left.add(UNTRANSLATED.sub("", text))
    assert left == {""}


def test_every_sentence_of_the_words_is_in_the_rules() -> None:
    """No sentence is translated that no rule writes."""
    said = "\n".join(annotations())
    replacements = {one.pattern for one in alert_words("zh").replacements if one.pattern.startswith("( ?)")}
    assert [pattern for pattern in sorted(replacements) if not Pattern(pattern).is_in(said)] == []


def test_a_translation_keeps_the_values_and_takes_their_order_from_its_language() -> None:
    """Names with points, shares and times stay exact, wherever the other language puts them."""
    text = ("Veo 3.1 (veo) at acme was under risk control from 2026-01-28 03:04 UTC to 2026-01-28 05:06 UTC."
            " It used 3.2% of a month's error budget.")  # fmt: skip
    assert alert_words("zh").translated(text) == (
        "acme 的 Veo 3.1 (veo) 从 2026-01-28 03:04 UTC 到 2026-01-28 05:06 UTC 处于风控。用去一个月错误预算的 3.2%。"
    )
    assert alert_words("en").translated(text) == text
    refused = alert_words("id").translated("acme refuses our key: authentication. And a sentence of yours.")
    assert refused == "acme menolak kunci kita: Kunci ditolak. And a sentence of yours."


@pytest.mark.parametrize("language", languages())
def test_statuses_and_classes_have_the_words_of_the_page(language: str) -> None:
    """A status and an error class are called what the status page calls them; an unknown one stays as it is."""
    words = alert_words(language)
    page = yaml.safe_load(FOLDER.joinpath(f"{language}.yml").read_text("utf-8"))
    assert [words.status(one) for one in (*Status, "x")] == [*(page["statuses"][one]["name"] for one in Status), "x"]
    assert words.error_class(ErrorClass.DNS) == page["error_classes"]["dns"]["name"]
    assert page["error_classes"]["dns"]["advice"] in words.reason("dns")
    assert words.reason("x") == ""


def test_the_templates_follow_the_words() -> None:
    """The committed templates of Alertmanager are what the script makes of the words."""
    made = generator("alert_texts")
    assert made.TARGET.read_text("utf-8") == made.document(), "run scripts/generate/alert_texts.py"
