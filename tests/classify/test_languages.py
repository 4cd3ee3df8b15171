"""The words of other languages than English and Chinese."""

from __future__ import annotations

from importlib import resources

import pytest
import yaml

from sora_exporter.classify.rules import TABLE

LANGUAGES = {"ja", "ko", "ru", "es", "pt", "fr", "de", "id", "vi"}
FILE = resources.files("sora_exporter.classify").joinpath("languages.yml")
TRANSLATIONS = yaml.safe_load(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("rule", TRANSLATIONS)
def test_a_translated_rule_is_there_in_every_language(rule: str) -> None:
    """Each entry belongs to a rule that reads sentences, and no language is left out."""
    assert TABLE.rules[[each.name for each in TABLE.rules].index(rule)].text.ways
    assert set(TRANSLATIONS[rule]) == LANGUAGES
