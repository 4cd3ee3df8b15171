"""Expressions from a configuration: their matches, the refused ones, and their time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_exporter.patterns import Pattern, PatternError, quoted


@pytest.mark.parametrize("text", ["(", "(?=a)b", "(?<!a)b", r"(a)\1", "[z-a]", "a{2000}", "\ud800"])
def test_an_expression_refused_by_re2_is_a_mistake(text: str) -> None:
    """Broken expressions, and those that need more than linear time, are refused with a reason."""
    with pytest.raises(PatternError, match=r"."):
        Pattern(text)


def test_letter_case_matters_only_on_request() -> None:
    """An expression ignores letter case only on demand, in every script."""
    assert Pattern("pool", is_case_sensitive=False).is_in("账号 POOL")
    assert Pattern("ПУЛ", is_case_sensitive=False).is_in("пул")
    assert not Pattern("pool").is_in("POOL")


def test_all_matches_come_in_order() -> None:
    """Everything that matches is found, from left to right, beside halves of characters too."""
    assert list(Pattern("v[0-9]").all_in("v1 \ud800 v2")) == ["v1", "v2"]


def test_a_hostile_text_is_searched_in_linear_time() -> None:
    """The expression that takes a backtracking matcher an exponential time is answered for a megabyte."""
    assert not Pattern("(a+)+$").is_in("a" * 1_000_000 + "!")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_quoted_text_matches_itself(text: str) -> None:
    """Any text, quoted, is an expression that finds that text."""
    assert Pattern(quoted(text)).is_in(f"before {text} after")
