"""Every status and error class in plain words."""

from __future__ import annotations

import pytest

from sora_exporter.plain_words import languages, plain_words
from sora_exporter.result import ErrorClass


@pytest.mark.parametrize("language", languages())
def test_every_status_and_class_has_plain_words(language: str) -> None:
    """In each language every member has a short name, and a meaning and an advice of one sentence each."""
    words = plain_words(language)
    for each in (*words.statuses.values(), *words.error_classes.values()):
        assert 0 < len(each.name) <= 30
        assert each.meaning[-1] in ".。"
        assert each.advice[-1] in ".。"
    assert set(words.error_classes) == set(ErrorClass)
