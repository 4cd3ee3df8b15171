"""Durations, read and written as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sora_exporter.config import (
    parse_duration,
    write_duration,
)
from sora_exporter.config.values import BudgetShare


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10s", 10), ("1m30s", 90), ("500ms", 0.5), ("6h", 21600), ("1d", 86400), ("1.5h", 5400), ("0.1s", 0.1)],
)
def test_durations_are_read_as_people_write_them(text: str, seconds: float) -> None:
    """Units from milliseconds to days, alone, together and with fractions."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "said", ["", "10", "s", "-1s", "1 s", "1S", "1w", "1e3s", "٣s", "1.s", "9" * 10000, None, 10, 1.5, True, ["1s"]]
)
def test_other_texts_than_durations_are_refused(said: object) -> None:
    """Numbers without unit, signs, foreign digits and endless texts are not durations."""
    with pytest.raises(ValueError, match="30s, 5m or 6h"):
        parse_duration(said)


@given(st.floats(1e-6, 366 * 86400))
def test_a_written_duration_reads_back_exactly(seconds: float) -> None:
    """Writing loses nothing, for any number."""
    assert parse_duration(write_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(90, "1m30s"), (0.25, "250ms"), (86400, "1d"), (5400, "1h30m"), (90061.5, "1d1h1m1.5s"), (30, "30s"), (0, "0s")],
)
def test_durations_are_written_as_people_do(seconds: float, text: str) -> None:
    """The largest units come first and nought is left out."""
    assert write_duration(float(seconds)) == text


@pytest.mark.parametrize(("written", "share"), [(0.3, 0.3), (1, 1.0), ("30%", 0.3), ("0.5%", 0.005), ("100%", 1.0)])
def test_a_share_is_a_fraction_or_a_percentage(written: object, share: float) -> None:
    """Both ways of writing a share of the day's limit mean the same."""
    assert TypeAdapter(BudgetShare).validate_python(written) == pytest.approx(share)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (1.5, "the share is above the day's limit"),
        ("130%", "the share is above the day's limit"),
        (0, "a share must be more than 0"),
        (float("nan"), "a share must be more than 0"),
        ("30", "write 0.3 or 30%"),
        (True, "write 0.3 or 30%"),
    ],
)
def test_a_share_that_makes_no_sense_is_a_mistake(written: object, problem: str) -> None:
    """A share above the limit, none at all, or something else is one clear line."""
    with pytest.raises(ValidationError, match=problem):
        TypeAdapter(BudgetShare).validate_python(written)
